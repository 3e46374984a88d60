/**
 * Cyclical learning rates for TensorFlow.js: all that a notebook imports.
 * @module
 */
export * as tf from "@tensorflow/tfjs";
export * from "./schedules/mod.ts";
export { type Augmentation, randomFlip, randomShift } from "./data/augment.ts";
export { type Batches, batches, type BatchOptions, type Position } from "./data/batches.ts";
export { CIFAR10_CLASSES, type Cifar10Options, loadCifar10 } from "./data/cifar10/mod.ts";
export { type ImageDataset, imageDataset, meanImage, split, subset, type SubsetOptions } from "./data/dataset.ts";
export { imagesFromFolder } from "./data/folder.ts";
export type { ImageModelOptions } from "./models/building.ts";
export { cifar10Full, cifar10FullRateMultiplier } from "./models/cifar10_full.ts";
export {
  localResponseNormalization,
  type LocalResponseNormalizationOptions,
} from "./models/local_response_normalization.ts";
export { miniGoogLeNet, type MiniGoogLeNetOptions } from "./models/mini_googlenet.ts";
export { resnet20, type Resnet20Options } from "./models/resnet20.ts";
export { smallCnn, type SmallCnnOptions } from "./models/small_cnn.ts";
export { loadModel, saveModel } from "./models/storage.ts";
export type { Precision } from "./backend/precision.ts";
export { type BackendChoice, type BackendName, selectBackend, type SelectedBackend } from "./backend/select.ts";
export {
  averageWeights,
  type AverageWeightsOptions,
  type WeightAverage,
  type WeightAverageState,
} from "./callbacks/average_weights.ts";
export { type AnyCallback, callbacks, type ClassCallback } from "./callbacks/compose.ts";
export type { Monitor } from "./callbacks/monitor.ts";
export { type ReduceOnPlateau, reduceOnPlateau, type ReduceOnPlateauOptions } from "./callbacks/reduce_on_plateau.ts";
export type { SnapshotOptions, Snapshots } from "./callbacks/snapshots.ts";
export { loadSnapshots, type SnapshotDirectoryOptions, snapshots } from "./callbacks/snapshots_in_directory.ts";
export { stopAtCycleEnd, type StopAtCycleEndOptions } from "./callbacks/stop_at_cycle_end.ts";
export { type StopOnNaN, stopOnNaN } from "./callbacks/stop_on_nan.ts";
export { stopOnInterrupt } from "./callbacks/stop_on_sigint.ts";
export { type Ensemble, ensemble } from "./evaluation/ensemble.ts";
export { refreshBatchNorm } from "./evaluation/refresh_batch_norm.ts";
export {
  type CompareOptions,
  compareSchedules,
  type ComparisonRow,
  type ComparisonRun,
  type RunScore,
  standardSchedules,
} from "./evaluation/comparison.ts";
export { CyclicLR, type ResetOptions } from "./callbacks/cyclic_lr.ts";
export { type ClassScore, evaluate, type Evaluation } from "./evaluation/evaluate.ts";
export { type FinderOptions, findLearningRate, type RangeTest, type Suggestions } from "./finder/range_test.ts";
export type { EpochRecord, TrainingHistory } from "./history/history.ts";
export { caffeMomentum, type CaffeMomentumOptions } from "./optimizers/caffe_momentum.ts";
export {
  type OptimizerState,
  optimizerState,
  restoreOptimizer,
  type SavedTensor,
  setHyperparameters,
} from "./optimizers/optimizer.ts";
export {
  type CycleEnd,
  type CycleEndListener,
  LearningRateScheduler,
  type SchedulerState,
} from "./callbacks/scheduler.ts";
export { suggest } from "./finder/suggest.ts";
export { tensorBoard } from "./callbacks/tensor_board.ts";
export { type Figure, type Trace } from "./figures/figure.ts";
export {
  accuracyFigure,
  type FigureOptions,
  learningRateFigure,
  type LearningRateFigureOptions,
  lossFigure,
  trainingFigure,
} from "./figures/training.ts";
export { type ComparedRun, comparisonFigure } from "./figures/comparison.ts";
export { confusionFigure } from "./figures/confusion.ts";
export { imageGridFigure, type ImageGridOptions } from "./figures/image_grid.ts";
export { type Descent, lossSurfaceFigure, type LossSurfaceOptions } from "./figures/loss_surface.ts";
export { rangeTestFigure } from "./figures/range_test.ts";
export { saveFigure } from "./rendering/save.ts";
export { show } from "./notebook/show.ts";
export { liveFigure, progress, startNotebook } from "./notebook/start.ts";
