/**
 * Mirrors images at random.
 * @module
 */
import type { Augmentation } from "./augmentation.ts";

/**
 * Mirrors an image left to right with a probability of one half.
 *
 * Source: the article's `horizontal_flip=True`.
 *
 * @example
 * ```ts
 * import { randomFlip } from "./random_flip.ts";
 *
 * const flipped = randomFlip()(new Uint8Array([1, 2]), [1, 2, 1], () => 0);
 * if (flipped.join() !== "2,1") throw new Error("mirrored");
 * ```
 */
export function randomFlip(): Augmentation {
  return (pixels, [height, width, channels], random) => {
    if (random() >= 0.5) return pixels;
    const flipped = new Uint8Array(pixels.length);
    for (let row = 0, to = 0; row < height; row++) {
      for (let column = width - 1; column >= 0; column--) {
        const pixel = (row * width + column) * channels;
        for (let channel = 0; channel < channels; channel++) flipped[to++] = pixels[pixel + channel];
      }
    }
    return flipped;
  };
}
