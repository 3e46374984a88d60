import assert from "node:assert/strict";
import {
  constant,
  cosineDecay,
  cosineRestarts,
  cyclical,
  exponentialDecay,
  inverseSquareRoot,
  join,
  oneCycle,
  piecewiseConstant,
  product,
  type Schedule,
  type ScheduleConfig,
  scheduleFromConfig,
  timeDecay,
  warmUp,
  warmupStableDecay,
} from "../../lib/schedules/mod.ts";
import { randomFrom } from "../../lib/data/random.ts";

const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) <= 1e-12 + 1e-9 * Math.abs(expected), `${actual} is not ${expected}`);
const sameRates = (rate: Schedule, expected: Record<number, number>) =>
  Object.entries(expected).forEach(([i, value]) => near(rate(Number(i)).learningRate, value));
const throughJson = (rate: Schedule) => scheduleFromConfig(JSON.parse(JSON.stringify(rate.config)));

Deno.test("warmUp() blends the schedule in and then leaves it as it is, not shifted", () => {
  // the schedule alone: 1 / (1 + i)
  const rate = warmUp(timeDecay({ initialLr: 1, decay: 1 }), { iterations: 4, from: 0.1 });
  sameRates(rate, { 0: 0.1, 1: 0.1 + (1 / 2 - 0.1) / 4, 3: 0.1 + (1 / 4 - 0.1) * 3 / 4, 4: 1 / 5, 9: 1 / 10 });
  sameRates(warmUp(constant({ learningRate: 2 }), { iterations: 2.5 }), { 0: 0, 1: 0.8, 2: 1.6, 2.5: 2, 3: 2 });
});

Deno.test("warmUp() of a constant rate equals PyTorch's LinearLR", () => {
  const [base, startFactor, totalIters] = [0.05, 0.5, 4];
  const rate = warmUp(constant({ learningRate: base }), { iterations: totalIters, from: base * startFactor });
  // base (start + (1 - start) t / total)
  sameRates(rate, { 0: 0.025, 1: 0.03125, 2: 0.0375, 3: 0.04375, 4: 0.05, 5: 0.05 });
});

Deno.test("join() of a warm-up and a cosine equals PyTorch's SequentialLR of LinearLR and CosineAnnealingLR", () => {
  const [base, startFactor, milestone, tMax] = [0.1, 0.01, 5, 20];
  const warming = warmUp(constant({ learningRate: base }), { iterations: milestone, from: base * startFactor });
  const rate = join([
    { schedule: warming, iterations: milestone },
    { schedule: cosineDecay({ initialLr: base, iterations: tMax }) },
  ]);
  for (let t = 0; t <= milestone + tMax; t++) {
    near(
      rate(t).learningRate,
      t < milestone
        ? base * (startFactor + (1 - startFactor) * t / milestone)
        : base * (1 + Math.cos(Math.PI * (t - milestone) / tMax)) / 2,
    );
  }
});

Deno.test("join() equals PyTorch's SequentialLR of ConstantLR and ExponentialLR", () => {
  const rate = join([
    { schedule: constant({ learningRate: 0.05 * 0.1 }), iterations: 20 },
    { schedule: exponentialDecay({ initialLr: 0.05, gamma: 0.9 }) },
  ]);
  // the values in PyTorch's documentation
  sameRates(rate, { 0: 0.005, 1: 0.005, 2: 0.005, 20: 0.05, 21: 0.045, 22: 0.0405 });
});

Deno.test("warmUp() leaves momentum, weight decay and cycles as they are", () => {
  const options = { stepSize: 4, baseMomentum: 0.8, maxMomentum: 0.9 };
  const rate = warmUp(cyclical(options), { iterations: 6 });
  for (const i of [0, 2, 5, 6, 11]) {
    assert.equal(rate(i).momentum, cyclical(options)(i).momentum);
    assert.equal(rate.cycleEnd!(i), cyclical(options).cycleEnd!(i));
  }
  assert.equal(warmUp(() => ({ learningRate: 1, weightDecay: 0.5 }), { iterations: 2 })(1).weightDecay, 0.5);
  assert.equal(warmUp(constant({ learningRate: 1 }), { iterations: 2 }).cycleEnd, undefined);
});

Deno.test("product() multiplies the rates", () => {
  const rate = product(
    cosineDecay({ initialLr: 0.5, iterations: 8 }),
    exponentialDecay({ initialLr: 4, gamma: 0.5 }),
    constant({ learningRate: 3 }),
  );
  sameRates(rate, { 0: 6, 4: 0.25 * 0.25 * 3, 8: 0 });
  sameRates(product(constant({ learningRate: 0.7 })), { 3: 0.7 });
});

