/**
 * Cyclical learning rates for TensorFlow.js, wherever it runs: in a browser, Node, Bun or Deno. Nothing here needs
 * files or processes; for Deno, `mod.ts` adds the parts that do.
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
export {
  averageWeights,
  type AverageWeightsOptions,
  type WeightAverage,
  type WeightAverageState,
} from "./callbacks/average_weights.ts";
export { type AnyCallback, callbacks, type ClassCallback } from "./callbacks/compose.ts";
export type { CycleEnd, CycleEndListener } from "./callbacks/cycle_counter.ts";
export { CyclicLR, type ResetOptions } from "./callbacks/cyclic_lr.ts";
export type { Monitor } from "./callbacks/monitor.ts";
export { logSink, ProgressBar, type ProgressOptions, type ProgressSink, terminalSink } from "./callbacks/progress.ts";
export { type ReduceOnPlateau, reduceOnPlateau, type ReduceOnPlateauOptions } from "./callbacks/reduce_on_plateau.ts";
export { LearningRateScheduler } from "./callbacks/scheduler.ts";
export type { SchedulerState } from "./callbacks/scheduler_state.ts";
export { type SnapshotOptions, type Snapshots, snapshots } from "./callbacks/snapshots.ts";
export { stopAtCycleEnd, type StopAtCycleEndOptions } from "./callbacks/stop_at_cycle_end.ts";
export { type StopOnNaN, stopOnNaN } from "./callbacks/stop_on_nan.ts";
export { stopOnInterrupt } from "./callbacks/stop_on_interrupt.ts";
export { type Augmentation, cutout, randomFlip, randomShift, type RandomShiftOptions } from "./data/augment.ts";
export { augmentedImages, type AugmentedOptions } from "./data/augmented.ts";
export { type Batches, batches, type BatchOptions, type Position } from "./data/batches.ts";
export { CIFAR10_CLASSES } from "./data/cifar10/classes.ts";
export { concatenate } from "./data/concatenate.ts";
export { type ImageDataset, imageDataset, split, subset, type SubsetOptions } from "./data/dataset.ts";
export { meanImage } from "./data/mean_image.ts";
export {
  type CompareOptions,
  compareSchedules,
  type ComparisonRow,
  type ComparisonRun,
  type RunScore,
} from "./evaluation/comparison.ts";
export {
  descend,
  descentHistory,
  type DescentHistoryOptions,
  type DescentOptions,
  type LossDescent,
  type Point,
  randomPoints,
  type RandomPointsOptions,
} from "./evaluation/descent.ts";
export { type Ensemble, ensemble } from "./evaluation/ensemble.ts";
export { type ClassScore, evaluate, type Evaluation } from "./evaluation/evaluate.ts";
export { mirrored } from "./evaluation/mirrored.ts";
export { refreshBatchNorm } from "./evaluation/refresh_batch_norm.ts";
export {
  iterationsToAccuracy,
  type TimedRun,
  timesToAccuracy,
  type TimeToAccuracy,
  timeToAccuracyMarkdown,
} from "./evaluation/time_to_accuracy.ts";
export type { CurveReading, Suggestions } from "./finder/bounds.ts";
export {
  type BatchSource,
  type FinderOptions,
  findLearningRate,
  type RangeTest,
  type RangeTestMetric,
} from "./finder/range_test.ts";
export { suggest } from "./finder/suggest.ts";
export type { EpochRecord, TrainingHistory, ValidationRecord } from "./history/history.ts";
export type { BatchScores } from "./history/recorder.ts";
export type { ImageModelOptions } from "./models/building.ts";
export { cifar10Full, type Cifar10FullOptions, cifar10FullRateMultiplier } from "./models/cifar10_full.ts";
export {
  localResponseNormalization,
  type LocalResponseNormalizationOptions,
} from "./models/local_response_normalization.ts";
export { miniGoogLeNet, type MiniGoogLeNetOptions } from "./models/mini_googlenet.ts";
export { resnet20, type Resnet20Options } from "./models/resnet20.ts";
export { smallCnn, type SmallCnnOptions } from "./models/small_cnn.ts";
export { caffeMomentum, type CaffeMomentumOptions } from "./optimizers/caffe_momentum.ts";
export { setHyperparameters } from "./optimizers/hyperparameters.ts";
export { type OptimizerState, optimizerState, restoreOptimizer, type SavedTensor } from "./optimizers/state.ts";
export { type WeightDecayOptions, withWeightDecay } from "./optimizers/weight_decay.ts";
