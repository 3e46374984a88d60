/**
 * What an augmentation is.
 * @module
 */

/**
 * Changes one image.
 *
 * @param pixels The image, rows, columns, channels; it stays as it is.
 * @param shape Its height, width and channels.
 * @param random Gives numbers from 0 to 1; as many as are needed are drawn.
 * @param empty The image that the network sees as zeros. `batches` passes the mean image, rounded to whole numbers,
 * because it subtracts the mean afterwards; without a mean, and by default, it is all zeros.
 * @returns The changed image, or `pixels` itself.
 */
export type Augmentation = (
  pixels: Uint8Array,
  shape: readonly [height: number, width: number, channels: number],
  random: () => number,
  empty?: Uint8Array,
) => Uint8Array;
