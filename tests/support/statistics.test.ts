import assert from "node:assert/strict";
import { deviation, interval95, mean, median } from "../../lib/support/statistics.ts";

Deno.test("mean(), deviation() and median() are the sample's", () => {
  assert.equal(mean([1, 2, 6]), 3);
  assert.equal(deviation([1, 2, 6]), Math.sqrt((4 + 1 + 9) / 2));
  assert.equal(deviation([5]), undefined);
  assert.equal(median([5, 1, 3]), 3);
  assert.equal(median([4, 1, 3, 2]), 2.5, "the mean of the middle two");
  assert.ok(Number.isNaN(median([])));
});

Deno.test("interval95() is Student's: for 1, 2 and 3, 2 plus or minus 4.303 / sqrt(3)", () => {
  const [low, high] = interval95([1, 2, 3])!;
  assert.ok(Math.abs(low - (2 - 4.303 / Math.sqrt(3))) < 1e-12 && Math.abs(high - (2 + 4.303 / Math.sqrt(3))) < 1e-12);
  assert.equal(interval95([1]), undefined);
  const many = Array.from({ length: 100 }, (_, i) => i % 2);
  // Student's t: 1.9842 for 99 degrees of freedom, and 2.0796 for 21, just beyond the table
  const standardError = Math.sqrt(25 / 99) / 10;
  assert.ok(Math.abs(interval95(many)![1] - (0.5 + 1.9842 * standardError)) < 0.01 * standardError);
  const some = Array.from({ length: 22 }, (_, i) => i % 2);
  const error = Math.sqrt(5.5 / 21 / 22);
  assert.ok(Math.abs(interval95(some)![1] - (0.5 + 2.0796 * error)) < 0.01 * error);
});
