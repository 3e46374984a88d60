import assert from "node:assert/strict";
import {
  constant,
  cosineRestarts,
  cyclical,
  exponentialDecay,
  exponentialRamp,
  join,
  linearDecay,
  linearRamp,
  oneCycle,
  planCycles,
  polynomialDecay,
  type Schedule,
  scheduleFromConfig,
  stepDecay,
  timeDecay,
} from "../../lib/schedules/mod.ts";

const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) <= 1e-12 + 1e-9 * Math.abs(expected), `${actual} is not ${expected}`);
const at = (rate: Schedule, iterations: number[]) => iterations.map((i) => rate(i).learningRate);
const sameRates = (rate: Schedule, iterations: number[], expected: number[]) =>
  at(rate, iterations).forEach((value, index) => near(value, expected[index]));

Deno.test("oneCycle() has PyTorch's values with cosine flanks", () => {
  // phases end at 0.3 * 10 - 1 = 2 and at 9
  const rate = oneCycle({ maxLr: 1, totalSteps: 10, finalDivFactor: 4 });
  const cos = (from: number, to: number, p: number) => to + (from - to) / 2 * (Math.cos(Math.PI * p) + 1);
  sameRates(rate, [0, 1, 2, 3, 9], [0.04, cos(0.04, 1, 0.5), 1, cos(1, 0.01, 1 / 7), 0.01]);
});

Deno.test("oneCycle() has PyTorch's values with straight flanks and a missed peak", () => {
  // the rise ends at 0.25 * 10 - 1 = 1.5: no iteration trains at maxLr
  const rate = oneCycle({
    maxLr: 1,
    totalSteps: 10,
    pctStart: 0.25,
    annealStrategy: "linear",
    divFactor: 10,
    finalDivFactor: 10,
  });
  sameRates(rate, [0, 1, 2, 9], [0.1, 0.1 + 0.9 * (1 / 1.5), 1 - 0.99 * (0.5 / 7.5), 0.01]);
});

Deno.test("oneCycle() has PyTorch's values with a rise shorter than one iteration, whose fall starts before 0", () => {
  const linear = { maxLr: 1, annealStrategy: "linear", finalDivFactor: 4 } as const;
  // the rise ends at 0 * 10 - 1 = -1: the fall takes 10 iterations, and iteration 0 is the second of them
  sameRates(oneCycle({ ...linear, totalSteps: 10, pctStart: 0 }), [0, 4, 9], [1 - 0.99 * 0.1, 1 - 0.99 * 0.5, 0.01]);
  // 0.3 * 3 - 1 = -0.1
  sameRates(oneCycle({ ...linear, totalSteps: 3 }), [0, 1], [1 - 0.99 * (0.1 / 2.1), 1 - 0.99 * (1.1 / 2.1)]);
});

Deno.test("oneCycle() stays where it ended, be it at the maximum", () => {
  sameRates(oneCycle({ maxLr: 1, totalSteps: 10, pctStart: 1 }), [9, 10, 100], [1, 1, 1]);
});

Deno.test("oneCycle() has three phases", () => {
  const rate = oneCycle({ maxLr: 1, totalSteps: 20, threePhase: true, annealStrategy: "linear", finalDivFactor: 2 });
  // phases end at 5, 10 and 19
  sameRates(rate, [0, 5, 10, 19], [0.04, 1, 0.04, 0.02]);
  near(rate(7.5).learningRate, 0.52);
});

Deno.test("oneCycle() mirrors the momentum", () => {
  const rate = oneCycle({ maxLr: 1, totalSteps: 10, baseMomentum: 0.85, maxMomentum: 0.95 });
  [[0, 0.95], [2, 0.85], [9, 0.95]].forEach(([i, expected]) => near(rate(i).momentum!, expected));
});

Deno.test("oneCycle() skips a phase without width and holds the last value", () => {
  const rate = oneCycle({ maxLr: 1, totalSteps: 10, pctStart: 0.1, annealStrategy: "linear", finalDivFactor: 4 });
  near(rate(0).learningRate, 1);
  sameRates(rate, [9, 10, 1e6], [0.01, 0.01, 0.01]);
  near(oneCycle({ maxLr: 1, totalSteps: 1, finalDivFactor: 4 })(0).learningRate, 0.01);
});

