import assert from "node:assert/strict";
import { augmentedImages, batches, concatenate, cutout, imageDataset, meanImage, tf } from "../../lib/mod.ts";
import { randomFlip, randomShift } from "../../lib/mod.ts";
import { randomFrom } from "../../lib/data/random.ts";

const random = randomFrom(3);
const dataset = imageDataset({
  images: Uint8Array.from({ length: 6 * 5 * 4 * 3 }, () => Math.floor(256 * random())),
  labels: Uint8Array.from([0, 1, 2, 3, 4, 5]),
  shape: [5, 4, 3],
  classNames: ["a", "b", "c", "d", "e", "f"],
});

Deno.test("augmentedImages() are those that batches() makes in the same epoch, by the image", async () => {
  const mean = meanImage(dataset).map(Math.round);
  const augment = [randomShift({ width: 0.5, height: 0.5, fill: "zero" }), randomFlip(), cutout({ size: 2 })];
  const data = batches(dataset, { batchSize: 6, seed: 7, mean, augment });
  for (const epoch of [0, 1]) {
    const expected = augmentedImages(dataset, { augment, seed: 7, epoch, mean });
    assert.deepEqual(expected.labels, dataset.labels);
    const { value } = await (await data.iterator()).next();
    const [pixels, labels] = [await value.xs.data(), await value.ys.argMax(1).data()];
    for (const [row, label] of labels.entries()) {
      const seen = [...pixels.subarray(row * 60, (row + 1) * 60)].map((pixel, index) => pixel + mean[index]);
      assert.deepEqual(seen, [...expected.images.subarray(label * 60, (label + 1) * 60)]);
    }
    tf.dispose(value);
  }
});

Deno.test("augmentedImages() leaves the images alone, and differs from epoch to epoch", () => {
  const before = dataset.images.slice();
  const augment = [randomShift({ width: 0.5, height: 0.5 })];
  const [first, second] = [0, 1].map((epoch) => augmentedImages(dataset, { augment, seed: 1, epoch }).images);
  assert.deepEqual(dataset.images, before);
  assert.notDeepEqual(first, second);
  assert.deepEqual(augmentedImages(dataset, { augment: [], seed: 1 }).images, before);
});

Deno.test("augmentedImages() refuses a wrong seed, epoch or option", () => {
  const augment = [randomFlip()];
  assert.throws(() => augmentedImages(dataset, { augment, seed: 0.5 }), {
    name: "RangeError",
    message: "Cannot augment images: seed must be a whole number, got 0.5",
  });
  assert.throws(() => augmentedImages(dataset, { augment, seed: 1, epoch: -1 }), {
    name: "RangeError",
    message: "Cannot augment images: epoch must be a whole number of 0 or more, got -1",
  });
  assert.throws(() => augmentedImages(dataset, { augment, seed: 1, ...{ epochs: 2 } }), TypeError);
  assert.throws(() => augmentedImages(dataset, { augment, seed: 1, mean: new Float32Array(1) }), {
    name: "TypeError",
    message: /^Cannot augment images: the mean image must hold .* numbers, got 1$/,
  });
});

Deno.test("concatenate() puts data sets one after the other", () => {
  const [one, two] = [[1, 2], [3]].map((pixels) =>
    imageDataset({
      images: Uint8Array.from(pixels),
      labels: Uint8Array.from(pixels, (pixel) => pixel % 2),
      shape: [1, 1, 1],
      classNames: ["even", "odd"],
    })
  );
  const both = concatenate(one, two);
  assert.deepEqual([[...both.images], [...both.labels], both.size], [[1, 2, 3], [1, 0, 1], 3]);
  assert.deepEqual(concatenate(two), two);
  const commas = [["a,b", "c"], ["a", "b,c"]].map((classNames) =>
    imageDataset({ ...two, shape: [1, 1, 1], classNames })
  );
  assert.throws(() => concatenate(...commas), /^TypeError: Cannot concatenate data sets: all must be /);
  assert.throws(() => concatenate(), {
    name: "TypeError",
    message: "Cannot concatenate data sets: there must be one or more, got none",
  });
  assert.throws(() => concatenate(one, imageDataset({ ...two, shape: [1, 1, 1], classNames: ["even", "other"] })), {
    name: "TypeError",
    message: "Cannot concatenate data sets: all must be 1 x 1 x 1 of even, odd, got 1 x 1 x 1 of even, other",
  });
});

Deno.test("batches() and augmentedImages() refuse changes that were not called, or are no list", async () => {
  const wrong = [randomFlip] as never;
  assert.throws(() => augmentedImages(dataset, { augment: wrong, seed: 1 }), /\[randomFlip\(\)\], not \[randomFlip\]/);
  const data = batches(dataset, { batchSize: 4, seed: 1, augment: wrong });
  await assert.rejects(
    data.forEachAsync(() => {}),
    /Cannot augment an image: a change must return a Uint8Array of length 60/,
  );
  const lone = randomFlip() as never;
  assert.throws(() => batches(dataset, { batchSize: 4, seed: 1, augment: lone }), /augment must be a list/);
});
