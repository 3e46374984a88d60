/**
 * One training from images to scores: data, model, fit, checkpoints, evaluation.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { randomFlip, randomShift } from "../data/augment.ts";
import { type Batches, batches } from "../data/batches.ts";
import { type ImageDataset, meanImage, split, subset } from "../data/dataset.ts";
import { miniGoogLeNet } from "../models/mini_googlenet.ts";
import { cyclical } from "../schedules/cyclical.ts";
import type { Schedule } from "../schedules/schedule.ts";
import { type AnyCallback, callbacks } from "../callbacks/compose.ts";
import { ModelCallback } from "../callbacks/model_callback.ts";
import { stopOnInterrupt } from "../callbacks/stop_on_interrupt.ts";
import { readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import type { RunPlan } from "./config.ts";
import { evaluate, type Evaluation } from "../evaluation/evaluate.ts";
import { numbersOf } from "../history/history.ts";
import { LearningRateScheduler } from "../callbacks/scheduler.ts";

/** The images of one run. */
export interface RunData {
  /** Images to train on. */
  readonly train: ImageDataset;
  /** Images to validate on. */
  readonly validation: ImageDataset;
  /** Images to score on at the end. */
  readonly test: ImageDataset;
  /** The mean of the training images. */
  readonly mean: Float32Array;
}

/** Chooses a run's images: classes and sizes, what is held out, and the mean to subtract. */
export function chooseData(plan: RunPlan, images: { train: ImageDataset; test: ImageDataset }): RunData {
  const { classes, trainSize, testSize, validationSize, seed } = plan.config;
  const chosen = subset(images.train, { classes, size: trainSize, seed });
  const test = subset(images.test, { classes, size: testSize });
  const [train, validation] = validationSize > 0
    ? split(chosen, { fraction: validationSize / trainSize, seed })
    : [chosen, test];
  return { train, validation, test, mean: meanImage(train) };
}

/** The batches that a run trains on. */
export function trainingBatches({ config }: RunPlan, data: RunData): Batches {
  const augment = config.augment ? [randomShift(), randomFlip()] : [];
  return batches(data.train, { batchSize: config.batchSize, seed: config.seed, mean: data.mean, augment });
}

/** A run's model, compiled: the article's optimizer and loss; binary cross-entropy for two classes. */
export function compiledModel({ config }: RunPlan): tf.LayersModel {
  const model = miniGoogLeNet({ classes: config.classes.length, seed: config.seed });
  model.compile({
    optimizer: tf.train.momentum(config.baseLr, config.momentum),
    loss: config.classes.length === 2 ? "binaryCrossentropy" : "categoricalCrossentropy",
    metrics: ["accuracy"],
  });
  return model;
}

/** Options of {@linkcode runTraining}. */
export interface RunOptions {
  /** The rate; by default the plan's cyclical one. */
  schedule?: Schedule;
  /** The compiled model; by default MiniGoogLeNet, see {@linkcode compiledModel}. */
  model?: tf.LayersModel;
  /** More callbacks. */
  callbacks?: readonly AnyCallback[];
  /** Ends the training after the current batch. */
  signal?: AbortSignal;
  /** Where checkpoints go, and the longest time between two, in milliseconds; none by default. */
  checkpoints?: { directory: string; everyMs: number; run: string };
  /** Whether to go on from the newest checkpoint there. */
  resume?: boolean;
  /** Told of the scheduler before the training starts, and of the iteration it starts at. */
  onStart?: (scheduler: LearningRateScheduler) => void;
}

/** How a training ended. */
export interface RunResult {
  /** finished; interrupted by the signal; or diverged: the loss or a weight was no finite number. */
  readonly status: "finished" | "interrupted" | "diverged";
  /** The model as it is now. */
  readonly model: tf.LayersModel;
  /** What was recorded. */
  readonly scheduler: LearningRateScheduler;
  /** The scores on the test images, of a finished training. */
  readonly evaluation?: Evaluation;
}

/**
 * Trains MiniGoogLeNet as planned and scores it once at the end.
 *
 * @param plan The settings and what follows from them.
 * @param data The images.
 * @param options See {@linkcode RunOptions}.
 */
