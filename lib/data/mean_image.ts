/**
 * The mean image of a data set, which is subtracted from each image.
 * @module
 */
import { shown } from "../support/check.ts";
import { type ImageDataset, imageLength } from "./dataset.ts";

/**
 * Computes the mean image of a data set: the mean of each pixel and channel over all images, 0 to 255.
 *
 * Source: the article subtracts the training set's mean from training and test images.
 *
 * @param dataset The training images.
 * @returns h * w * c numbers.
 * @throws {RangeError} If the data set is empty.
 * @example
 * ```ts
 * import { imageDataset } from "./dataset.ts";
 * import { meanImage } from "./mean_image.ts";
 *
 * const images = new Uint8Array([0, 100]);
 * const mean = meanImage(imageDataset({ images, labels: new Uint8Array(2), shape: [1, 1, 1], classNames: ["a"] }));
 * if (mean[0] !== 50) throw new Error("(0 + 100) / 2");
 * ```
 */
export function meanImage(dataset: ImageDataset): Float32Array {
  if (dataset.size === 0) throw new RangeError("Cannot average images: there must be an image or more, got 0");
  const length = imageLength(dataset);
  const { images } = dataset;
  const sums = new Float64Array(length);
  const some = 16 * length; // summing 16 images at a time takes a third of the time
  for (let start = 0; start < images.length; start += some) {
    const end = Math.min(start + some, images.length);
    for (let i = 0; i < length; i++) {
      let sum = 0;
      for (let place = start + i; place < end; place += length) sum += images[place];
      sums[i] += sum;
    }
  }
  return Float32Array.from(sums, (sum) => sum / dataset.size);
}

/** Throws unless the mean image, if there is one, has a number for each byte of an image. */
export function checkMean(
  verb: string,
  dataset: Pick<ImageDataset, "shape">,
  mean: ArrayLike<number> | undefined,
): void {
  if (mean === undefined || mean?.length === imageLength(dataset)) return;
  throw new TypeError(
    `Cannot ${verb}: the mean image must hold ${dataset.shape.join(" x ")} numbers, got ${shown(mean?.length)}`,
  );
}
