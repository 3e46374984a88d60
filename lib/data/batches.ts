/**
 * From a data set to the batches that a model trains on.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { checkNumber, checkOptions, rules } from "../support/check.ts";
import type { Augmentation } from "./augment.ts";
import { type ImageDataset, imageLength } from "./dataset.ts";
import { randomFrom, shuffled } from "./random.ts";

/** Options of {@linkcode batches}. */
export interface BatchOptions {
  /** Images in a batch, 1 to the data set's size. */
  batchSize: number;
  /** With a seed: shuffled anew in each epoch, the same way for the same seed. Without: in order. */
  seed?: number;
  /** The mean image to subtract, h * w * c numbers; nothing by default. */
  mean?: Float32Array;
  /** Random changes, one after the other; they need a seed. */
  augment?: readonly Augmentation[];
  /** Whether an epoch leaves out the last, partial batch. Default: with a seed yes, without no. */
  dropRemainder?: boolean;
  /** How many batches to prepare ahead. Default 1. */
  prefetch?: number;
}

/** Where a run goes on: how many epochs, and batches of the next one, are done. */
export interface Position {
  /** Epochs done. */
  readonly epoch: number;
  /** Batches done in the epoch that follows. */
  readonly batch: number;
}

/** Batches for `model.fitDataset`: xs of shape [n, h, w, c], ys one-hot of shape [n, classes]; float32. */
export type Batches = tf.data.Dataset<{ xs: tf.Tensor4D; ys: tf.Tensor2D }> & {
  /** Batches in one epoch. */
  readonly batchesPerEpoch: number;
  /** Makes the next pass go on from a position instead of the next epoch's start. */
  startAt(position: Position): void;
};

/**
 * Batches of a data set, for `model.fitDataset`. Each pass over them is one epoch.
 *
 * Batch b of epoch e depends on the seed, e and b alone, so a run can be repeated and taken up anywhere. The
 * images stay bytes until their batch is made. One pass at a time.
 *
 * @param dataset The images.
 * @param options See {@linkcode BatchOptions}.
 * @throws {TypeError} If an option is unknown or the mean does not fit the images.
 * @throws {RangeError} If the batch is larger than the data set, or augmentation has no seed.
 * @example
 * ```ts
 * import { batches, imageDataset } from "../mod.ts";
 *
 * const parts = { images: new Uint8Array(10), labels: new Uint8Array(10), shape: [1, 1, 1], classNames: ["a"] } as const;
 * const data = batches(imageDataset(parts), { batchSize: 4, seed: 42 });
 * if (data.batchesPerEpoch !== 2) throw new Error("two whole batches, the remainder dropped");
 * ```
 */
export function batches(dataset: ImageDataset, options: BatchOptions): Batches {
  const verb = "make batches";
  checkOptions(verb, options, ["batchSize", "seed", "mean", "augment", "dropRemainder", "prefetch"]);
  const { batchSize, seed, mean, augment = [], dropRemainder = seed !== undefined, prefetch = 1 } = options;
  checkNumber(
    verb,
    "batchSize",
    batchSize,
    `a whole number from 1 to ${dataset.size}, the images`,
    (n) => Number.isInteger(n) && n >= 1 && n <= dataset.size,
  );
  if (seed !== undefined) checkNumber(verb, "seed", seed, "a whole number", Number.isInteger);
  if (augment.length > 0 && seed === undefined) {
    throw new RangeError("Cannot make batches: augmentation needs a seed, got undefined");
  }
  checkNumber(verb, "prefetch", prefetch, ...rules.notNegative);
  if (mean && mean.length !== imageLength(dataset)) {
    throw new TypeError(
      `Cannot make batches: the mean image must hold ${dataset.shape.join(" x ")} numbers, got ${mean.length}`,
    );
  }
  const count = dropRemainder ? Math.floor(dataset.size / batchSize) : Math.ceil(dataset.size / batchSize);
  let next: Position = { epoch: 0, batch: 0 };

  const pass = function* () {
    const { epoch, batch } = next;
    next = { epoch: epoch + 1, batch: 0 };
    const order = seed === undefined ? undefined : shuffled(dataset.size, seed, epoch);
    for (let index = batch; index < count; index++) {
      const places = Array.from(
        { length: Math.min(batchSize, dataset.size - index * batchSize) },
        (_, i) => order ? order[index * batchSize + i] : index * batchSize + i,
      );
      yield toTensors(dataset, places, mean, (pixels, place) => {
        if (augment.length === 0) return pixels;
        const random = randomFrom(seed!, epoch, place);
        return augment.reduce((image, change) => change(image, dataset.shape, random), pixels);
      });
    }
  };
  // tfjs types a generator's items loosely: this is the one place that says what they are
  const plain = tf.data.generator(pass as unknown as () => Iterator<tf.TensorContainer>);
  const made = prefetch > 0 ? plain.prefetch(prefetch) : plain;
  return Object.assign(made, {
    size: count,
    batchesPerEpoch: count,
    startAt: (position: Position) => void (next = position),
  }) as unknown as Batches;
}

/** The images at these places as tensors: pixels less the mean, labels one-hot. */
export function toTensors(
  dataset: ImageDataset,
  places: ArrayLike<number>,
  mean?: Float32Array,
  change: (pixels: Uint8Array, place: number) => Uint8Array = (pixels) => pixels,
): { xs: tf.Tensor4D; ys: tf.Tensor2D } {
  const length = imageLength(dataset);
  const classes = dataset.classNames.length;
  const xs = new Float32Array(places.length * length);
  const ys = new Float32Array(places.length * classes);
  for (let i = 0; i < places.length; i++) {
    const place = places[i];
    const pixels = change(dataset.images.subarray(place * length, (place + 1) * length), place);
    const to = i * length;
    if (mean) { for (let j = 0; j < length; j++) xs[to + j] = pixels[j] - mean[j]; }
    else xs.set(pixels, to);
    ys[i * classes + dataset.labels[place]] = 1;
  }
  return {
    xs: tf.tensor4d(xs, [places.length, ...dataset.shape]),
    ys: tf.tensor2d(ys, [places.length, classes]),
  };
}
