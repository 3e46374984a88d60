/**
 * What several tests need: small images, a tiny model, a temporary directory, and whether native TensorFlow is there.
 * @module
 */
import assert from "node:assert/strict";
import { type ImageDataset, imageDataset, tf } from "../lib/mod.ts";
import { randomFrom } from "../lib/data/random.ts";

/** Images of noise whose class shows in their brightness. */
export function smallImages(size: number, classes = 10, side = 32): ImageDataset {
  const random = randomFrom(7);
  const labels = Uint8Array.from({ length: size }, (_, index) => index % classes);
  const images = Uint8Array.from({ length: size * side * side * 3 }, (_, index) => {
    const label = labels[Math.floor(index / (side * side * 3))];
    return Math.min(255, label * 20 + 40 * random());
  });
  return imageDataset({ images, labels, shape: [side, side, 3], classNames: [..."abcdefghij"].slice(0, classes) });
}

/** A tensor of numbers from -1 to 1 that are the same on every backend. */
export function numbers(shape: number[], key: number): tf.Tensor {
  const random = randomFrom(key);
  return tf.tensor(Array.from({ length: tf.util.sizeFromShape(shape) }, () => 2 * random() - 1), shape);
}

/** Lists of numbers are others', to a tolerance that is relative above 1. */
export function close(actual: ArrayLike<number>[], expected: ArrayLike<number>[], tolerance = 2e-4): void {
  assert.deepEqual(actual.map(({ length }) => length), expected.map(({ length }) => length));
  expected.forEach((values, index) =>
    Array.from(values).forEach((value, i) =>
      assert.ok(
        Math.abs(actual[index][i] - value) <= tolerance * (1 + Math.abs(value)),
        `output ${index}, number ${i}: ${actual[index][i]} is not ${value}`,
      )
    )
  );
}

/** A line fitted to a line: quick to train. */
export function tinyModel(optimizer: tf.Optimizer): tf.LayersModel {
  const model = tf.sequential({
    layers: [tf.layers.dense({ units: 1, inputShape: [2], kernelInitializer: "ones", name: "line" })],
  });
  model.compile({ optimizer, loss: "meanSquaredError", metrics: ["accuracy"] });
  return model;
}

/** Batches for {@linkcode tinyModel}: `count` batches of 4. */
export function tinyBatches(count: number): tf.data.Dataset<{ xs: tf.Tensor; ys: tf.Tensor }> {
  const make = function* () {
    for (let i = 0; i < count; i++) {
      const xs = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8].map((value) => value / 8 + i / 100), [4, 2]);
      yield { xs, ys: tf.tidy(() => xs.sum(1, true).mul(2)) };
    }
  };
  const data = tf.data.generator(make as unknown as () => Iterator<tf.TensorContainer>);
  return Object.assign(data, { size: count }) as unknown as tf.data.Dataset<{ xs: tf.Tensor; ys: tf.Tensor }>;
}

/** All seven of tfjs's optimizers. */
export const OPTIMIZERS: Record<string, () => tf.Optimizer> = {
  sgd: () => tf.train.sgd(0.01),
  momentum: () => tf.train.momentum(0.01, 0.9),
  adagrad: () => tf.train.adagrad(0.01),
  adadelta: () => tf.train.adadelta(0.01),
  rmsprop: () => tf.train.rmsprop(0.01, 0.9, 0.5),
  adam: () => tf.train.adam(0.01),
  adamax: () => tf.train.adamax(0.01),
};

/** Whether permissions are given: plain `deno test` gives none. net stands for this machine alone. */
export const allowed = (...names: Deno.PermissionDescriptor["name"][]): boolean =>
  names.every((name) => {
    const descriptor = { name, ...(name === "net" && { host: "127.0.0.1" }) } as Deno.PermissionDescriptor;
    return Deno.permissions.querySync(descriptor).state === "granted";
  });

/** Runs `work` with a directory that is gone afterwards. */
export async function withDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await work(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