Deno.test("product() equals PyTorch's ChainedScheduler of ConstantLR and ExponentialLR", () => {
  // base 0.05, factor 0.1 for 20 epochs, gamma 0.9; both of PyTorch's multiply the optimizer's rate at each step
  const rate = product(
    piecewiseConstant({ boundaries: [20], learningRates: [0.1, 1] }),
    exponentialDecay({ initialLr: 0.05, gamma: 0.9 }),
  );
  let lr = 0.05 * 0.1;
  for (let epoch = 0; epoch < 40; epoch++) {
    near(rate(epoch).learningRate, lr);
    lr *= epoch + 1 === 20 ? 0.9 / 0.1 : 0.9;
  }
});

Deno.test("product() has the momentum, weight decay and cycles of the first factor that has them", () => {
  const rate = product(
    () => ({ learningRate: 2, weightDecay: 0.01 }),
    cyclical({ baseLr: 1, maxLr: 1, stepSize: 3, baseMomentum: 0.8, maxMomentum: 0.9 }),
    oneCycle({ maxLr: 1, totalSteps: 50, baseMomentum: 0.1, maxMomentum: 0.2 }),
  );
  assert.equal(rate(3).momentum, 0.8);
  assert.equal(rate(3).weightDecay, 0.01);
  assert.deepEqual([0, 5, 6].map((i) => rate.cycleEnd!(i)), [6, 6, 12]);
  const plain = product(constant({ learningRate: 1 }), constant({ learningRate: 2 }));
  assert.equal(plain.cycleEnd, undefined);
  assert.deepEqual(plain(0), { learningRate: 2 });
});

Deno.test("cycleEnd() goes through join(), warmUp() and product() into each other", () => {
  const rate = join([
    { schedule: warmUp(cyclical({ stepSize: 2 }), { iterations: 3 }), iterations: 10 },
    {
      schedule: product(
        constant({ learningRate: 1 }),
        warmUp(cosineRestarts({ baseLr: 0, maxLr: 1, period: 5, multiplier: 2 }), { iterations: 1 }),
      ),
    },
  ]);
  // cycles of 4 cut off at 10, then cycles of 5, 10 and 20
  assert.deepEqual([0, 3, 4, 9, 10, 14, 15, 25].map((i) => rate.cycleEnd!(i)), [4, 4, 8, 10, 15, 15, 25, 45]);
});

Deno.test("join(), warmUp() and product() take functions that return a plain number", () => {
  const tenth = (iteration: number) => 0.1 * (iteration + 1);
  sameRates(join([{ schedule: tenth, iterations: 3 }, { schedule: tenth }]), { 0: 0.1, 2: 0.3, 3: 0.1, 5: 0.3 });
  sameRates(warmUp(tenth, { iterations: 4 }), { 0: 0, 1: 0.05, 4: 0.5 });
  sameRates(product(tenth, () => 2), { 0: 0.2, 4: 1 });
  for (const rate of [join([{ schedule: tenth }]), warmUp(tenth, { iterations: 4 }), product(tenth)]) {
    assert.equal(rate.config, undefined);
    assert.throws(() => rate(-1), RangeError);
  }
});

/** A schedule out of random options, composed of others at times. */
function randomSchedule(random: () => number, depth = 0): Schedule {
  const lr = () => 0.001 + random();
  const length = () => 0.5 + 40 * random();
  const inner = () => randomSchedule(random, depth + 1);
  const baseLr = lr();
  const kinds: (() => Schedule)[] = [
    () => cosineDecay({ initialLr: lr(), finalLr: lr(), iterations: length() }),
    () => inverseSquareRoot({ maxLr: lr(), warmUp: length() }),
    () => warmupStableDecay({ maxLr: 1 + lr(), warmUp: length(), stable: length(), decay: length(), finalLr: lr() }),
    () => {
      const boundaries = Array.from({ length: Math.floor(4 * random()) }, (_, index) => 20 * index + length() / 4);
      return piecewiseConstant({ boundaries, learningRates: [lr(), ...boundaries.map(lr)] });
    },
    () =>
      cosineRestarts({
        ...{ baseLr, maxLr: baseLr + lr(), period: length() },
        ...{ multiplier: 1 + Math.round(random()), peakDecay: 0.1 + 0.9 * random() },
      }),
    () =>
      cyclical({ baseLr, maxLr: baseLr + lr(), stepSize: length(), baseMomentum: 0.5, maxMomentum: random() + 0.5 }),
    () => warmUp(inner(), { iterations: length(), ...(random() < 0.5 && { from: lr() }) }),
    () => product(...Array.from({ length: 1 + Math.floor(3 * random()) }, inner)),
    () => join([{ schedule: inner(), iterations: length() }, { schedule: inner() }]),
  ];
  return kinds[Math.floor(random() * (depth < 3 ? kinds.length : 6))]();
}

