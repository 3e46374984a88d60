/**
 * Cyclical learning rates for TensorFlow.js: all that a notebook imports.
 * @module
 */
export * as tf from "@tensorflow/tfjs";
export * from "./schedules/mod.ts";
export { type Augmentation, randomFlip, randomShift } from "./data/augment.ts";
export { type Batches, batches, type BatchOptions, type Position } from "./data/batches.ts";
export { CIFAR10_CLASSES, type Cifar10Options, loadCifar10 } from "./data/cifar10.ts";
export { type ImageDataset, imageDataset, meanImage, split, subset, type SubsetOptions } from "./data/dataset.ts";
export { imagesFromFolder } from "./data/folder.ts";
export { miniGoogLeNet, type MiniGoogLeNetOptions } from "./models/mini_googlenet.ts";
export { loadModel, saveModel } from "./models/storage.ts";
export type { Precision } from "./backend/precision.ts";
export { type BackendChoice, type BackendName, selectBackend, type SelectedBackend } from "./backend/select.ts";
export {
  type AnyCallback,
  callbacks,
  type ClassCallback,
  stopAtCycleEnd,
  type StopAtCycleEndOptions,
  stopOnInterrupt,
} from "./training/callbacks.ts";
export {
  type CompareOptions,
  compareSchedules,
  type ComparisonRow,
  type ComparisonRun,
  type RunScore,
  standardSchedules,
} from "./training/compare.ts";
export { CyclicLR, type ResetOptions } from "./training/cyclic_lr.ts";
export { type ClassScore, evaluate, type Evaluation } from "./training/evaluate.ts";
export { type FinderOptions, findLearningRate, type RangeTest, type Suggestions } from "./training/finder.ts";
export type { EpochRecord, TrainingHistory } from "./training/history.ts";
export {
  type OptimizerState,
  optimizerState,
  restoreOptimizer,
  type SavedTensor,
  setHyperparameters,
} from "./training/optimizer.ts";
export { type CycleEnd, LearningRateScheduler, type SchedulerState } from "./training/scheduler.ts";
export { suggest } from "./training/suggest.ts";
export { tensorBoard } from "./training/tensor_board.ts";
export { type Figure, type Trace } from "./figures/figure.ts";
export {
  accuracyFigure,
  type FigureOptions,
  learningRateFigure,
  type LearningRateFigureOptions,
  lossFigure,
  trainingFigure,
} from "./figures/history_figures.ts";
export { type ComparedRun, comparisonFigure } from "./figures/comparison_figure.ts";
export { confusionFigure } from "./figures/confusion_figure.ts";
export { imageGridFigure, type ImageGridOptions } from "./figures/image_grid_figure.ts";
export { type Descent, lossSurfaceFigure, type LossSurfaceOptions } from "./figures/loss_surface_figure.ts";
export { rangeTestFigure } from "./figures/range_test_figure.ts";
export { saveFigure } from "./figures/render.ts";
export { show } from "./display.ts";
export { liveFigure, progress, startNotebook } from "./notebook.ts";
