import assert from "node:assert/strict";
import { fitImage, turnUpright } from "../../lib/data/resize.ts";
import { randomFrom } from "../../lib/data/random.ts";

/** An image whose red is the value, green 255 less it, and blue always 7. */
function image(height: number, width: number, values: readonly number[]) {
  return { height, width, pixels: Uint8Array.from(values.flatMap((value) => [value, 255 - value, 7])) };
}
const reds = ({ pixels }: { pixels: Uint8Array }) => [...pixels].filter((_, index) => index % 3 === 0);

Deno.test("fitImage() leaves an image of the size as it is", () => {
  const random = randomFrom(1);
  const noise = image(5, 7, Array.from({ length: 35 }, () => Math.floor(256 * random())));
  assert.deepEqual(fitImage(noise, [5, 7]), noise);
});

Deno.test("fitImage() cuts to the aspect around the middle", () => {
  assert.deepEqual(reds(fitImage(image(1, 5, [1, 2, 3, 4, 5]), [1, 3])), [2, 3, 4]);
  assert.deepEqual(reds(fitImage(image(5, 1, [1, 2, 3, 4, 5]), [1, 1])), [3]);
  assert.deepEqual(reds(fitImage(image(2, 4, [1, 2, 3, 4, 5, 6, 7, 8]), [2, 2])), [2, 3, 6, 7]);
  // one pixel more than can be shared out evenly: it is cut off at the end
  assert.deepEqual(reds(fitImage(image(1, 4, [1, 2, 3, 4]), [1, 3])), [1, 2, 3]);
});

Deno.test("fitImage() shrinks by area averaging: each pixel is the mean of what it covers", () => {
  assert.deepEqual(reds(fitImage(image(2, 4, [0, 10, 20, 30, 40, 50, 60, 70]), [1, 2])), [25, 45]);
  // 5 onto 2 along both axes: the pixels in the middle count half on either side
  const random = randomFrom(2);
  const values = Array.from({ length: 25 }, () => Math.floor(256 * random()));
  const shares = [[1, 1, 0.5, 0, 0], [0, 0, 0.5, 1, 1]];
  const expected = shares.flatMap((rows) =>
    shares.map((columns) =>
      Math.round(values.reduce((sum, value, i) => sum + value * rows[Math.floor(i / 5)] * columns[i % 5], 0) / 6.25)
    )
  );
  assert.deepEqual(reds(fitImage(image(5, 5, values), [2, 2])), expected);
});

Deno.test("fitImage() grows bilinearly, between the centres of pixels", () => {
  // the result's centres lie at -0.25, 0.25, 0.75 and 1.25 of the source
  assert.deepEqual(reds(fitImage(image(1, 2, [0, 100]), [2, 4])), [0, 25, 75, 100, 0, 25, 75, 100]);
  assert.deepEqual(reds(fitImage(image(2, 2, [0, 100, 40, 140]), [4, 4])), [
    ...[0, 25, 75, 100],
    ...[10, 35, 85, 110],
    ...[30, 55, 105, 130],
    ...[40, 65, 115, 140],
  ]);
  assert.deepEqual(reds(fitImage(image(1, 1, [9]), [3, 3])), new Array(9).fill(9));
});

Deno.test("fitImage() keeps an even image even, and all channels apart, for 300 random sizes", () => {
  const random = randomFrom(3);
  const length = () => 1 + Math.floor(40 * random());
  for (let i = 0; i < 300; i++) {
    const [height, width, toHeight, toWidth] = [length(), length(), length(), length()];
    const value = Math.floor(256 * random());
    const fitted = fitImage(image(height, width, new Array(height * width).fill(value)), [toHeight, toWidth]);
    assert.deepEqual(fitted, image(toHeight, toWidth, new Array(toHeight * toWidth).fill(value)));
  }
});

Deno.test("turnUpright() turns all eight orientations of EXIF to the same picture", () => {
  // the letter F, as its eight turned versions are usually shown
  const upright = ["###", "#..", "##.", "#..", "#.."];
  const stored: Record<number, string[]> = {
    1: upright,
    2: ["###", "..#", ".##", "..#", "..#"],
    3: ["..#", "..#", ".##", "..#", "###"],
    4: ["#..", "#..", "##.", "#..", "###"],
    5: ["#####", "#.#..", "#...."],
    6: ["#....", "#.#..", "#####"],
    7: ["....#", "..#.#", "#####"],
    8: ["#####", "..#.#", "....#"],
  };
  const drawn = (rows: string[]) =>
    image(rows.length, rows[0].length, [...rows.join("")].map((letter) => letter === "#" ? 200 : 10));
  for (const [orientation, rows] of Object.entries(stored)) {
    assert.deepEqual(turnUpright(drawn(rows), Number(orientation)), drawn(upright), `orientation ${orientation}`);
  }
});
