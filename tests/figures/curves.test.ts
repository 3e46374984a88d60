import assert from "node:assert/strict";
import { sharedGrid, valueAt } from "../../lib/figures/curves.ts";

Deno.test("valueAt() reads a curve at its points and on the straight lines between them", () => {
  const curve = { x: [2, 4, 8], y: [1, 3, -1] };
  assert.deepEqual([2, 3, 4, 5, 8].map((at) => valueAt(curve, at)), [1, 2, 3, 2, -1]);
  assert.equal(valueAt({ x: [7], y: [5] }, 7), 5);
  // of two points at one place, the first
  assert.equal(valueAt({ x: [1, 2, 2, 3], y: [0, 4, 9, 0] }, 2), 4);
});

Deno.test("sharedGrid() has every place at which all curves can be read", () => {
  const curves = [[1, 4, 6], [2, 4, 5, 9]].map((x) => ({ x, y: x }));
  assert.deepEqual(sharedGrid(curves), [2, 4, 5, 6]);
});
