/**
 * What is common to the worker's trainings: pause and stop, the images, the network.
 * @module
 */
import { batches, type ImageDataset, meanImage, smallCnn, split, tf } from "../../core.ts";
import { privateFields } from "../../optimizers/private_fields.ts";
import { type LabImages, unpackImages } from "../image_bytes.ts";
import { madeUpImages } from "../made_up.ts";
import { BATCH_SIZE, DATA, MOMENTUM } from "../settings.ts";

/** A training that can be paused and stopped. */
export class Control {
  readonly #stopping = new AbortController();
  #resume?: () => void;
  #paused?: Promise<void>;

  /** Aborted when the training is to stop. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Holds the training after the current update. */
  pause(): void {
    this.#paused ??= new Promise((resolve) => this.#resume = resolve);
  }

  /** Lets it go on. */
  resume(): void {
    this.#resume?.();
    this.#paused = undefined;
  }

  /** Ends it after the current update. */
  stop(): void {
    this.#stopping.abort();
    this.resume();
  }

  /** Between two updates: lets messages in, waits while paused; says whether to go on. */
  async goesOn(): Promise<boolean> {
    await tf.nextFrame();
    await this.#paused;
    return !this.signal.aborted;
  }
}

/** The images of one training. */
export interface TrainingData {
  /** To train on. */
  readonly train: ImageDataset;
  /** Held out of training. */
  readonly validation: ImageDataset;
  /** To score on at the end. */
  readonly test: ImageDataset;
  /** The mean of the training images. */
  readonly mean: Float32Array;
}

/**
 * The images of a seed, as `deno task train` chooses them: from the server, or made up.
 *
 * @throws {Error} If the server has none, with what it says.
 */
export async function trainingData(seed: number, madeUp: boolean): Promise<TrainingData> {
  const { train: chosen, test }: LabImages = madeUp ? madeUpImages(seed) : await fetchImages(seed);
  const [train, validation] = split(chosen, { fraction: DATA.validationSize / DATA.trainSize, seed });
  return { train, validation, test, mean: meanImage(train) };
}

async function fetchImages(seed: number): Promise<LabImages> {
  const response = await fetch(`/images/${seed}`).catch(() => {
    throw new Error("The server has stopped: start `deno task lab` again, then reload this page.");
  });
  if (!response.ok) throw new Error(await response.text());
  return unpackImages(new Uint8Array(await response.arrayBuffer()));
}

/** The batches of a seed. */
export const trainingBatches = ({ train, mean }: TrainingData, seed: number) =>
  batches(train, { batchSize: BATCH_SIZE, seed, mean });

/** The network of a seed, compiled. */
export function labModel(seed: number, learningRate: number): tf.LayersModel {
  const model = smallCnn({ seed });
  model.compile({
    optimizer: tf.train.momentum(learningRate, MOMENTUM),
    loss: "categoricalCrossentropy",
    metrics: ["accuracy"],
  });
  return model;
}

/** Frees a network and its optimizer. */
export function disposeModel(model: tf.LayersModel): void {
  const { optimizer } = model;
  // the scalar that tfjs's momentum optimizer forgets when it is disposed of
  const { c } = privateFields(optimizer) as { c?: tf.Scalar };
  optimizer.dispose();
  if (c && !c.isDisposed) c.dispose();
  model.dispose();
}
