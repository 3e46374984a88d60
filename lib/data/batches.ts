/**
 * Turns a data set into the batches that a model trains on.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { checkNumber, checkOptions, rules } from "../support/check.ts";
import type { Augmentation } from "./augmentation/augmentation.ts";
import { changer, checkAugment } from "./augmented.ts";
import type { ImageDataset } from "./dataset.ts";
import { checkMean } from "./mean_image.ts";
import { shuffled } from "./random.ts";
import { toNumbers, toTensors } from "./tensors.ts";

/** Options of {@linkcode batches}. */
export interface BatchOptions {
  /** Images in a batch, 1 to the data set's size. */
  batchSize: number;
  /**
   * With a seed, the images are reshuffled in each epoch, in the same way for the same seed. Without one, they stay in
   * order.
   */
  seed?: number;
  /** The mean image to subtract, h * w * c numbers; none by default. */
  mean?: Float32Array;
  /** Random changes, applied one after another. They need a seed. */
  augment?: readonly Augmentation[];
  /** Whether an epoch leaves out the last, partial batch. The default is true with a seed and false without. */
  dropRemainder?: boolean;
  /**
   * The share s of each target that is spread evenly over all classes, 0 or more and below 1. The default is 0, which
   * gives one-hot targets. Targets are `(1 - s) onehot + s / classes` (Szegedy et al. 2016). Use smoothing only for
   * training: scores need one-hot targets.
   */
  labelSmoothing?: number;
  /** How many batches to prepare, counting the one in use; 0 or 1 prepares none ahead. Default 1. */
  prefetch?: number;
}

/**
 * Where the next pass over the batches starts: after how many epochs, and how many batches of the epoch after those.
 */
export interface Position {
  /** Epochs done. */
  readonly epoch: number;
  /** Batches done in the next epoch. */
  readonly batch: number;
}

/** Batches for `model.fitDataset`: xs of shape [n, h, w, c], ys of shape [n, classes]; float32. */
export type Batches = tf.data.Dataset<{ xs: tf.Tensor4D; ys: tf.Tensor2D }> & {
  /** Batches in one epoch. */
  readonly batchesPerEpoch: number;
  /** Where the next pass starts. */
  readonly position: Position;
  /**
   * Makes the next pass start at a position. If a run stopped right after an epoch's last batch, the position's batch
   * may be `batchesPerEpoch`; then that pass is empty, and the one after it starts the next epoch.
   */
  startAt(position: Position): void;
};

/**
 * Makes batches of a data set, for `model.fitDataset`. One pass over the batches is an epoch.
 *
 * Batch b of epoch e depends only on the seed, e and b, so a run can be repeated, and resumed at any batch. Images stay
 * bytes in memory until their batch is made.
 *
 * An epoch is done when its last batch has been taken; only then does the next pass start the next epoch. If you look
 * at the first batch only, or a training stops in the middle, nothing changes: the next pass starts the same epoch
 * again. (So `data.take(5)` gives the same five batches each time.) A second fit continues the count of epochs where
 * the first ended. `findLearningRate` and `refreshBatchNorm` restore `position` afterwards; after a pass of your own,
 * restore it with `startAt`.
 *
 * @param dataset The images.
 * @param options See {@linkcode BatchOptions}.
 * @throws {TypeError} If an option is unknown, the mean does not fit the images, or `augment` is not a list of changes;
 * while batches are made, if a change does not return an image.
 * @throws {RangeError} If the batch is larger than the data set, augmentation has no seed, or a number is out of range.
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
  checkOptions(verb, options, ["batchSize", "seed", "mean", "augment", "labelSmoothing", "dropRemainder", "prefetch"]);
  const { batchSize, seed, mean, augment = [], labelSmoothing = 0, prefetch = 1 } = options;
  const { dropRemainder = seed !== undefined } = options;
  checkNumber(
    verb,
    "batchSize",
    batchSize,
    `a whole number from 1 to ${dataset.size}, the number of images`,
    (n) => Number.isInteger(n) && n >= 1 && n <= dataset.size,
  );
  if (seed !== undefined) checkNumber(verb, "seed", seed, "a whole number", Number.isInteger);
  checkAugment(verb, augment);
  if (augment.length > 0 && seed === undefined) {
    throw new RangeError("Cannot make batches: augmentation needs a seed, got undefined");
  }
  checkNumber(verb, "labelSmoothing", labelSmoothing, ...rules.belowOne);
  checkNumber(verb, "prefetch", prefetch, ...rules.whole);
  checkMean(verb, dataset, mean);
  const count = dropRemainder ? Math.floor(dataset.size / batchSize) : Math.ceil(dataset.size / batchSize);
  let next: Position = { epoch: 0, batch: 0 };

  const pass = function* () {
    const { epoch, batch } = next;
    const following = { epoch: epoch + 1, batch: 0 };
    if (batch === count) next = following; // nothing is left of this epoch
    const order = seed === undefined ? undefined : shuffled(dataset.size, seed, epoch);
    const change = seed === undefined || augment.length === 0
      ? (pixels: Uint8Array) => pixels
      : changer(dataset, { augment, seed, epoch, mean });
    for (let index = batch; index < count; index++) {
      const places = Array.from(
        { length: Math.min(batchSize, dataset.size - index * batchSize) },
        (_, i) => order ? order[index * batchSize + i] : index * batchSize + i,
      );
      const numbers = toNumbers(dataset, places, { mean, change, labelSmoothing });
      // a function that is called when the batch is taken, so that a prepared batch nobody takes neither counts nor
      // holds tensors
      yield () => {
        if (index === count - 1) next = following;
        return toTensors(dataset, numbers);
      };
    }
  };
  // tfjs types a generator's items loosely, so their real types are stated here
  const plain = tf.data.generator(pass as unknown as () => Iterator<tf.TensorContainer>);
  const made = (prefetch > 0 ? plain.prefetch(prefetch) : plain)
    .map((take) => (take as unknown as () => tf.TensorContainer)());
  const data = Object.assign(made, {
    size: count,
    batchesPerEpoch: count,
    startAt: (position: Position) => void (next = checked(position, count)),
  });
  return Object.defineProperty(data, "position", { get: () => next }) as unknown as Batches;
}

/** Checks a position and copies it. */
function checked({ epoch, batch }: Position, batchesPerEpoch: number): Position {
  const verb = "start at a position";
  checkNumber(verb, "epoch", epoch, ...rules.whole);
  checkNumber(
    verb,
    "batch",
    batch,
    `a whole number from 0 to ${batchesPerEpoch}, the batches of an epoch`,
    (n) => Number.isInteger(n) && n >= 0 && n <= batchesPerEpoch,
  );
  return { epoch, batch };
}

/**
 * Remembers where the next pass over these batches starts, and returns a function that makes it start there again. For
 * data sets other than {@linkcode Batches}, that function does nothing.
 */
export function bookmark(data: object): () => void {
  if (!("startAt" in data && "position" in data)) return () => {};
  const batches = data as Batches;
  const { position } = batches;
  return () => batches.startAt(position);
}
