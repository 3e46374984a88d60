/**
 * Joins data sets.
 * @module
 */
import { type ImageDataset, imageDataset } from "./dataset.ts";

/**
 * Joins data sets into one, in the order given.
 *
 * @param datasets The data sets, one or more, all of the same shape and with the same classes.
 * @throws {TypeError} If none is given, or they differ in shape or classes.
 * @example
 * ```ts
 * import { concatenate, imageDataset } from "../core.ts";
 *
 * const dot = imageDataset({ images: new Uint8Array(1), labels: new Uint8Array(1), shape: [1, 1, 1], classNames: ["a"] });
 * if (concatenate(dot, dot).size !== 2) throw new Error("two dots");
 * ```
 */
export function concatenate(...datasets: readonly ImageDataset[]): ImageDataset {
  const verb = "concatenate data sets";
  if (datasets.length === 0) throw new TypeError(`Cannot ${verb}: there must be one or more, got none`);
  const [{ shape, classNames }] = datasets;
  const kind = (one: ImageDataset) => JSON.stringify([one.shape, one.classNames]);
  const other = datasets.find((one) => kind(one) !== kind(datasets[0]));
  if (other) {
    const described = (one: ImageDataset) => `${one.shape.join(" x ")} of ${one.classNames.join(", ")}`;
    throw new TypeError(`Cannot ${verb}: all must be ${described(datasets[0])}, got ${described(other)}`);
  }
  const joined = (parts: Uint8Array[]) => {
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  };
  const images = joined(datasets.map((one) => one.images));
  return imageDataset({ images, labels: joined(datasets.map((one) => one.labels)), shape, classNames });
}
