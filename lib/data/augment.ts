/**
 * Augmentation: small random changes that leave the class as it is.
 * @module
 */
import { checkNumber, checkOptions } from "../support/check.ts";

/**
 * Changes one image.
 *
 * @param pixels The image, rows, columns, channels; it stays as it is.
 * @param shape Its height, width and channels.
 * @param random Gives numbers from 0 to 1; as many as are needed are drawn.
 * @returns The changed image, or `pixels` itself.
 */
export type Augmentation = (
  pixels: Uint8Array,
  shape: readonly [height: number, width: number, channels: number],
  random: () => number,
) => Uint8Array;

/**
 * Shifts an image by whole pixels, up to a fraction of its size either way; the nearest pixel fills the gap.
 *
 * Source: the article's `width_shift_range=0.1, height_shift_range=0.1, fill_mode="nearest"`. Keras draws a real number
 * and interpolates; whole pixels keep the image sharp.
 *
 * @param options `width` and `height`: fractions, 0 to below 1. Default 0.1 each.
 * @throws {RangeError} If a fraction is out of range.
 * @example
 * ```ts
 * import { randomShift } from "./augment.ts";
 *
 * const right = randomShift({ width: 0.5, height: 0 })(new Uint8Array([1, 2]), [1, 2, 1], () => 0.999);
 * if (right.join() !== "1,1") throw new Error("moved right by one, filled with the nearest");
 * ```
 */
export function randomShift(options: { width?: number; height?: number } = {}): Augmentation {
  const verb = "create a random shift";
  checkOptions(verb, options, ["width", "height"]);
  const { width: across = 0.1, height: down = 0.1 } = options;
  for (const [name, value] of [["width", across], ["height", down]] as const) {
    checkNumber(verb, name, value, "0 or more and below 1", (fraction) => fraction >= 0 && fraction < 1);
  }
  return (pixels, [height, width, channels], random) => {
    const dx = draw(random, across * width);
    const dy = draw(random, down * height);
    if (dx === 0 && dy === 0) return pixels;
    const shifted = new Uint8Array(pixels.length);
    for (let row = 0, to = 0; row < height; row++) {
      const from = clamp(row - dy, height) * width;
      for (let column = 0; column < width; column++) {
        const pixel = (from + clamp(column - dx, width)) * channels;
        for (let channel = 0; channel < channels; channel++) shifted[to++] = pixels[pixel + channel];
      }
    }
    return shifted;
  };
}

/** A whole number from -limit to limit, each as likely as any other. */
function draw(random: () => number, limit: number): number {
  const whole = Math.floor(limit);
  return Math.floor(random() * (2 * whole + 1)) - whole;
}

function clamp(index: number, length: number): number {
  return index < 0 ? 0 : index >= length ? length - 1 : index;
}

/**
 * Mirrors every other image, by chance, left to right.
 *
 * Source: the article's `horizontal_flip=True`.
 *
 * @example
 * ```ts
 * import { randomFlip } from "./augment.ts";
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
