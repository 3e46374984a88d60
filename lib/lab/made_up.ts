/**
 * Made-up images, for trying the laboratory without CIFAR-10.
 * @module
 */
import { type ImageDataset, imageDataset } from "../data/dataset.ts";
import { randomFrom } from "../data/random.ts";
import type { LabImages } from "./image_bytes.ts";
import { DATA } from "./settings.ts";

const SIDE = 32;
const CLASSES = Array.from({ length: 10 }, (_, index) => `stripes at ${18 * index} degrees`);

/**
 * Makes images of stripes in ten directions, with random widths, phases and colours, and noise. People can tell them
 * apart easily, and a network can after a few hundred updates.
 *
 * @param seed The seed of the training images. The test images are the same for every seed.
 * @param sizes How many images of each kind to make.
 */
export function madeUpImages(seed: number, sizes: { trainSize: number; testSize: number } = DATA): LabImages {
  return { train: stripes(sizes.trainSize, seed, 0), test: stripes(sizes.testSize, 0, 1) };
}

function stripes(size: number, ...key: number[]): ImageDataset {
  const random = randomFrom(...key);
  const images = new Uint8Array(size * SIDE * SIDE * 3);
  const labels = Uint8Array.from({ length: size }, (_, index) => index % CLASSES.length);
  for (let image = 0, at = 0; image < size; image++) {
    const angle = Math.PI * labels[image] / CLASSES.length;
    const [width, phase] = [3 + 3 * random(), 2 * Math.PI * random()];
    const colour = [random(), random(), random()].map((part) => 20 + 60 * part);
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        const wave = Math.sin((x * Math.cos(angle) + y * Math.sin(angle)) * 2 * Math.PI / (2 * width) + phase);
        for (const strength of colour) images[at++] = 128 + strength * wave + 60 * (random() - 0.5);
      }
    }
  }
  return imageDataset({ images, labels, shape: [SIDE, SIDE, 3], classNames: CLASSES });
}
