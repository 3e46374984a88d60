import assert from "node:assert/strict";
import { type Augmentation, cutout, randomFlip, randomShift } from "../../lib/mod.ts";
import { randomFrom } from "../../lib/data/random.ts";

/** Calls an augmentation with these draws, one after the other. */
function drawn(
  change: Augmentation,
  pixels: number[],
  shape: [number, number, number],
  draws: number[],
  empty?: number[],
) {
  const left = [...draws];
  const changed = change(Uint8Array.from(pixels), shape, () => left.shift()!, empty && Uint8Array.from(empty));
  assert.equal(left.length, 0, "all draws were taken");
  return [...changed];
}

/** The draw from which a shift of `by` out of -limit to limit comes. */
const drawFor = (by: number, limit: number) => (by + limit + 0.5) / (2 * limit + 1);

Deno.test("randomShift() moves by whole pixels up to a tenth and fills with the nearest", () => {
  const row = Uint8Array.from({ length: 30 }, (_, i) => i);
  const random = randomFrom(1);
  const seen = new Set<number>();
  for (let i = 0; i < 200; i++) {
    const moved = randomShift({ width: 0.1, height: 0 })(row, [1, 30, 1], random);
    const by = 15 - moved[15];
    seen.add(by);
    assert.deepEqual([...moved], [...row].map((value) => Math.min(29, Math.max(0, value - by))));
  }
  assert.deepEqual([...seen].sort((a, b) => a - b), [-3, -2, -1, 0, 1, 2, 3]);
});

Deno.test("randomShift() draws the columns first, then the rows, and moves all channels", () => {
  const change = randomShift({ width: 0.5, height: 0.5 });
  const image = [1, 10, 2, 20, 3, 30, 4, 40]; // 2 x 2, two channels
  assert.deepEqual(drawn(change, image, [2, 2, 2], [drawFor(1, 1), drawFor(0, 1)]), [1, 10, 1, 10, 3, 30, 3, 30]);
  assert.deepEqual(drawn(change, image, [2, 2, 2], [drawFor(0, 1), drawFor(-1, 1)]), [3, 30, 4, 40, 3, 30, 4, 40]);
});

Deno.test("randomShift() reflects as PyTorch pads: without repeating the pixel at the edge", () => {
  const change = randomShift({ width: 0.8, height: 0, fill: "reflect" });
  const shifted = (by: number) => drawn(change, [1, 2, 3, 4, 5], [1, 5, 1], [drawFor(by, 4), 0]);
  // 5 4 3 2 [1 2 3 4 5] 4 3 2 1
  assert.deepEqual(shifted(2), [3, 2, 1, 2, 3]);
  assert.deepEqual(shifted(-2), [3, 4, 5, 4, 3]);
  assert.deepEqual(shifted(4), [5, 4, 3, 2, 1]);
  assert.deepEqual(shifted(-4), [5, 4, 3, 2, 1]);
  const rows = randomShift({ width: 0, height: 0.7, fill: "reflect" });
  assert.deepEqual(drawn(rows, [1, 2, 3, 4, 5, 6], [3, 2, 1], [0, drawFor(1, 2)]), [3, 4, 1, 2, 3, 4]);
});

Deno.test("randomShift() leaves a gap empty: zeros, or the image that the network sees as zeros", () => {
  const change = randomShift({ width: 0.7, height: 0.7, fill: "zero" });
  const image = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const draws = [drawFor(1, 2), drawFor(-2, 2)];
  assert.deepEqual(drawn(change, image, [3, 3, 1], draws), [0, 7, 8, 0, 0, 0, 0, 0, 0]);
  const mean = [11, 12, 13, 14, 15, 16, 17, 18, 19];
  assert.deepEqual(drawn(change, image, [3, 3, 1], draws, mean), [11, 7, 8, 14, 15, 16, 17, 18, 19]);
});

Deno.test("randomShift() draws the same numbers whatever the fill", () => {
  const image = Uint8Array.from({ length: 400 }, (_, i) => i % 251);
  const middles = (["nearest", "reflect", "zero"] as const).map((fill) => {
    const random = randomFrom(4);
    return Array.from({ length: 30 }, () => randomShift({ fill })(image, [20, 20, 1], random)[10 * 20 + 10]);
  });
  assert.deepEqual(middles[1], middles[0]);
  assert.deepEqual(middles[2], middles[0]);
});

Deno.test("randomFlip() mirrors half of the images", () => {
  const random = randomFrom(2);
  let flips = 0;
  for (let i = 0; i < 1000; i++) flips += Number(randomFlip()(new Uint8Array([1, 2, 3]), [1, 3, 1], random)[0] === 3);
  assert.ok(Math.abs(flips - 500) < 60, `${flips}`);
});

Deno.test("cutout() empties a square around each pixel alike, clipped at the borders", () => {
  const [height, width] = [5, 7];
  for (const size of [1, 2, 3, 4, 20]) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const image = new Array(height * width * 2).fill(9);
        const cut = drawn(cutout({ size }), image, [height, width, 2], [(y + 0.5) / height, (x + 0.5) / width]);
        const inside = (place: number, centre: number) =>
          place >= centre - Math.floor(size / 2) && place < centre - Math.floor(size / 2) + size;
        const expected = image.map((value, i) => {
          const [row, column] = [Math.floor(i / 2 / width), Math.floor(i / 2) % width];
          return inside(row, y) && inside(column, x) ? 0 : value;
        });
        assert.deepEqual(cut, expected, `size ${size} at ${y}, ${x}`);
      }
    }
  }
});

Deno.test("cutout() fills the square with the image that the network sees as zeros", () => {
  const mean = [10, 20, 30, 40];
  assert.deepEqual(drawn(cutout({ size: 1 }), [1, 2, 3, 4], [2, 2, 1], [0.5, 0], mean), [1, 2, 30, 4]);
});

Deno.test("augmentations leave the image that they are given as it is", () => {
  const image = Uint8Array.from({ length: 64 }, (_, i) => i);
  const before = image.slice();
  const random = randomFrom(8);
  const all = [
    randomShift({ fill: "reflect", width: 0.5 }),
    randomShift({ fill: "zero" }),
    randomFlip(),
    cutout({ size: 3 }),
  ];
  for (let i = 0; i < 100; i++) for (const change of all) change(image, [8, 8, 1], random);
  assert.deepEqual(image, before);
});

Deno.test("randomShift() and cutout() refuse wrong options", () => {
  assert.throws(
    () => randomShift({ width: 1 }),
    /Cannot create a random shift: width must be 0 or more and below 1, got 1/,
  );
  assert.throws(
    () => randomShift({ fill: "wrap" as never }),
    /fill must be one of "nearest", "reflect", "zero", got "wrap"/,
  );
  assert.throws(() => randomShift({ depth: 1 } as never), TypeError);
  for (const size of [0, -1, 1.5, NaN, Infinity]) assert.throws(() => cutout({ size }), /size must be a whole number/);
  assert.throws(() => cutout({} as never), /Cannot create a cutout: size must be a number, got undefined/);
  assert.throws(() => cutout(undefined as never), /the options must be an object, got undefined/);
});

Deno.test("randomShift() by a fraction of the width that is one pixel moves by one pixel", () => {
  const row = Uint8Array.from({ length: 49 }, (_, index) => index);
  const moved = randomShift({ width: 1 / 49, height: 0 })(row, [1, 49, 1], () => 0.999);
  assert.deepEqual([...moved.subarray(0, 3)], [0, 0, 1]);
});
