/**
 * Makes augmented images to look at.
 * @module
 */
import { checkNumber, checkOptions, rules, shown } from "../support/check.ts";
import type { Augmentation } from "./augmentation/augmentation.ts";
import { type ImageDataset, imageDataset, imageLength } from "./dataset.ts";
import { checkMean } from "./mean_image.ts";
import { randomFrom } from "./random.ts";

/** Options of {@linkcode augmentedImages}. */
export interface AugmentedOptions {
  /** Random changes, applied one after another. */
  augment: readonly Augmentation[];
  /** The seed that decides the changes, as in `batches`. */
  seed: number;
  /** The epoch whose images to make, counted from 0. Default 0. */
  epoch?: number;
  /** The mean image that `batches` subtracts; it fills the gaps that a change leaves. None by default. */
  mean?: Float32Array;
}

/**
 * The images of a data set as `batches` changes them in an epoch, in the data set's order. This is what the network
 * sees, except that the mean is not subtracted.
 *
 * @param dataset The images, which are not modified.
 * @param options See {@linkcode AugmentedOptions}.
 * @throws {TypeError} If an option is unknown, the mean does not fit the images, or a change does not return an image.
 * @throws {RangeError} If the seed is not a whole number, or the epoch is not a whole number of 0 or more.
 * @example
 * ```ts
 * import { augmentedImages, imageDataset, randomFlip } from "../core.ts";
 *
 * const images = new Uint8Array([1, 2, 1, 2, 1, 2, 1, 2]);
 * const parts = { images, labels: new Uint8Array(4), shape: [1, 2, 1], classNames: ["a"] } as const;
 * const changed = augmentedImages(imageDataset(parts), { augment: [randomFlip()], seed: 1 });
 * if (changed.images[0] + changed.images[1] !== 3) throw new Error("1, 2 or 2, 1");
 * ```
 */
export function augmentedImages(dataset: ImageDataset, options: AugmentedOptions): ImageDataset {
  const verb = "augment images";
  checkOptions(verb, options, ["augment", "seed", "epoch", "mean"]);
  const { seed, epoch = 0 } = options;
  checkNumber(verb, "seed", seed, "a whole number", Number.isInteger);
  checkNumber(verb, "epoch", epoch, ...rules.whole);
  checkMean(verb, dataset, options.mean);
  checkAugment(verb, options.augment);
  const length = imageLength(dataset);
  const change = changer(dataset, { ...options, epoch });
  const images = new Uint8Array(dataset.images.length);
  for (let place = 0; place < dataset.size; place++) {
    const from = place * length;
    images.set(change(dataset.images.subarray(from, from + length), place), from);
  }
  return imageDataset({ ...dataset, images });
}

/** Throws unless these are changes. */
export function checkAugment(verb: string, augment: unknown): void {
  if (Array.isArray(augment) && augment.every((change) => typeof change === "function")) return;
  throw new TypeError(`Cannot ${verb}: augment must be a list such as [randomFlip()], got ${shown(augment)}`);
}

/**
 * Returns a function that changes the image at a place in the data set. The change depends only on the seed, the epoch
 * and the place.
 *
 * @param dataset The data set whose images are changed.
 * @param options As for {@linkcode augmentedImages}, checked.
 * @throws {TypeError} The returned function, if a change does not return an image of the same size.
 */
export function changer(
  { shape }: Pick<ImageDataset, "shape">,
  { augment, seed, epoch, mean }: AugmentedOptions & { epoch: number },
): (pixels: Uint8Array, place: number) => Uint8Array {
  const empty = mean && new Uint8Array(Uint8ClampedArray.from(mean)); // rounded
  return (pixels, place) => {
    const random = randomFrom(seed, epoch, place);
    return augment.reduce((image, change) => {
      const changed = change(image, shape, random, empty);
      if (changed instanceof Uint8Array && changed.length === image.length) return changed;
      const hint = typeof changed === "function"
        ? "a function: it is [randomFlip()], not [randomFlip]"
        : shown(changed);
      throw new TypeError(
        `Cannot augment an image: a change must return a Uint8Array of length ${image.length}, got ${hint}`,
      );
    }, pixels);
  };
}
