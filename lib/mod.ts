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
export { miniGoogLeNet, type MiniGoogLeNetOptions } from "./models/mini_googlenet.ts";
export { loadModel, saveModel } from "./models/storage.ts";
export type { Precision } from "./backend/precision.ts";
export { type BackendChoice, type BackendName, selectBackend, type SelectedBackend } from "./backend/select.ts";
export { type AnyCallback, callbacks, type ClassCallback } from "./callbacks/compose.ts";
export { stopAtCycleEnd, type StopAtCycleEndOptions } from "./callbacks/stop_at_cycle_end.ts";
export { stopOnInterrupt } from "./callbacks/stop_on_sigint.ts";
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
export type { CurveReading, Suggestions } from "./finder/bounds.ts";
export {
  type BatchSource,
  type FinderOptions,
  findLearningRate,
  type RangeTest,
  type RangeTestMetric,
} from "./finder/range_test.ts";
export type { EpochRecord, TrainingHistory } from "./history/history.ts";
export {
  type OptimizerState,
  optimizerState,
  restoreOptimizer,
  type SavedTensor,
  setHyperparameters,
} from "./optimizers/optimizer.ts";
export { type CycleEnd, LearningRateScheduler, type SchedulerState } from "./callbacks/scheduler.ts";
export { suggest } from "./finder/suggest.ts";
export { tensorBoard } from "./callbacks/tensor_board.ts";
export { type Figure, type FigureOptions, type Trace } from "./figures/figure.ts";
export { learningRateFigure, type LearningRateFigureOptions } from "./figures/learning_rate.ts";
export { accuracyFigure, lossFigure, trainingFigure } from "./figures/training.ts";
export { type ComparedRun, comparisonFigure, type ComparisonFigureOptions } from "./figures/comparison.ts";
export { type ScoredRun, sensitivityFigure, type SensitivityFigureOptions } from "./figures/sensitivity.ts";
export { confusionFigure } from "./figures/confusion.ts";
export { imageGridFigure, type ImageGridOptions } from "./figures/image_grid.ts";
export { type Descent, lossSurfaceFigure, type LossSurfaceOptions } from "./figures/loss_surface.ts";
export { modelFigure } from "./figures/model.ts";
export { describeModel, type LayerDescription, type ModelDescription } from "./figures/model_description.ts";
export { rangeTestFigure } from "./figures/range_test.ts";
export { scheduleExplorer, type ScheduleExplorerOptions } from "./figures/schedule_explorer.ts";
export { saveFigure } from "./rendering/save.ts";
export { show } from "./notebook/show.ts";
export { liveFigure, progress, startNotebook } from "./notebook/start.ts";
