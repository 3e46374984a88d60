import assert from "node:assert/strict";
import { cyclical, type CyclicalOptions, scheduleFromConfig } from "../../lib/schedules/mod.ts";

const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) <= 1e-12 + 1e-9 * Math.abs(expected), `${actual} is not ${expected}`);
const rates = (options: CyclicalOptions, iterations: number[]) =>
  iterations.map((i) => cyclical(options)(i).learningRate);

Deno.test("cyclical() starts at baseLr, returns maxLr at stepSize and baseLr at the cycle's end", () => {
  assert.deepEqual(rates({}, [0, 2000, 4000, 6000, 8000]), [0.001, 0.006, 0.001, 0.006, 0.001]);
});

Deno.test("cyclical() is straight between the bounds", () => {
  const got = rates({ baseLr: 0, maxLr: 8, stepSize: 4 }, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(got, [0, 2, 4, 6, 8, 6, 4, 2, 0, 2]);
});

Deno.test("cyclical() with triangular2 halves the height each cycle", () => {
  const got = rates({ baseLr: 1, maxLr: 9, stepSize: 2, mode: "triangular2" }, [2, 6, 10, 14]);
  assert.deepEqual(got, [9, 5, 3, 2]);
});

Deno.test("cyclical() with exp_range shrinks the height by gamma to the iteration since the start", () => {
  const options = { baseLr: 1, maxLr: 2, stepSize: 2, mode: "exp_range", gamma: 0.9 } as const;
  const got = rates(options, [1, 2, 3, 6]);
  [1 + 0.5 * 0.9, 1 + 0.81, 1 + 0.5 * 0.729, 1 + 0.9 ** 6].forEach((expected, i) => near(got[i], expected));
});

Deno.test("cyclical() with decays: bounds shrinks both bounds, as the paper does", () => {
  const options = { baseLr: 1, maxLr: 2, stepSize: 2, mode: "exp_range", gamma: 0.9, decays: "bounds" } as const;
  const got = rates(options, [0, 2, 4]);
  [1, 2 * 0.81, 0.6561].forEach((expected, i) => near(got[i], expected));
});

Deno.test("cyclical() with decays: bounds takes exp_range as a scale function's name, too", () => {
  const [byName, byMode] = [{ scaleFn: "exp_range" }, { mode: "exp_range" }].map((policy) =>
    cyclical({ ...policy, gamma: 0.9, decays: "bounds" } as CyclicalOptions)
  );
  assert.equal(byName(7).learningRate, byMode(7).learningRate);
});

Deno.test("cyclical() takes unequal half cycles", () => {
  const got = rates({ baseLr: 0, maxLr: 1, stepSize: 2, stepSizeDown: 8 }, [0, 1, 2, 6, 10, 12]);
  [0, 0.5, 1, 0.5, 0, 1].forEach((expected, i) => near(got[i], expected));
});

Deno.test("cyclical() takes fractional step sizes and fractional iterations", () => {
  const got = rates({ baseLr: 0, maxLr: 1, stepSize: 2.5 }, [1.25, 2.5, 5, 7.5]);
  [0.5, 1, 0, 1].forEach((expected, i) => near(got[i], expected));
});

Deno.test("cyclical() never leaves its bounds, whatever the step size", () => {
  for (const stepSize of [0.1, 1 / 3, 0.7, 3.3, 1e6 + 0.1]) {
    const rate = cyclical({ baseLr: 0.1, maxLr: 0.2, stepSize });
    for (let i = 0; i < 2000; i++) {
      const { learningRate } = rate(i * 1.7);
      assert.ok(learningRate >= 0.1 && learningRate <= 0.2, `${learningRate} at ${i * 1.7} of ${stepSize}`);
    }
  }
});

Deno.test("cyclical() has Welch and Hann windows", () => {
  const at = (window: "welch" | "hann") => rates({ baseLr: 0, maxLr: 1, stepSize: 4, window }, [0, 1, 2, 4, 6]);
  [0, 1 - 0.75 ** 2, 0.75, 1, 0.75].forEach((expected, i) => near(at("welch")[i], expected));
  [0, (1 - Math.SQRT1_2) / 2, 0.5, 1, 0.5].forEach((expected, i) => near(at("hann")[i], expected));
});

Deno.test("cyclical() hands a scale function the cycle from 1, or the iteration from 0", () => {
  const seen: number[] = [];
  const scaleFn = (x: number) => (seen.push(x), 0.5);
  const options = { baseLr: 0, maxLr: 1, stepSize: 2, scaleFn } as const;
  near(cyclical(options)(2).learningRate, 0.5);
  cyclical(options)(6);
  cyclical({ ...options, scaleMode: "iterations" })(6);
  assert.deepEqual(seen, [1, 2, 6]);
});

Deno.test("cyclical() lets a scale function win over the mode", () => {
  near(rates({ baseLr: 0, maxLr: 1, stepSize: 1, mode: "triangular2", scaleFn: () => 1 }, [3])[0], 1);
  near(rates({ baseLr: 0, maxLr: 1, stepSize: 1, scaleFn: "triangular2" }, [3])[0], 0.5);
});

Deno.test("cyclical() mirrors the momentum with the same scale", () => {
  const rate = cyclical({ stepSize: 2, mode: "triangular2", baseMomentum: 0.8, maxMomentum: 0.9 });
  [[0, 0.9], [1, 0.85], [2, 0.8], [4, 0.9], [6, 0.85]].forEach(([i, expected]) => near(rate(i).momentum!, expected));
});

Deno.test("cyclical() accepts base 0 and base equal to max", () => {
  assert.deepEqual(rates({ baseLr: 0.5, maxLr: 0.5, stepSize: 3 }, [0, 1, 3, 7]), [0.5, 0.5, 0.5, 0.5]);
});

Deno.test("cyclical() knows where the cycle that holds an iteration ends", () => {
  const rate = cyclical({ stepSize: 2, stepSizeDown: 3 });
  assert.deepEqual([0, 4.9, 5, 12].map((i) => rate.cycleEnd!(i)), [5, 5, 10, 15]);
});

for (
  const [options, message] of [
    [{ baseLr: 0.1, maxLr: 0.01 }, /baseLr must not be above maxLr 0\.01, got 0\.1/],
    [{ stepSize: 0 }, /stepSize must be above 0, got 0/],
    [{ stepSize: -1 }, /stepSize must be above 0, got -1/],
    [{ stepSizeDown: 0 }, /stepSizeDown must be above 0, got 0/],
    [{ baseLr: NaN }, /baseLr must be 0 or more, got NaN/],
    [{ maxLr: Infinity }, /maxLr must be 0 or more, got Infinity/],
    [{ gamma: 0 }, /gamma must be above 0 and at most 1, got 0/],
    [{ mode: "triangle" }, /mode must be one of "triangular", "triangular2", "exp_range", got "triangle"/],
    [{ scaleMode: "epoch" }, /scaleMode must be one of/],
    [{ window: "box" }, /window must be one of/],
    [{ decays: "all" }, /decays must be one of/],
    [{ baseMomentum: 0.95, maxMomentum: 0.9 }, /baseMomentum must not be above/],
  ] as [CyclicalOptions, RegExp][]
) {
  Deno.test(`cyclical() refuses ${JSON.stringify(options, (_, v) => typeof v === "number" ? String(v) : v)}`, () => {
    assert.throws(
      () => cyclical(options),
      (error: Error) =>
        error instanceof RangeError && message.test(error.message) &&
        error.message.startsWith("Cannot create a cyclical schedule: "),
    );
  });
}

for (
  const options of [
    ...[{ baseLr: "1" }, { stepsize: 3 }, { baseMomentum: 0.8 }, 5, null],
    ...[{ mode: "triangular2", decays: "bounds" }, { scaleFn: () => 0.5, decays: "bounds" }],
  ] as unknown as CyclicalOptions[]
) {
  Deno.test(`cyclical() refuses the kind of ${JSON.stringify(options)}`, () => {
    assert.throws(() => cyclical(options), TypeError);
  });
}

Deno.test("cyclical() refuses a negative iteration", () => {
  assert.throws(() => cyclical()(-1), RangeError);
  assert.throws(() => cyclical()(NaN), RangeError);
});

Deno.test("cyclical() has a config that round-trips through JSON, but for a custom function", () => {
  const options = { baseLr: 0.002, stepSize: 7, scaleFn: "triangular2", window: "hann" } as const;
  const rate = cyclical(options);
  const again = scheduleFromConfig(JSON.parse(JSON.stringify(rate.config)));
  for (const i of [0, 3, 7, 11.5, 30]) assert.deepEqual(again(i), rate(i));
  assert.equal(cyclical({ scaleFn: () => 1 }).config, undefined);
});