Deno.test("300 random schedules, nested ones too, come back from JSON and may be asked in any order", () => {
  const names = new Set<string>();
  for (let trial = 0; trial < 300; trial++) {
    const random = randomFrom(trial);
    const rate = randomSchedule(random);
    names.add(rate.config!.schedule);
    const iterations = Array.from({ length: 40 }, (_, i) => i % 2 ? 120 * random() : i);
    const forwards = iterations.map((i) => rate(i));
    assert.ok(forwards.every(({ learningRate }) => learningRate >= 0 && Number.isFinite(learningRate)));
    const again = throughJson(rate);
    assert.deepEqual(again.config, rate.config);
    assert.equal(again.cycleEnd === undefined, rate.cycleEnd === undefined);
    for (let n = iterations.length - 1; n >= 0; n--) {
      const i = iterations[n];
      assert.deepEqual(rate(i), forwards[n]);
      assert.deepEqual(again(i), forwards[n]);
      const end = rate.cycleEnd?.(i);
      assert.equal(again.cycleEnd?.(i), end);
      assert.ok(end === undefined || end >= i, `the cycle at ${i} ends at ${end}`);
    }
  }
  assert.equal(names.size, 9);
});

Deno.test("a config is plain JSON that nobody can change, options left undefined left out", () => {
  const rate = warmUp(product(cosineDecay({ initialLr: 1, finalLr: undefined, iterations: 9 })), { iterations: 3 });
  assert.deepEqual(rate.config, {
    ...{ schedule: "warmUp", iterations: 3 },
    of: { schedule: "product", of: [{ schedule: "cosineDecay", initialLr: 1, iterations: 9 }] },
  });
  const { of } = rate.config!.of as { of: ScheduleConfig[] };
  assert.throws(() => of.pop(), TypeError);
  assert.throws(() => Object.assign(of[0], { initialLr: 2 }), TypeError);
});

Deno.test("scheduleFromConfig() takes 16 levels of nesting, and no more", () => {
  for (
    const wrap of [
      (of: ScheduleConfig) => ({ schedule: "warmUp", of, iterations: 1 }),
      (of: ScheduleConfig) => ({ schedule: "product", of: [of] }),
      (of: ScheduleConfig) => ({ schedule: "join", stages: [{ schedule: of }] }),
    ]
  ) {
    let config: ScheduleConfig = { schedule: "constant", learningRate: 1 };
    for (let depth = 0; depth < 16; depth++) config = wrap(config);
    near(scheduleFromConfig(config)(5).learningRate, 1);
    assert.throws(() => scheduleFromConfig(wrap(config)), /^RangeError: Cannot .*: it must nest at most 16 deep/);
  }
});

const fine = constant({ learningRate: 1 });
for (
  const [name, make, message] of [
    ["warmUp() of no iterations", () => warmUp(fine, { iterations: 0 }), /RangeError: .*iterations must be above 0/],
    ["warmUp() from below 0", () => warmUp(fine, { iterations: 1, from: -1 }), /RangeError: .*from must be 0 or more/],
    ["warmUp() of a config", () => warmUp(fine.config as never, { iterations: 1 }), /TypeError: .*must be a function/],
    ["warmUp() without options", () => warmUp(fine, undefined as never), /TypeError: .*the options must be an object/],
    ["product() of nothing", () => product(), /RangeError: .*there must be one or more, got 0/],
    ["product() of an array", () => product([fine] as never), /TypeError: .*factor 0 must be a function, got/],
    ["join() of a hole", () => join(new Array(1)), /TypeError: Cannot join stage 0: the options must be an object/],
    ["join() of null", () => join([null as never]), /TypeError: Cannot join stage 0: the options must be an object/],
    ["join() of a stage without length", () => join([{ schedule: fine }, { schedule: fine }]), /TypeError: .*stage 0/],
    [
      "join() of a misspelt stage",
      () => join([{ schedule: fine, iteration: 3 } as never]),
      /TypeError: Cannot join stage 0: schedule, iterations are its options, got "iteration"/,
    ],
  ] as [string, () => unknown, RegExp][]
) {
  Deno.test(`${name} is refused`, () => assert.throws(make, message));
}

Deno.test("scheduleFromConfig() refuses damaged configs of composed schedules in words", () => {
  for (
    const config of [
      { schedule: "warmUp", iterations: 3 },
      { schedule: "warmUp", of: fine.config, iterations: 3, until: 4 },
      { schedule: "product" },
      { schedule: "product", of: {} },
      { schedule: "product", of: [] },
      { schedule: "product", of: new Array(1) },
      { schedule: "product", of: [fine.config], times: 2 },
      { schedule: "join", stages: [{ schedule: fine.config, length: 3 }] },
      { schedule: "join", stages: [{ schedule: fine.config }], then: fine.config },
      { schedule: "join", stages: [null] },
    ]
  ) {
    assert.throws(() => scheduleFromConfig(config), /^(Range|Type)Error: Cannot [^\n]*, got /, JSON.stringify(config));
  }
});
