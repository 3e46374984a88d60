/**
 * The laboratory's images as bytes, in the form in which the server sends them to the page.
 * @module
 */
import { CIFAR10_CLASSES } from "../data/cifar10/classes.ts";
import { type ImageDataset, imageDataset } from "../data/dataset.ts";
import { DATA } from "./settings.ts";

/** Images to train on, including those held out, and images to score on. */
export interface LabImages {
  /** Images to train on; some of them are held out. */
  readonly train: ImageDataset;
  /** Images to score on at the end. */
  readonly test: ImageDataset;
}

const PIXELS = 32 * 32 * 3;

/** Packs the pixels and labels of both data sets into one array. */
export function packImages({ train, test }: LabImages): Uint8Array<ArrayBuffer> {
  const parts = [train.images, train.labels, test.images, test.labels];
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * Unpacks data sets that {@linkcode packImages} packed, in the laboratory's sizes.
 *
 * @throws {TypeError} If the number of bytes does not match these sizes.
 */
export function unpackImages(bytes: Uint8Array): LabImages {
  const { trainSize, testSize } = DATA;
  const expected = (trainSize + testSize) * (PIXELS + 1);
  if (bytes.length !== expected) {
    throw new TypeError(`Cannot read the images: there must be ${expected} bytes, got ${bytes.length}`);
  }
  const read = (from: number, size: number) =>
    imageDataset({
      images: bytes.subarray(from, from + size * PIXELS),
      labels: bytes.subarray(from + size * PIXELS, from + size * (PIXELS + 1)),
      shape: [32, 32, 3],
      classNames: CIFAR10_CLASSES,
    });
  return { train: read(0, trainSize), test: read(trainSize * (PIXELS + 1), testSize) };
}
