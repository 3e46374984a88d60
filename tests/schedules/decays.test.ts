import assert from "node:assert/strict";
import {
  cosineDecay,
  cosineRestarts,
  inverseSquareRoot,
  piecewiseConstant,
  type Schedule,
  warmupStableDecay,
} from "../../lib/schedules/mod.ts";

const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) <= 1e-12 + 1e-9 * Math.abs(expected), `${actual} is not ${expected}`);
const sameRates = (rate: Schedule, expected: Record<number, number>) =>
  Object.entries(expected).forEach(([i, value]) => near(rate(Number(i)).learningRate, value));

Deno.test("cosineDecay() follows half a cosine and holds the final rate", () => {
  const cos = (p: number) => 0.2 + 0.8 * (1 + Math.cos(Math.PI * p)) / 2;
  const rate = cosineDecay({ initialLr: 1, finalLr: 0.2, iterations: 8 });
  sameRates(rate, { 0: 1, 1: cos(1 / 8), 2.5: cos(2.5 / 8), 4: 0.6, 7: cos(7 / 8), 8: 0.2, 9: 0.2, 1e6: 0.2 });
  assert.equal(cosineDecay({ initialLr: 1, iterations: 8 })(8).learningRate, 0);
});

Deno.test("cosineDecay() equals PyTorch's CosineAnnealingLR up to T_max", () => {
  const [max, min, tMax] = [0.1, 0.003, 50];
  const rate = cosineDecay({ initialLr: max, finalLr: min, iterations: tMax });
  let eta = max;
  for (let t = 0; t < tMax; t++) {
    near(rate(t).learningRate, eta);
    // the recursion of PyTorch's documentation
    eta = min + (eta - min) * (1 + Math.cos((t + 1) * Math.PI / tMax)) / (1 + Math.cos(t * Math.PI / tMax));
  }
  near(rate(tMax).learningRate, eta);
});

Deno.test("piecewiseConstant() changes the rate at each boundary", () => {
  const rate = piecewiseConstant({ boundaries: [10, 12.5], learningRates: [1, 0.5, 2] });
  sameRates(rate, { 0: 1, 9: 1, 9.99: 1, 10: 0.5, 12: 0.5, 12.5: 2, 13: 2, 1e6: 2 });
  sameRates(piecewiseConstant({ boundaries: [], learningRates: [0.3] }), { 0: 0.3, 99: 0.3 });
});

Deno.test("piecewiseConstant() equals PyTorch's MultiStepLR", () => {
  const [base, gamma, milestones] = [0.05, 0.1, [30, 80]];
  const rate = piecewiseConstant({
    boundaries: milestones,
    learningRates: [base, base * gamma, base * gamma * gamma],
  });
  let lr = base;
  for (let epoch = 0; epoch < 100; epoch++) {
    if (milestones.includes(epoch)) lr *= gamma; // "decays by gamma once the number of epochs reaches a milestone"
    near(rate(epoch).learningRate, lr);
  }
});

Deno.test("piecewiseConstant() does not notice what happens to its arrays later", () => {
  const options = { boundaries: [5], learningRates: [1, 2] };
  const rate = piecewiseConstant(options);
  options.boundaries[0] = 1;
  options.learningRates[0] = 9;
  sameRates(rate, { 0: 1, 4: 1, 5: 2 });
  assert.deepEqual(rate.config, { schedule: "piecewiseConstant", boundaries: [5], learningRates: [1, 2] });
  assert.throws(() => (rate.config!.boundaries as number[]).push(7), TypeError);
});

Deno.test("inverseSquareRoot() climbs to maxLr and falls with the square root", () => {
  const rate = inverseSquareRoot({ maxLr: 0.8, warmUp: 100 });
  sameRates(rate, { 0: 0, 25: 0.2, 50: 0.4, 100: 0.8, 200: 0.8 / Math.SQRT2, 400: 0.4, 10_000: 0.08 });
});

Deno.test("inverseSquareRoot() equals the schedule of Attention Is All You Need", () => {
  const [dModel, warmUp] = [512, 4000];
  const rate = inverseSquareRoot({ maxLr: dModel ** -0.5 * warmUp ** -0.5, warmUp });
  for (const step of [1, 10, 3999, 4000, 4001, 100_000]) {
    near(rate(step).learningRate, dModel ** -0.5 * Math.min(step ** -0.5, step * warmUp ** -1.5));
  }
});

Deno.test("warmupStableDecay() climbs, stays, falls and holds", () => {
  const rate = warmupStableDecay({ maxLr: 1, warmUp: 4, stable: 6, decay: 5, finalLr: 0.5 });
  sameRates(rate, { 0: 0, 1: 0.25, 3: 0.75, 4: 1, 7: 1, 10: 1, 11: 0.9, 12.5: 0.75, 14: 0.6, 15: 0.5, 99: 0.5 });
  assert.equal(warmupStableDecay({ maxLr: 0.1, warmUp: 4, stable: 6, decay: 5 })(15).learningRate, 0);
});

