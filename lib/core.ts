/**
 * Cyclical learning rates for TensorFlow.js, wherever it runs: a browser, Node, Bun or Deno. Nothing here needs a file
 * or a process; what does is added by `mod.ts`, for Deno.
 *
 * @example
 * ```ts
 * import { callbacks, CyclicLR, tf } from "./core.ts";
 *
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
 * model.compile({ optimizer: tf.train.sgd(0.01), loss: "meanSquaredError" });
 * const clr = new CyclicLR({ baseLr: 0.001, maxLr: 0.1, stepSize: 4 });
 * const xs = tf.linspace(0, 1, 32).reshape([32, 1]);
 * await model.fit(xs, xs.mul(2), { batchSize: 4, epochs: 1, callbacks: callbacks(clr), verbose: 0 });
 * if (clr.history.lr[4] !== 0.1) throw new Error("the fifth batch trains at the peak");
 * ```
 * @module
 */
export * as tf from "@tensorflow/tfjs";
export * from "./schedules/mod.ts";
export * from "./figures/mod.ts";
export { type AnyCallback, callbacks, type ClassCallback } from "./callbacks/compose.ts";
export { CyclicLR, type ResetOptions } from "./callbacks/cyclic_lr.ts";
export { logSink, ProgressBar, type ProgressOptions, type ProgressSink, terminalSink } from "./callbacks/progress.ts";
export { type CycleEnd, LearningRateScheduler, type SchedulerState } from "./callbacks/scheduler.ts";
export { stopAtCycleEnd, type StopAtCycleEndOptions } from "./callbacks/stop_at_cycle_end.ts";
export { stopOnInterrupt } from "./callbacks/stop_on_interrupt.ts";
export { type Augmentation, randomFlip, randomShift } from "./data/augment.ts";
export { type Batches, batches, type BatchOptions, type Position } from "./data/batches.ts";
export { CIFAR10_CLASSES } from "./data/cifar10/classes.ts";
export { type ImageDataset, imageDataset, meanImage, split, subset, type SubsetOptions } from "./data/dataset.ts";
export {
  type CompareOptions,
  compareSchedules,
  type ComparisonRow,
  type ComparisonRun,
  type RunScore,
  standardSchedules,
} from "./evaluation/comparison.ts";
export { type ClassScore, evaluate, type Evaluation } from "./evaluation/evaluate.ts";
export {
  type BatchSource,
  type FinderOptions,
  findLearningRate,
  type RangeTest,
  type Suggestions,
} from "./finder/range_test.ts";
export { suggest } from "./finder/suggest.ts";
export type { EpochRecord, TrainingHistory } from "./history/history.ts";
export type { BatchScores } from "./history/recorder.ts";
export { miniGoogLeNet, type MiniGoogLeNetOptions } from "./models/mini_googlenet.ts";
export {
  type OptimizerState,
  optimizerState,
  restoreOptimizer,
  type SavedTensor,
  setHyperparameters,
} from "./optimizers/optimizer.ts";
