/**
 * The laboratory's images as bytes, as they go from the server to the page.
 * @module
 */
import { CIFAR10_CLASSES } from "../data/cifar10/classes.ts";
import { type ImageDataset, imageDataset } from "../data/dataset.ts";
import { DATA } from "./settings.ts";

/** Images to train on, those held out included, and images to score on. */
export interface LabImages {
  /** To train on and to hold out from. */
  readonly train: ImageDataset;
  /** To score on at the end. */
  readonly test: ImageDataset;
}

const PIXELS = 32 * 32 * 3;

/** Pixels and labels of both data sets, one after the other. */
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
 * The data sets that {@linkcode packImages} packed, in the laboratory's sizes.
 *
 * @throws {TypeError} If there are more or fewer bytes than these sizes have.
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
