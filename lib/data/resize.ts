/**
 * Resizes images, and turns them upright.
 * @module
 */

/** An image of red, green and blue bytes, row after row. */
export interface RgbImage {
  /** 3 bytes per pixel. */
  readonly pixels: Uint8Array;
  /** Pixels in a column. */
  readonly height: number;
  /** Pixels in a row. */
  readonly width: number;
}

/**
 * Crops the middle of an image to the aspect ratio of the wanted size, and resizes it to that size.
 *
 * The crop is the largest part of that aspect ratio, to the nearest whole pixel. Along each axis, if the image shrinks,
 * a pixel of the result is the mean of the pixels that it covers (area averaging); if the image grows, it is
 * interpolated between the two nearest pixel centres (bilinear). An image that already has the size is returned as it
 * is.
 *
 * @param image The image.
 * @param size Height and width of the result, whole numbers of 1 or more.
 * @example
 * ```ts
 * import { fitImage } from "./resize.ts";
 *
 * const square = { pixels: new Uint8Array([1, 1, 1, 3, 3, 3, 5, 5, 5, 7, 7, 7]), height: 2, width: 2 };
 * if (fitImage(square, [1, 1]).pixels.join() !== "4,4,4") throw new Error("the mean of 1, 3, 5 and 7");
 * ```
 */
export function fitImage(image: RgbImage, [height, width]: readonly [height: number, width: number]): RgbImage {
  const scale = Math.min(image.height / height, image.width / width);
  const rows = axis(image.height, Math.max(1, Math.round(height * scale)), height);
  const columns = axis(image.width, Math.max(1, Math.round(width * scale)), width);
  const pixels = new Uint8Array(height * width * 3);
  const line = new Float64Array(width * 3); // a row of the result, before rounding
  rows.forEach(({ first, weights }, row) => {
    line.fill(0);
    weights.forEach((share, index) => addRow(line, image, first + index, columns, share));
    for (let i = 0; i < line.length; i++) pixels[row * line.length + i] = Math.round(line[i]);
  });
  return { pixels, height, width };
}

/** Resizes a row of the image and adds it to the line with this weight. */
function addRow(line: Float64Array, image: RgbImage, row: number, columns: readonly Covered[], share: number): void {
  for (let column = 0, to = 0; column < columns.length; column++, to += 3) {
    const { first, weights } = columns[column];
    let from = (row * image.width + first) * 3;
    for (let i = 0; i < weights.length; i++, from += 3) {
      const weight = share * weights[i];
      line[to] += weight * image.pixels[from];
      line[to + 1] += weight * image.pixels[from + 1];
      line[to + 2] += weight * image.pixels[from + 2];
    }
  }
}

/**
 * The pixels along an axis that make up one pixel of the result: they start at `first`, and their weights add up to 1.
 */
interface Covered {
  readonly first: number;
  readonly weights: readonly number[];
}

/** For each of `count` pixels along an axis, what it covers of the middle `used` of the `length` pixels. */
function axis(length: number, used: number, count: number): Covered[] {
  const offset = Math.floor((length - used) / 2);
  const scale = used / count;
  return Array.from({ length: count }, (_, index) => {
    if (scale > 1) {
      const [start, end] = [index * scale, Math.min((index + 1) * scale, used)];
      const first = Math.floor(start);
      const weights = Array.from(
        { length: Math.ceil(end) - first },
        (_, i) => (Math.min(first + i + 1, end) - Math.max(first + i, start)) / (end - start),
      );
      return { first: offset + first, weights };
    }
    const centre = Math.min(Math.max((index + 0.5) * scale - 0.5, 0), used - 1);
    const first = Math.floor(centre);
    const weights = centre === first ? [1] : [first + 1 - centre, centre - first];
    return { first: offset + first, weights };
  });
}

/**
 * Turns an image upright.
 *
 * @param image The image as a camera stored it.
 * @param orientation EXIF's number, 1 to 8, for where the first row and the first column belong: 1 top and left, 2 top
 * and right, 3 bottom and right, 4 bottom and left, 5 left and top, 6 right and top, 7 right and bottom, 8 left and
 * bottom.
 */
export function turnUpright(image: RgbImage, orientation: number): RgbImage {
  if (orientation === 1) return image;
  const sideways = orientation >= 5;
  const [height, width] = sideways ? [image.width, image.height] : [image.height, image.width];
  const fromBottom = [3, 4, 6, 7].includes(orientation);
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const pixels = new Uint8Array(image.pixels.length);
  for (let row = 0, to = 0; row < height; row++) {
    for (let column = 0; column < width; column++, to += 3) {
      const [y, x] = sideways ? [column, row] : [row, column];
      const from = ((fromBottom ? image.height - 1 - y : y) * image.width + (fromRight ? image.width - 1 - x : x)) * 3;
      pixels.set(image.pixels.subarray(from, from + 3), to);
    }
  }
  return { pixels, height, width };
}
