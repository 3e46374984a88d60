import assert from "node:assert/strict";
import { split, subset } from "../../lib/mod.ts";
import { smallImages } from "../support.ts";

Deno.test("subset() and split() choose by class, size and seed", () => {
  const images = smallImages(100);
  const two = subset(images, { classes: ["d", "b"], size: 12 });
  assert.deepEqual(two.classNames, ["d", "b"]);
  assert.deepEqual([...two.labels.subarray(0, 4)], [1, 0, 1, 0]); // b stands before d in the data
  const [rest, held] = split(images, { fraction: 0.1, seed: 3 });
  assert.deepEqual([rest.size, held.size], [90, 10]);
  assert.throws(() => subset(images, { classes: ["a", "zebra"] }), /classes must be among .*, got "zebra"/);
  assert.throws(() => subset(images, { size: 101 }), /size must be a whole number from 1 to 100, got 101/);
});