export async function runTraining(plan: RunPlan, data: RunData, options: RunOptions = {}): Promise<RunResult> {
  const { checkpoints, resume, signal } = options;
  const { config } = plan;
  const model = options.model ?? compiledModel(plan);
  const schedule = options.schedule ?? cyclical(plan.cyclical);
  const train = trainingBatches(plan, data);
  let scheduler = new LearningRateScheduler(schedule);
  let initialEpoch = 0;
  if (checkpoints && resume) {
    const checkpoint = await readCheckpoint(checkpoints.directory, checkpoints.run);
    if (checkpoint) {
      checkpoint.restore(model);
      scheduler = LearningRateScheduler.fromJSON(checkpoint.scheduler, schedule);
      train.startAt(checkpoint.position);
      initialEpoch = checkpoint.position.epoch;
    }
  }
  options.onStart?.(scheduler);
  let diverged = false;
  const guard = new StopWhenDiverged(() => diverged = true);
  const saver = checkpoints &&
    new SaveCheckpoints(checkpoints, scheduler, plan.batchesPerEpoch, () => diverged, signal);
  if (initialEpoch < config.epochs) {
    await model.fitDataset(train, {
      epochs: config.epochs,
      initialEpoch,
      validationData: batches(data.validation, { batchSize: Math.min(256, data.validation.size), mean: data.mean }),
      callbacks: callbacks(
        ...[scheduler, guard, ...(saver ? [saver] : []), ...(signal ? [stopOnInterrupt({ signal })] : [])],
        ...options.callbacks ?? [],
      ),
      verbose: 0,
    });
  }
  const status = diverged ? "diverged" : signal?.aborted ? "interrupted" : "finished";
  const evaluation = status === "finished" ? await evaluate(model, data.test, { mean: data.mean }) : undefined;
  return { status, model, scheduler, evaluation };
}

/** Ends the fit at a loss that is no finite number, or at such weights, which are looked at once an epoch. */
class StopWhenDiverged extends ModelCallback {
  constructor(onDivergence: () => void) {
    const stop = () => {
      onDivergence();
      this.stop();
    };
    super({
      onBatchEnd: (_batch, logs) => void (Number.isFinite(numbersOf(logs).loss) || stop()),
      onEpochEnd: async () => void (await weightsAreFinite(this.trained!) || stop()),
    });
  }
}

/** Whether no weight is NaN or infinite. */
async function weightsAreFinite(model: tf.LayersModel): Promise<boolean> {
  // a sum of squares is finite only if every weight is
  const sum = tf.tidy(() => tf.addN(model.getWeights().map((weight) => weight.square().sum())));
  const [value] = await sum.data();
  sum.dispose();
  return Number.isFinite(value);
}

/** Writes a checkpoint every few minutes, at each epoch's end, and when the run is interrupted. */
class SaveCheckpoints extends ModelCallback {
  constructor(
    { directory, everyMs, run }: { directory: string; everyMs: number; run: string },
    scheduler: LearningRateScheduler,
    batchesPerEpoch: number,
    diverged: () => boolean,
    signal?: AbortSignal,
  ) {
    let last = performance.now();
    const save = async (position: { epoch: number; batch: number }) => {
      if (diverged()) return; // the last good one stays
      await scheduler.settle();
      await writeCheckpoint(directory, this.trained!, { run, position, scheduler: scheduler.toJSON() });
      last = performance.now();
    };
    super({
      onBatchEnd: async () => {
        if (!signal?.aborted && performance.now() - last < everyMs) return;
        if (!await weightsAreFinite(this.trained!)) return; // at an epoch's end the guard has looked
        const { iteration } = scheduler;
        const epoch = Math.floor((iteration - 1) / batchesPerEpoch);
        await save({ epoch, batch: iteration - epoch * batchesPerEpoch });
      },
      onEpochEnd: async (epoch) => {
        // an interrupted epoch has its checkpoint already, and is not over
        if (scheduler.iteration === (epoch + 1) * batchesPerEpoch && !signal?.aborted) {
          await save({ epoch: epoch + 1, batch: 0 });
        }
      },
    });
  }
}
