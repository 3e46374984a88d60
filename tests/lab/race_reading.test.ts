import assert from "node:assert/strict";
import { comparisonTable } from "../../lib/evaluation/comparison.ts";
import { reading } from "../../lib/lab/race_reading.ts";

/** What is read from runs: [name, seed, accuracy] each. */
const readingOf = (...runs: [name: string, seed: number, accuracy: number][]) =>
  reading(comparisonTable(runs.map(([name, seed, accuracy]) => ({ name, seed, accuracy, loss: 1 }))));

Deno.test("one race decides nothing, and a tie is not called a win", () => {
  const advice = "One race decides nothing: repeat it, and see how wide the band is.";
  assert.equal(readingOf(["a", 1, 0.3], ["b", 1, 0.4]), `b came first in this race. ${advice}`);
  assert.equal(
    readingOf(["a", 1, 0.1], ["b", 1, 0.1], ["c", 1, 0]),
    `a and b are level in this race. ${advice}`,
  );
});

Deno.test("several races are compared seed by seed, if there are two seeds or more", () => {
  const twice = [["a", 1, 0.5], ["a", 2, 0.6]] as [string, number, number][];
  assert.equal(
    readingOf(...twice, ["b", 1, 0.4], ["b", 2, 0.5]),
    "a has the best mean. Race by race, b is 10.0 points behind (95 % interval 10.0 to 10.0).",
  );
  assert.match(readingOf(...twice, ["b", 1, 0.5], ["b", 2, 0.5]), /b is 5\.0 points behind .*: it may be as good\)/);
  assert.equal(
    readingOf(...twice, ["b", 1, 0.4]),
    "a has the best mean. Race by race, b cannot be compared with it race by race.",
  );
});
