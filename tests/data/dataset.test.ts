import assert from "node:assert/strict";
import { type ImageDataset, imageDataset, meanImage, split, subset } from "../../lib/mod.ts";
import { smallImages } from "../support.ts";

Deno.test("subset() and split() choose by class, size and seed", () => {
  const images = smallImages(100);
  const two = subset(images, { classes: ["d", "b"], size: 12 });
  assert.deepEqual(two.classNames, ["d", "b"]);
  assert.deepEqual([...two.labels.subarray(0, 4)], [1, 0, 1, 0]); // b stands before d in the data
  const [rest, held] = split(images, { fraction: 0.1, seed: 3 });
  assert.deepEqual([rest.size, held.size], [90, 10]);
  const bytes = images.images.length / images.size;
  const each = (part: ImageDataset) =>
    Array.from({ length: part.size }, (_, i) => part.images.subarray(i * bytes, (i + 1) * bytes).join());
  assert.deepEqual(each(rest).concat(each(held)).sort(), each(images).sort(), "every image is in one part");
  const drawn = (seed: number) => each(subset(images, { size: 12, seed }));
  assert.deepEqual(drawn(1), drawn(1));
  assert.notDeepEqual(drawn(1), drawn(2));
  assert.throws(() => subset(images, { size: 12, seed: 0.5 }), /seed must be a whole number, got 0\.5/);
  assert.throws(() => subset(images, { classes: ["a", "zebra"] }), /classes must be among .*, got "zebra"/);
  assert.throws(() => subset(images, { size: 101 }), /size must be a whole number from 1 to 100, got 101/);
});

Deno.test("split(), stratified, holds out the fraction of each class, and one image of a small class", () => {
  const counts = [40, 20, 3, 1];
  const labels = Uint8Array.from(counts.flatMap((count, label) => Array(count).fill(label)));
  const images = imageDataset({
    images: Uint8Array.from(labels, (_, index) => index),
    labels,
    shape: [1, 1, 1],
    classNames: ["a", "b", "c", "d"],
  });
  const parts = split(images, { fraction: 0.1, seed: 3, stratified: true });
  const [rest, held] = parts.map((part) => counts.map((_, label) => part.labels.filter((one) => one === label).length));
  assert.deepEqual(held, [4, 2, 1, 0]);
  assert.deepEqual(rest, [36, 18, 2, 1]);
  assert.equal(new Set(parts.flatMap((part) => [...part.images])).size, 64, "each image once");
});

Deno.test("subset() and split() refuse an option that they do not know", () => {
  assert.throws(() => subset(smallImages(4), { clases: ["a"] } as never), /^TypeError: .* got "clases"$/);
  assert.throws(() => split(smallImages(4), { fraction: 0.5, seeds: 1 } as never), /^TypeError: .* got "seeds"$/);
});

Deno.test("meanImage() is the mean of each pixel, whatever the number of images", () => {
  for (const size of [1, 16, 37]) {
    const images = Uint8Array.from({ length: size * 6 }, (_, i) => (i * 101) % 256);
    const dataset = imageDataset({ images, labels: new Uint8Array(size), shape: [1, 2, 3], classNames: ["a"] });
    const sum = (pixel: number) => images.reduce((sum, value, i) => i % 6 === pixel ? sum + value : sum, 0);
    assert.deepEqual(meanImage(dataset), Float32Array.from({ length: 6 }, (_, pixel) => sum(pixel) / size));
  }
});

Deno.test("split(), stratified, returns both parts in random order, and empties no class", () => {
  const labels = Uint8Array.from({ length: 40 }, (_, index) => Math.floor(index / 20));
  const parts = { labels, images: new Uint8Array(40), shape: [1, 1, 1], classNames: ["a", "b"] } as const;
  const [, held] = split(imageDataset(parts), { fraction: 0.5, seed: 1, stratified: true });
  assert.deepEqual([...new Set(held.labels.subarray(0, 8))].sort(), [0, 1], "both classes among the first");
  const two = { ...parts, labels: new Uint8Array([0, 0, 1, 1]), images: new Uint8Array(4) };
  const [rest] = split(imageDataset(two), { fraction: 0.8, seed: 1, stratified: true });
  assert.deepEqual([...rest.labels].sort(), [0, 1]);
});

Deno.test("imageDataset() refuses what is not bytes, and shapes that are none", () => {
  const parts = { images: new Uint8Array(2), labels: new Uint8Array(2), shape: [1, 1, 1], classNames: ["a"] } as const;
  assert.throws(() => imageDataset({ ...parts, images: new Float32Array(2) as never }), /images must be a Uint8Array/);
  assert.throws(() => imageDataset({ ...parts, labels: [0, -3] as never }), /labels must be a Uint8Array/);
  assert.throws(() => imageDataset({ ...parts, shape: [2, 0.5, 1] }), /shape\[1\] must be a whole number/);
});
