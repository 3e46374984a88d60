/**
 * The learning-rate range test, which finds both bounds of a cycle in one short training.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { bookmark } from "../data/batches.ts";
import { dropoutMasks, setDropoutMasks } from "../models/seeded_dropout.ts";
import { metricName } from "../history/history.ts";
import { exponentialRamp, linearRamp } from "../schedules/ramps.ts";
import { checkChoice, checkNumber, checkOptions, rules, shown } from "../support/check.ts";
import { variables } from "../support/variables.ts";
import { setHyperparameters } from "../optimizers/hyperparameters.ts";
import { optimizerState, restoreOptimizer } from "../optimizers/state.ts";
import { type CurveReading, readCurve } from "./bounds.ts";

/** Batches with xs and ys. */
export type BatchSource = tf.data.Dataset<{ xs: tf.Tensor; ys: tf.Tensor }>;

/** What a range test measures: the loss, or the error rate, which is 1 - accuracy. */
export type RangeTestMetric = "loss" | "errorRate";

/** Options of {@linkcode findLearningRate}. */
export interface FinderOptions {
  /** The first rate. Default 1e-7. */
  startLr?: number;
  /** The last rate. Default 10. */
  endLr?: number;
  /** The number of updates, 2 or more. Default 100. */
  iterations?: number;
  /** How the rate rises. Default `"exponential"`. */
  ramp?: "exponential" | "linear";
  /** The weight of the past in the smoothed curve, 0 or more and below 1. Default 0.98. */
  smoothing?: number;
  /**
   * The test ends when the smoothed loss is more than this many times its best value; above 1. Default 4. For a
   * best value b below 0, the limit is `b + (stopFactor - 1) |b|`.
   */
  stopFactor?: number;
  /** What to measure; `"errorRate"` needs a model that measures accuracy. Default `"loss"`. */
  metric?: RangeTestMetric;
  /** Batches to measure on after each update. By default, the training batch itself is measured. */
  heldOut?: BatchSource;
  /** Called after each update. */
  onProgress?: (
    step: { iteration: number; iterations: number; learningRate: number; loss: number; smoothed: number },
  ) => void;
  /** A signal to stop the test, which then throws the signal's reason. */
  signal?: AbortSignal;
}

/** What {@linkcode findLearningRate} returns. */
export interface RangeTest extends CurveReading {
  /** The rate of each update. */
  readonly learningRates: number[];
  /** The loss (or the error rate) of each update. */
  readonly losses: number[];
  /** The losses (or the error rates), smoothed. */
  readonly smoothedLosses: number[];
  /** What was measured. */
  readonly metric: RangeTestMetric;
  /** Whether the curve diverged before the last update. */
  readonly stoppedEarly: boolean;
}

const OPTIONS = [
  ...["startLr", "endLr", "iterations", "ramp", "smoothing", "stopFactor", "metric", "heldOut", "onProgress", "signal"],
];
const VERB = "find a learning rate";

/**
 * Trains briefly while the rate rises from tiny to far too large, and reads the bounds off the losses. Afterwards,
 * model and optimizer are exactly as they were before, bit for bit, and so is the position of `batches`. So the next
 * fit gets the same batches as without the test.
 *
 * With smoothing b, the smoothed loss after update i is `a(i) / (1 - b^(i + 1))`, where
 * `a(i) = b a(i - 1) + (1 - b) loss(i)` and a starts at 0; the division removes the bias towards that 0. `readCurve`
 * explains how the bounds are read.
 *
 * Sources: Smith (2015, section 3.3); fastai's finder (its smoothing, trimming and suggestions).
 *
 * @param model A compiled model.
 * @param data Batches to train on. If they run out, the test starts again with the first.
 * @param options See {@linkcode FinderOptions}.
 * @returns The curves, the suggestions and the bounds.
 * @throws {TypeError} If the model is not compiled, the data is not a data set, or an option is unknown or of the wrong
 * kind.
 * @throws {RangeError} If a value is out of range, or there are no batches.
 * @example
 * ```ts
 * import { findLearningRate, tf } from "../mod.ts";
 *
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
 * model.compile({ optimizer: tf.train.momentum(0.01, 0.9), loss: "meanSquaredError" });
 * const data = tf.data.generator(function* () {
 *   yield { xs: tf.tensor2d([1, 2, 3, 4], [4, 1]), ys: tf.tensor2d([2, 4, 6, 8], [4, 1]) };
 * });
 * const test = await findLearningRate(model, data, { startLr: 1e-5 });
 * console.log(test.bounds ?? test.reason);
 * ```
 */
