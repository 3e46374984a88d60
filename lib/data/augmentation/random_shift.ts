/**
 * Shifts images at random.
 * @module
 */
import { numeric, oneOf, readOptions, rules } from "../../support/check.ts";
import type { Augmentation } from "./augmentation.ts";

/** Options of {@linkcode randomShift}. */
export interface RandomShiftOptions {
  /** The farthest shift left or right, as a fraction of the width: 0 or more and below 1. Default 0.1. */
  width?: number;
  /** The farthest shift up or down, as a fraction of the height: 0 or more and below 1. Default 0.1. */
  height?: number;
  /**
   * What fills the gap that a shift leaves. `"nearest"`, the default, repeats the pixel at the edge. `"reflect"`
   * mirrors the image at its edge, without repeating the edge itself. `"zero"` fills the gap with what the network sees
   * as zeros: the mean image if `batches` subtracts one, black if it does not.
   */
  fill?: "nearest" | "reflect" | "zero";
}

/** For each fill, the pixel of the image to show at `index`, which may lie outside the image; -1 for none. */
const PLACES = {
  nearest: (index: number, length: number) => index < 0 ? 0 : index >= length ? length - 1 : index,
  reflect: (index: number, length: number) => index < 0 ? -index : index >= length ? 2 * (length - 1) - index : index,
  zero: (index: number, length: number) => index < length ? Math.max(index, -1) : -1,
};

/**
 * Shifts an image by whole pixels, up to a fraction of its size in each direction.
 *
 * The pixel at (y, x) comes from (y - dy, x - dx), where dy and dx are whole numbers drawn uniformly within the limits
 * of `height` and `width`. Outside the image, `fill` decides.
 *
 * Sources: the article's `width_shift_range=0.1, height_shift_range=0.1, fill_mode="nearest"` (Keras draws a real
 * number and interpolates; whole pixels keep the image sharp); `"reflect"` is PyTorch's padding of that name; `"zero"`
 * is the usual "pad with zeros after normalization, then crop" of He et al. 2015 (up to 4 of 32 pixels:
 * `width: 4 / 32`).
 *
 * @param options See {@linkcode RandomShiftOptions}.
 * @throws {RangeError} If a fraction is out of range, or the fill is unknown.
 * @example
 * ```ts
 * import { randomShift } from "./random_shift.ts";
 *
 * const right = randomShift({ width: 0.5, height: 0 })(new Uint8Array([1, 2]), [1, 2, 1], () => 0.999);
 * if (right.join() !== "1,1") throw new Error("moved right by one, filled with the nearest");
 * ```
 */
export function randomShift(options: RandomShiftOptions = {}): Augmentation {
  const { width: across, height: down, fill } = readOptions("create a random shift", options, {
    width: numeric(rules.belowOne, 0.1),
    height: numeric(rules.belowOne, 0.1),
    fill: oneOf(["nearest", "reflect", "zero"], "nearest"),
  });
  const place = PLACES[fill];
  return (pixels, [height, width, channels], random, empty) => {
    const dx = draw(random, across * width);
    const dy = draw(random, down * height);
    if (dx === 0 && dy === 0) return pixels;
    const shifted = new Uint8Array(pixels.length);
    if (fill === "zero" && empty) shifted.set(empty);
    const columns = new Int32Array(width);
    for (let column = 0; column < width; column++) columns[column] = place(column - dx, width);
    for (let row = 0; row < height; row++) {
      const from = place(row - dy, height);
      if (from < 0) continue;
      for (let column = 0, to = row * width * channels; column < width; column++, to += channels) {
        if (columns[column] < 0) continue;
        const pixel = (from * width + columns[column]) * channels;
        for (let channel = 0; channel < channels; channel++) shifted[to + channel] = pixels[pixel + channel];
      }
    }
    return shifted;
  };
}

/** A random whole number from -limit to limit, all equally likely. */
function draw(random: () => number, limit: number): number {
  const whole = Math.floor(limit + 1e-9); // 1 / 49 of 49 pixels is a hair below 1
  return Math.floor(random() * (2 * whole + 1)) - whole;
}
