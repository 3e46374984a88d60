/**
 * What the worker's trainings share: pause and stop, the images, and the network.
 * @module
 */
import { batches, type ImageDataset, meanImage, smallCnn, split, tf } from "../../core.ts";
import { type LabImages, unpackImages } from "../image_bytes.ts";
import { madeUpImages } from "../made_up.ts";
import { BATCH_SIZE, DATA, MOMENTUM } from "../settings.ts";

/** A training that can be paused and stopped. */
export class Control {
  readonly #stopping = new AbortController();
  #resume?: () => void;
  #paused?: Promise<void>;
  #pausedMs = 0;

  /** A signal that is aborted when the training must stop. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** The time in milliseconds. Pauses that have ended do not count. */
  now(): number {
    return performance.now() - this.#pausedMs;
  }

  /** Pauses the training after the current update. A training that is stopping does not pause. */
  pause(): void {
    if (this.signal.aborted) return;
    this.#paused ??= new Promise((resolve) => this.#resume = resolve);
  }

  /** Resumes the training. */
  resume(): void {
    this.#resume?.();
    this.#paused = undefined;
  }

  /** Stops the training after the current update. */
  stop(): void {
    this.#stopping.abort();
    this.resume();
  }

  /** Call this between two updates. It lets messages arrive, waits while paused, and returns whether to continue. */
  async goesOn(): Promise<boolean> {
    await tf.nextFrame();
    const before = performance.now();
    await this.#paused;
    this.#pausedMs += performance.now() - before;
    return !this.signal.aborted;
  }
}

/** The images of one training. */
export interface TrainingData {
  /** Images to train on. */
  readonly train: ImageDataset;
  /** Images held out of training. */
  readonly validation: ImageDataset;
  /** Images to score on at the end. */
  readonly test: ImageDataset;
  /** The mean of the training images. */
  readonly mean: Float32Array;
}

/**
 * The images for a seed, chosen as `deno task train` chooses them. They come from the server, or are made up.
 *
 * @throws {NoImages} If the server has none; the message is the server's.
 */
export async function trainingData(seed: number, madeUp: boolean): Promise<TrainingData> {
  const { train: chosen, test }: LabImages = madeUp ? madeUpImages(seed) : await fetchImages(seed);
  const [train, validation] = split(chosen, { fraction: DATA.validationSize / DATA.trainSize, seed });
  return { train, validation, test, mean: meanImage(train) };
}

/** There are no images to train on, which is not the backend's fault. */
export class NoImages extends Error {}

async function fetchImages(seed: number): Promise<LabImages> {
  const response = await fetch(`/images/${seed}`).catch(() => {
    throw new NoImages("The server has stopped: start `deno task lab` again, then reload this page.");
  });
  if (!response.ok) throw new NoImages(await response.text());
  return unpackImages(new Uint8Array(await response.arrayBuffer()));
}

/** The batches for a seed. */
export const trainingBatches = ({ train, mean }: TrainingData, seed: number) =>
  batches(train, { batchSize: BATCH_SIZE, seed, mean });

/** The compiled network for a seed. */
export function labModel(seed: number, learningRate: number): tf.LayersModel {
  const model = smallCnn({ seed });
  model.compile({
    optimizer: tf.train.momentum(learningRate, MOMENTUM),
    loss: "categoricalCrossentropy",
    metrics: ["accuracy"],
  });
  return model;
}