Deno.test("warmupStableDecay() does without a warm-up or a flat stretch", () => {
  const rate = warmupStableDecay({ maxLr: 1, warmUp: 0, stable: 0, decay: 4 });
  sameRates(rate, { 0: 1, 1: 0.75, 3: 0.25, 4: 0 });
});

Deno.test("cosineRestarts() with peakDecay climbs less high above the base at each restart", () => {
  const rate = cosineRestarts({ baseLr: 1, maxLr: 3, period: 4, peakDecay: 0.5 });
  // half a period after each restart, half the height is left
  sameRates(rate, { 0: 3, 2: 2, 4: 2, 6: 1.5, 8: 1.5, 10: 1.25, 12: 1.25 });
  const longer = cosineRestarts({ baseLr: 0, maxLr: 1, period: 4, multiplier: 2, peakDecay: 0.1 });
  sameRates(longer, { 0: 1, 2: 0.5, 4: 0.1, 8: 0.05, 12: 0.01, 20: 0.005 });
  assert.deepEqual([0, 4, 12].map((i) => longer.cycleEnd!(i)), [4, 12, 28]);
});

const wrong = (options: object) => options as never;
for (
  const [name, make, message] of [
    [
      "cosineDecay() of no iterations",
      () => cosineDecay({ initialLr: 1, iterations: 0 }),
      /^RangeError: Cannot create a cosine decay: iterations must be above 0, got 0$/,
    ],
    [
      "cosineDecay() without a rate",
      () => cosineDecay(wrong({ iterations: 3 })),
      /^TypeError: Cannot create a cosine decay: initialLr must be a number, got undefined$/,
    ],
    [
      "cosineDecay() with a misspelt option",
      () => cosineDecay(wrong({ initialLr: 1, iterations: 3, final: 0 })),
      /^TypeError: Cannot create a cosine decay: initialLr, finalLr, iterations are its options, got "final"$/,
    ],
    [
      "piecewiseConstant() with too few rates",
      () => piecewiseConstant({ boundaries: [1, 2], learningRates: [1, 1] }),
      /^RangeError: Cannot .*: for 2 boundaries there must be 3 learningRates, got 2$/,
    ],
    [
      "piecewiseConstant() with boundaries that do not rise",
      () => piecewiseConstant({ boundaries: [1, 5, 5], learningRates: [1, 1, 1, 1] }),
      /^RangeError: Cannot .*: boundaries\[2\] must be above 5, the one before, got 5$/,
    ],
    [
      "piecewiseConstant() with a boundary at 0",
      () => piecewiseConstant({ boundaries: [0], learningRates: [1, 1] }),
      /^RangeError: Cannot .*: boundaries\[0\] must be above 0, got 0$/,
    ],
    [
      "piecewiseConstant() with a NaN rate",
      () => piecewiseConstant({ boundaries: [1], learningRates: [1, NaN] }),
      /^RangeError: Cannot .*: learningRates\[1\] must be 0 or more, got NaN$/,
    ],
    [
      "piecewiseConstant() with a hole in its rates",
      () => piecewiseConstant({ boundaries: [], learningRates: new Array(1) }),
      /^TypeError: Cannot .*: learningRates\[0\] must be a number, got undefined$/,
    ],
    [
      "piecewiseConstant() without an array",
      () => piecewiseConstant(wrong({ boundaries: 3, learningRates: [1] })),
      /^TypeError: Cannot .*: boundaries must be an array, got 3$/,
    ],
    [
      "inverseSquareRoot() without a warm-up",
      () => inverseSquareRoot({ maxLr: 1, warmUp: 0 }),
      /^RangeError: Cannot .*: warmUp must be above 0, got 0$/,
    ],
    [
      "warmupStableDecay() without a decay",
      () => warmupStableDecay({ maxLr: 1, warmUp: 0, stable: 1, decay: 0 }),
      /^RangeError: Cannot .*: decay must be above 0, got 0$/,
    ],
    [
      "warmupStableDecay() that ends above its maximum",
      () => warmupStableDecay({ maxLr: 1, warmUp: 0, stable: 1, decay: 1, finalLr: 2 }),
      /^RangeError: Cannot .*: finalLr must be at most maxLr 1, got 2$/,
    ],
    [
      "cosineRestarts() with peaks that grow",
      () => cosineRestarts({ baseLr: 0, maxLr: 1, period: 1, peakDecay: 1.1 }),
      /^RangeError: Cannot .*: peakDecay must be above 0 and at most 1, got 1.1$/,
    ],
  ] as [string, () => unknown, RegExp][]
) {
  Deno.test(`${name} is refused`, () => assert.throws(make, message));
}