export async function findLearningRate(
  model: tf.LayersModel,
  data: BatchSource,
  options: FinderOptions = {},
): Promise<RangeTest> {
  checkOptions(VERB, options, OPTIONS);
  const { startLr = 1e-7, endLr = 10, iterations = 100, ramp = "exponential", smoothing = 0.98 } = options;
  const { stopFactor = 4, metric = "loss", heldOut, onProgress, signal } = options;
  checkNumber(VERB, "iterations", iterations, "a whole number of 2 or more", (n) => Number.isInteger(n) && n >= 2);
  const [rule, holds] = ramp === "linear" ? rules.notNegative : rules.positive;
  checkNumber(VERB, "startLr", startLr, rule, holds);
  checkNumber(VERB, "endLr", endLr, `above startLr ${startLr}`, (value) => value > startLr);
  checkChoice(VERB, "ramp", ramp, ["exponential", "linear"]);
  checkNumber(VERB, "smoothing", smoothing, ...rules.belowOne);
  checkNumber(VERB, "stopFactor", stopFactor, "above 1", (value) => value > 1);
  checkChoice(VERB, "metric", metric, ["loss", "errorRate"]);
  if (!model.optimizer) {
    throw new TypeError("Cannot find a learning rate: the model must be compiled, got one that is not");
  }
  checkData("the data", data);
  if (heldOut !== undefined) checkData("heldOut", heldOut);
  signal?.throwIfAborted();

  const schedule = (ramp === "linear" ? linearRamp : exponentialRamp)({ from: startLr, to: endLr, iterations });
  const restore = await snapshot(model);
  const goBack = [data, heldOut ?? data].map(bookmark);
  const training = endless(data);
  const measuring = heldOut && endless(heldOut);
  const [learningRates, losses, smoothedLosses]: number[][] = [[], [], []];
  let [average, best, stoppedEarly] = [0, Infinity, false];
  try {
    for (let iteration = 0; iteration < iterations; iteration++) {
      const { learningRate } = schedule(iteration);
      setHyperparameters(model.optimizer, { learningRate });
      const trained = await measure(await training(), (xs, ys) => model.trainOnBatch(xs, ys));
      const values = measuring
        ? await measure(await measuring(), (xs, ys) => model.evaluate(xs, ys, { batchSize: xs.shape[0] }))
        : trained;
      const loss = valueOf(model, values, metric);
      average = smoothing * average + (1 - smoothing) * loss;
      const smoothed = average / (1 - smoothing ** (iteration + 1));
      learningRates.push(learningRate);
      losses.push(loss);
      smoothedLosses.push(smoothed);
      onProgress?.({ iteration, iterations, learningRate, loss, smoothed });
      best = Math.min(best, smoothed);
      const limit = best + (stopFactor - 1) * Math.abs(best); // some losses are negative
      stoppedEarly = !Number.isFinite(smoothed) || (smoothed > limit && iteration > 0);
      if (stoppedEarly) break;
      signal?.throwIfAborted();
      await tf.nextFrame(); // lets the event loop handle a signal or a live figure
    }
  } finally {
    restore();
    for (const back of goBack) back();
  }
  const reading = readCurve(learningRates, smoothedLosses, iterations);
  return { learningRates, losses, smoothedLosses, metric, stoppedEarly, ...reading };
}

function checkData(name: string, data: Partial<BatchSource> | null | undefined): void {
  if (typeof data?.iterator === "function") return;
  // the images of a data set are too many to be shown
  const got = typeof data === "object" && data !== null
    ? `an object with ${Object.keys(data).join(", ")}`
    : shown(data);
  throw new TypeError(`Cannot ${VERB}: ${name} must be a tf.data.Dataset, such as \`batches\` makes, got ${got}`);
}

/** Remembers a model's weights, optimizer and dropout. The returned function restores them and frees the memory. */
async function snapshot(model: tf.LayersModel): Promise<() => void> {
  const own = variables(model.weights);
  const weights = own.map((variable) => tf.keep(variable.clone()));
  const optimizer = await optimizerState(model.optimizer);
  const masks = dropoutMasks(model);
  return () => {
    own.forEach((variable, index) => variable.assign(weights[index]));
    tf.dispose(weights);
    restoreOptimizer(model.optimizer, optimizer);
    setDropoutMasks(model, masks);
  };
}

/** Repeats the batches endlessly. */
function endless(data: BatchSource): () => Promise<{ xs: tf.Tensor; ys: tf.Tensor }> {
  let iterator: Awaited<ReturnType<BatchSource["iterator"]>> | undefined;
  return async () => {
    for (let passes = 0; passes < 2; passes++) {
      iterator ??= await data.iterator();
      const { value, done } = await iterator.next();
      if (!done) return value;
      iterator = undefined;
    }
    throw new RangeError("Cannot find a learning rate: there must be one batch or more, got 0");
  };
}

/** Runs a step on a batch, frees the batch, and reads the loss and the metrics. */
async function measure(
  { xs, ys }: { xs: tf.Tensor; ys: tf.Tensor },
  step: (xs: tf.Tensor, ys: tf.Tensor) => unknown,
): Promise<number[]> {
  try {
    const outputs = [await step(xs, ys)].flat() as (number | tf.Scalar)[];
    return await Promise.all(outputs.map(async (output) => {
      if (typeof output === "number") return output;
      const [value] = await output.data();
      output.dispose();
      return value;
    }));
  } finally {
    tf.dispose([xs, ys]);
  }
}

function valueOf(model: tf.LayersModel, values: number[], metric: RangeTestMetric): number {
  if (metric === "loss") return values[0];
  const index = model.metricsNames.findIndex((name) => metricName(name) === "accuracy");
  if (index < 0) {
    throw new TypeError(
      `Cannot find a learning rate: the model must measure accuracy, got ${model.metricsNames.join(", ")}`,
    );
  }
  return 1 - values[index];
}
