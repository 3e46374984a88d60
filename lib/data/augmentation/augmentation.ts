/**
 * What an augmentation is.
 * @module
 */

/**
 * Changes one image.
 *
 * @param pixels The image, by rows, columns and channels. It is not modified.
 * @param shape Its height, width and channels.
 * @param random Returns random numbers from 0 to 1; an augmentation draws as many as it needs.
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
