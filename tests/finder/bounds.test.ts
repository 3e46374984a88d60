import assert from "node:assert/strict";
import { randomFrom } from "../../lib/data/random.ts";
import { readCurve } from "../../lib/finder/bounds.ts";

/** A test of 200 updates from 1e-6 to 10. */
const ITERATIONS = 200;
const rates = Array.from({ length: ITERATIONS }, (_, i) => 10 ** (-6 + 7 * i / (ITERATIONS - 1)));

/** A curve without noise: flat at 2.5, down to 1.7 around the rate `middle`, a climb from 100 times that rate on. */
const clean = (middle: number) =>
  rates.map((rate) => 2.5 - 0.8 / (1 + (middle / rate) ** 2) + 6 * Math.max(0, Math.log10(rate / middle) - 1.5) ** 2);

/** Noise of the normal distribution (Box and Muller). */
function noisy(curve: readonly number[], deviation: number, seed: number): number[] {
  const random = randomFrom(seed);
  return curve.map((loss) =>
    loss + deviation * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  );
}

/** The bias-corrected mean that a range test smooths with. */
function smooth(losses: readonly number[], beta: number): number[] {
  let average = 0;
  return losses.map((loss, i) => (average = beta * average + (1 - beta) * loss) / (1 - beta ** (i + 1)));
}

const decades = (a: number, b: number) => Math.abs(Math.log10(a / b));
const baseOf = (losses: number[]) => readCurve(rates, losses, ITERATIONS).bounds!.baseLr;

Deno.test("the base rate is where a tenth of the fall is made", () => {
  // 0.8 / (1 + (m / r)^2) is a tenth of 0.8 where r = m / 3
  for (const middle of [1e-4, 1e-3, 1e-2]) assert.ok(decades(baseOf(clean(middle)), middle / 3) < 0.06);
});

Deno.test("a dip from which the curve comes back is no beginning of the fall", () => {
  for (const [from, to] of [[25, 26], [40, 48], [60, 61]]) {
    const losses = clean(1e-2).map((loss, i) => i >= from && i < to ? loss - 0.3 : loss);
    assert.equal(baseOf(losses), baseOf(clean(1e-2)), `a dip from ${from} to ${to}`);
  }
});

Deno.test("a single high or low loss at the start does not move the base rate", () => {
  const start = ITERATIONS / 10; // where the trimmed curve begins
  for (const spike of [0.6, -0.6]) {
    const losses = clean(1e-2);
    assert.equal(baseOf(losses.with(start, losses[start] + spike)), baseOf(losses));
  }
});

Deno.test("the base rate stays within half a decade under noise that misleads the first crossing by a whole one", () => {
  const curve = clean(1e-2);
  const expected = baseOf(smooth(curve, 0.9));
  let misled = 0;
  for (let seed = 0; seed < 100; seed++) {
    const losses = smooth(noisy(curve, 0.15, seed), 0.9);
    assert.ok(decades(baseOf(losses), expected) < 0.5, `seed ${seed}: ${baseOf(losses)} is not near ${expected}`);
    const trimmed = losses.slice(ITERATIONS / 10, -5);
    const level = trimmed[0] - 0.1 * (trimmed[0] - Math.min(...trimmed));
    const first = rates[ITERATIONS / 10 + trimmed.findIndex((loss) => loss <= level)];
    if (decades(first, expected) > 1) misled++;
  }
  assert.ok(misled >= 20, `the noise must be enough to mislead, and misled ${misled} times`);
});

Deno.test("the base rate follows the end of a flat start, however long", () => {
  for (const middle of [1e-4, 1e-3, 1e-2]) {
    const found = baseOf(smooth(noisy(clean(middle), 0.03, 7), 0.8));
    assert.ok(found > middle / 10 && found < 2 * middle, `${found} for a fall around ${middle}`);
  }
});

Deno.test("a curve that diverges gives the bounds that it gives without its tail", () => {
  const losses = clean(1e-3);
  const { bounds } = readCurve(rates, losses, ITERATIONS);
  const turned = losses.findIndex((loss, i) => rates[i] > 1e-1 && loss > 2);
  for (const tail of [NaN, Infinity, 1e30]) {
    const diverged = losses.map((loss, i) => i < turned ? loss : tail);
    assert.deepEqual(readCurve(rates, diverged, ITERATIONS).bounds, bounds);
  }
  assert.deepEqual(readCurve(rates.slice(0, turned), losses.slice(0, turned), ITERATIONS).bounds, bounds);
});

Deno.test("the maximum is a third of the rate at the least loss, and the base at most a quarter of it", () => {
  const losses = clean(1e-3);
  const { bounds } = readCurve(rates, losses, ITERATIONS);
  assert.equal(bounds!.maxLr, rates[losses.indexOf(Math.min(...losses))] / 3);
  const sudden = rates.map((rate) => rate < 0.1 ? 2 : rate < 0.2 ? 1 : 3);
  const { bounds: narrow, reason } = readCurve(rates, sudden, ITERATIONS);
  assert.equal(narrow!.baseLr, narrow!.maxLr / 4);
  assert.match(reason!, /a quarter of max/);
});

Deno.test("a flat curve, a curve that only climbs and a short one give no bounds, and say why", () => {
  const flat = readCurve(rates, rates.map(() => 2.3), ITERATIONS);
  assert.deepEqual(flat.suggestions, {});
  assert.match(flat.reason!, /never falls by more than 2 % of its start/);
  const climbs = readCurve(rates, rates.map((_, i) => 1 + i / 20), ITERATIONS);
  assert.equal(climbs.bounds, undefined);
  assert.match(climbs.reason!, /too high from the beginning/);
  const short = readCurve(rates.slice(0, 30), clean(1e-3).slice(0, 30), ITERATIONS);
  assert.match(short.reason!, /too few points: 16 or more are needed after trimming, there are 5/);
});
