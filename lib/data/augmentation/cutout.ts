/**
 * Cuts a square out of images at random.
 * @module
 */
import { numeric, readOptions, rules } from "../../support/check.ts";
import type { Augmentation } from "./augmentation.ts";

/**
 * Erases a square around a random pixel of each image, so that the network cannot rely on a single part of it.
 *
 * The centre (y, x) is any pixel, all equally likely. The square covers `size` rows, starting at row
 * `y - floor(size / 2)`, and its columns in the same way. What lies outside the image is cut off, so squares at the
 * border are smaller. The square is filled with what the network sees as zeros: the mean image if `batches` subtracts
 * one, black if it does not.
 *
 * Source: DeVries and Taylor, Improved Regularization of Convolutional Neural Networks with Cutout (2017). They cut
 * after the normalization, with side 16 for CIFAR-10 and 8 for CIFAR-100. Their code makes an odd side one pixel
 * smaller; here it is exact.
 *
 * @param options `size`: the square's side in pixels, a whole number of 1 or more.
 * @throws {RangeError} If the size is not a whole number of 1 or more.
 * @example
 * ```ts
 * import { cutout } from "./cutout.ts";
 *
 * const cut = cutout({ size: 2 })(new Uint8Array([1, 2, 3]), [1, 3, 1], () => 0.999);
 * if (cut.join() !== "1,0,0") throw new Error("centred on the last pixel, clipped at the border");
 * ```
 */
export function cutout(options: { size: number }): Augmentation {
  const { size } = readOptions("create a cutout", options, { size: numeric(rules.count) });
  const before = Math.floor(size / 2);
  return (pixels, [height, width, channels], random, empty) => {
    const top = Math.floor(random() * height) - before;
    const left = Math.floor(random() * width) - before;
    const [start, end] = [Math.max(left, 0) * channels, Math.min(left + size, width) * channels];
    const cut = pixels.slice();
    for (let row = Math.max(top, 0); row < Math.min(top + size, height); row++) {
      const [from, to] = [row * width * channels + start, row * width * channels + end];
      if (empty) cut.set(empty.subarray(from, to), from);
      else cut.fill(0, from, to);
    }
    return cut;
  };
}