Deno.test("constant() stays", () => {
  assert.deepEqual(constant({ learningRate: 0.1, momentum: 0.9 })(1e9), { learningRate: 0.1, momentum: 0.9 });
});

Deno.test("linearDecay() and polynomialDecay() reach the final rate and hold it", () => {
  sameRates(linearDecay({ initialLr: 1, finalLr: 0.2, iterations: 4 }), [0, 1, 4, 9], [1, 0.8, 0.2, 0.2]);
  sameRates(polynomialDecay({ initialLr: 1, iterations: 4, power: 2 }), [0, 2, 4, 5], [1, 0.25, 0, 0]);
});

Deno.test("stepDecay(), timeDecay() and exponentialDecay() follow their formulas", () => {
  sameRates(stepDecay({ initialLr: 1, factor: 0.25, dropEvery: 15 }), [0, 14, 15, 30], [1, 1, 0.25, 0.0625]);
  sameRates(timeDecay({ initialLr: 0.1, decay: 0.01 }), [0, 100], [0.1, 0.05]);
  sameRates(exponentialDecay({ initialLr: 2, gamma: 0.5 }), [0, 1, 3], [2, 1, 0.25]);
});

Deno.test("cosineRestarts() starts each longer cycle at the top", () => {
  const rate = cosineRestarts({ baseLr: 1, maxLr: 3, period: 4, multiplier: 2 });
  // cycles start at 0, 4 and 12
  sameRates(rate, [0, 2, 4, 8, 12, 20], [3, 2, 3, 2, 3, 2]);
  assert.deepEqual([0, 3, 4, 11, 12].map((i) => rate.cycleEnd!(i)), [4, 4, 12, 12, 28]);
});

Deno.test("linearRamp() and exponentialRamp() reach the end on the last iteration", () => {
  sameRates(linearRamp({ from: 1, to: 3, iterations: 5 }), [0, 2, 4, 9], [1, 2, 3, 3]);
  sameRates(exponentialRamp({ from: 1e-4, to: 1, iterations: 5 }), [0, 1, 4, 9], [1e-4, 1e-3, 1, 1]);
  near(exponentialRamp({ from: 1e-4, to: 1, iterations: 1 })(0).learningRate, 1);
});

Deno.test("restarts and drops come in time though a rounding error puts them a hair later", () => {
  const period = 2 * 1.1 * 100; // 220.00000000000003
  assert.ok(period > 220);
  sameRates(cosineRestarts({ baseLr: 0, maxLr: 1, period }), [220, 440], [1, 1]);
  sameRates(cosineRestarts({ baseLr: 0, maxLr: 1, period: 10, multiplier: 1.2 }), [10, 22], [1, 1]);
  sameRates(stepDecay({ initialLr: 1, factor: 0.5, dropEvery: period }), [219, 220, 440], [1, 0.5, 0.25]);
});

Deno.test("join() goes on to count cycles after one cycle that ends before its stage", () => {
  const rate = join([
    { schedule: oneCycle({ maxLr: 1, totalSteps: 100 }), iterations: 150 },
    { schedule: cyclical({ stepSize: 10 }) },
  ]);
  assert.deepEqual([0, 99, 100, 149, 150, 170].map((i) => rate.cycleEnd!(i)), [100, 100, 150, 150, 170, 190]);
  // 15 * 19.6 = 294, where floor(1 + 294 / 19.6) * 19.6 is 294 as well
  const fine = join([{ schedule: cyclical({ stepSize: 9.8 }), iterations: 1000 }, {
    schedule: constant({ learningRate: 1 }),
  }]);
  near(fine.cycleEnd!(294), 313.6);
});

Deno.test("join() gives each stage its own count, as in the paper's table 2", () => {
  const stage = (factor: number, stepSize: number) =>
    cyclical({ baseLr: 0.001 * factor, maxLr: 0.005 * factor, stepSize });
  const rate = join([
    { schedule: stage(1, 2000), iterations: 16_000 },
    { schedule: stage(0.1, 1000), iterations: 6000 },
    { schedule: stage(0.01, 500) },
  ]);
  sameRates(rate, [2000, 16_000, 17_000, 22_000, 22_500], [0.005, 0.0001, 0.0005, 0.00001, 0.00005]);
  assert.equal(rate.cycleEnd!(16_500), 18_000);
});

