/**
 * What `bench` and `profile` measure: the training of a model on noise, and its evaluation.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { type Precision, PRECISIONS } from "../../backend/precision.ts";
import type { BackendChoice } from "../../backend/select.ts";
import { callbacks } from "../../callbacks/compose.ts";
import { LearningRateScheduler } from "../../callbacks/scheduler.ts";
import { batches } from "../../data/batches.ts";
import { type ImageDataset, imageDataset } from "../../data/dataset.ts";
import { meanImage } from "../../data/mean_image.ts";
import { randomFrom } from "../../data/random.ts";
import { evaluate } from "../../evaluation/evaluate.ts";
import { cyclical } from "../../schedules/cyclical.ts";
import { checkChoice, checkNumber, rules } from "../../support/check.ts";
import { median } from "../../support/statistics.ts";
import { EXPERIMENT_FLAGS } from "../experiment_flags.ts";
import type { Flag } from "../flags.ts";
import { backendFlag, MACHINE_FLAGS } from "../session.ts";
import { atTheDoor } from "../terminal.ts";
import { BENCHMARK_NAMES, type BenchmarkName, BENCHMARKS } from "./benchmarks.ts";

/** The flags that `bench` and `profile` share, except `--model` and `--steps`, which each explains itself. */
export const STEP_FLAGS = {
  "batch-size": { takes: "number", help: "images in a batch (64 for MiniGoogLeNet; each model has its own)" },
  backend: MACHINE_FLAGS.backend,
  precision: EXPERIMENT_FLAGS.precision,
} as const satisfies Record<string, Flag>;

/** The values of the flags of `bench` and `profile`. */
export interface StepFlags {
  /** The model; with `--model all`, the first. */
  readonly model: BenchmarkName;
  /** Images in a batch, as given or as usual for the model. */
  readonly batchSize: number;
  /** Steps, if given. */
  readonly steps?: number;
  /** The backend. */
  readonly choice: BackendChoice;
  /** The precision of convolutions. */
  readonly precision: Precision;
}

/**
 * Checks the flags that `bench` and `profile` share. `others` lists what `--model` accepts besides the models' names.
 */
export function stepFlags(
  flags: { model?: string; "batch-size"?: number; steps?: number; backend?: string; precision?: string },
  others: readonly "all"[] = [],
): StepFlags {
  const { model: given = BENCHMARK_NAMES[0], steps, precision = "float32" } = flags;
  const choice = backendFlag(flags.backend);
  return atTheDoor(() => {
    checkChoice("read --model", "it", given, [...BENCHMARK_NAMES, ...others]);
    const model = given === "all" ? BENCHMARK_NAMES[0] : given;
    const { "batch-size": batchSize = BENCHMARKS[model].batchSize } = flags;
    checkNumber("read --batch-size", "it", batchSize, ...rules.count);
    if (steps !== undefined) checkNumber("read --steps", "it", steps, ...rules.count);
    checkChoice("read --precision", "it", precision, PRECISIONS);
    return { model, batchSize, steps, choice, precision };
  });
}

/**
 * Makes images of noise in ten classes. They are dark, with bytes from 0 to 3, so that subtracting their mean leaves
 * numbers around 1. Bytes up to 255 would drive the perceptron's softmax to 0 and 1 within a few steps, and then there
 * would be nothing left to learn.
 */
export function noise(size: number): ImageDataset {
  const random = randomFrom(1);
  const images = Uint8Array.from({ length: size * 3072 }, () => 4 * random());
  const classNames = Array.from({ length: 10 }, (_, index) => String(index));
  return imageDataset({
    images,
    labels: Uint8Array.from({ length: size }, (_, i) => i % 10),
    shape: [32, 32, 3],
    classNames,
  });
}

/** Returns a function that trains one step on a batch that is already in memory. */
export async function stepper(model: tf.LayersModel, batchSize: number): Promise<() => Promise<void>> {
  const images = noise(batchSize);
  const { value } = await (await batches(images, { batchSize, mean: meanImage(images) }).iterator()).next();
  return async () => void await model.trainOnBatch(value.xs, value.ys);
}

/** The milliseconds of one training step: the median, after an extra step to warm up. */
export async function trainingStep(step: () => Promise<void>, steps: number): Promise<number> {
  await step();
  const times: number[] = [];
  for (let i = 0; i < steps; i++) {
    const start = performance.now();
    await step();
    times.push(performance.now() - start);
  }
  return median(times);
}

/** What `bench` times: training steps, or the scoring of images, a batch at a time. */
export type Task = "train" | "evaluate";

/** Does so many steps, and returns the mean milliseconds of one. */
export type Run = (steps: number) => Promise<number>;

/**
 * Returns a function that trains a number of steps as users do, with `fitDataset`, batches and a scheduler. It returns
 * the mean milliseconds per step, from the beginning of the first step to the end of the last.
 */
export function fitter(model: tf.LayersModel, name: BenchmarkName, batchSize: number): Run {
  const images = noise(BATCHES_AT_HAND * batchSize);
  const data = batches(images, { batchSize, seed: 1, mean: meanImage(images) }).repeat();
  const { learningRate: maxLr } = BENCHMARKS[name];
  const scheduler = new LearningRateScheduler(cyclical({ baseLr: maxLr / 10, maxLr }));
  return async (steps) => {
    let [start, end] = [0, 0];
    const onBatchBegin = (batch: number) => void (start = batch === 0 ? performance.now() : start);
    const onBatchEnd = () => void (end = performance.now());
    await model.fitDataset(data, {
      epochs: 1,
      batchesPerEpoch: steps,
      callbacks: callbacks(scheduler, { onBatchBegin, onBatchEnd }),
      verbose: 0,
    });
    return (end - start) / steps;
  };
}

/** As many batches to train on lie in memory, here and in the peers, and are gone through again and again. */
const BATCHES_AT_HAND = 4;

/**
 * A function that scores so many batches as users do, by `evaluate`, and returns the mean milliseconds of a batch. More
 * than {@linkcode BATCHES_TO_SCORE} are scored by one evaluation after the other.
 */
export function scorer(model: tf.LayersModel, batchSize: number): Run {
  const images = noise(BATCHES_TO_SCORE * batchSize);
  const mean = meanImage(images);
  return async (count) => {
    const start = performance.now();
    for (let left = count; left > 0; left -= BATCHES_TO_SCORE) {
      const size = Math.min(left, BATCHES_TO_SCORE) * batchSize;
      const some = { images: images.images.subarray(0, size * 3072), labels: images.labels.subarray(0, size), size };
      await evaluate(model, { ...images, ...some }, { batchSize, mean });
    }
    return (performance.now() - start) / count;
  };
}

/** The batches of one evaluation, here and in the peers: of 100 images, as many as CIFAR-10 has to test by. */
const BATCHES_TO_SCORE = 100;