Deno.test("planCycles() finds the article's run and the nearest whole one", () => {
  assert.deepEqual(planCycles({ batchesPerEpoch: 781, epochs: 96, stepSizeEpochs: 8 }), {
    ...{ iterations: 74_976, stepSize: 6248, cycles: 6, endsAtBase: true, nearestEpochs: 96 },
  });
  const cut = planCycles({ batchesPerEpoch: 10, epochs: 5, stepSizeEpochs: 1.5 });
  assert.equal(cut.endsAtBase, false);
  assert.equal(cut.nearestEpochs, 6);
  for (const stepSizeEpochs of [0.3333, 1.20711]) {
    assert.equal(planCycles({ batchesPerEpoch: 3, epochs: 2, stepSizeEpochs }).nearestEpochs, undefined);
  }
  assert.equal(planCycles({ batchesPerEpoch: 3, epochs: 2, stepSizeEpochs: 1 / 3 }).endsAtBase, true);
});

const examples: Record<string, Schedule> = {
  oneCycle: oneCycle({ maxLr: 0.1, totalSteps: 50, baseMomentum: 0.8, maxMomentum: 0.9 }),
  constant: constant({ learningRate: 0.1 }),
  linearDecay: linearDecay({ initialLr: 1, iterations: 5 }),
  polynomialDecay: polynomialDecay({ initialLr: 1, iterations: 5, power: 3 }),
  stepDecay: stepDecay({ initialLr: 1, factor: 0.5, dropEvery: 3 }),
  timeDecay: timeDecay({ initialLr: 1, decay: 0.1 }),
  exponentialDecay: exponentialDecay({ initialLr: 1, gamma: 0.9 }),
  cosineRestarts: cosineRestarts({ baseLr: 0, maxLr: 1, period: 7, multiplier: 1.5 }),
  linearRamp: linearRamp({ from: 0, to: 1, iterations: 9 }),
  exponentialRamp: exponentialRamp({ from: 0.1, to: 1, iterations: 9 }),
  join: join([{ schedule: constant({ learningRate: 1 }), iterations: 4 }, { schedule: cyclical({ stepSize: 3 }) }]),
};
for (const [name, rate] of Object.entries(examples)) {
  Deno.test(`${name}() has a config that round-trips through JSON`, () => {
    const again = scheduleFromConfig(JSON.parse(JSON.stringify(rate.config)));
    assert.deepEqual(again.config, rate.config);
    for (let i = 0; i < 60; i += 0.7) assert.deepEqual(again(i), rate(i));
  });

  Deno.test(`${name}() refuses a negative iteration`, () => {
    assert.throws(() => rate(-0.1), RangeError);
  });
}

for (
  const [name, make] of Object.entries({
    "oneCycle() of no steps": () => oneCycle({ maxLr: 1, totalSteps: 0 }),
    "oneCycle() with pctStart 2": () => oneCycle({ maxLr: 1, totalSteps: 9, pctStart: 2 }),
    "oneCycle() of three phases that do not fit": () =>
      oneCycle({ maxLr: 1, totalSteps: 100, pctStart: 0.8, threePhase: true }),
    "linearDecay() of no iterations": () => linearDecay({ initialLr: 1, iterations: 0 }),
    "stepDecay() that never drops": () => stepDecay({ initialLr: 1, factor: 0.5, dropEvery: 0 }),
    "cosineRestarts() upside down": () => cosineRestarts({ baseLr: 1, maxLr: 0, period: 1 }),
    "exponentialRamp() from 0": () => exponentialRamp({ from: 0, to: 1, iterations: 2 }),
    "join() of nothing": () => join([]),
    "an unknown schedule": () => scheduleFromConfig({ schedule: "toString" }),
  })
) {
  Deno.test(`${name} is refused`, () => {
    assert.throws(make, (error: Error) => error instanceof RangeError && error.message.startsWith("Cannot "));
  });
}

Deno.test("scheduleFromConfig() refuses hostile configs in words", () => {
  let deep: unknown = { schedule: "constant", learningRate: 1 };
  for (let i = 0; i < 1000; i++) deep = { schedule: "join", stages: [{ schedule: deep }] };
  for (const config of [null, 3, [], "cyclical", {}, { schedule: "join" }, { schedule: "join", stages: [1] }, deep]) {
    assert.throws(() => scheduleFromConfig(config as never), /^(Range|Type)Error: Cannot /);
  }
});
