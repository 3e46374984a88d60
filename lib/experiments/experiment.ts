/**
 * An experiment: everything that determines a training, as plain JSON.
 * @module
 */
import type { Precision } from "../backend/precision.ts";
import type { ScheduleConfig } from "../schedules/schedule.ts";

/** A length of time: a number of epochs, or of iterations. */
export type Length = number | { readonly iterations: number };

/** Where the images come from. If a size is left out, all images are used; see `planExperiment`. */
export interface DataSettings {
  /** The data set's name in the registry, such as `"cifar10"` or `"folder"`. */
  dataset: string;
  /** The folder of images, for the data set `"folder"`. */
  directory?: string;
  /** Height and width to which a folder's images are resized, in pixels. Default 32. */
  imageSize?: number;
  /** The classes to use, two or more. Default: all classes of the data set. */
  classes?: string[];
  /** The number of training images to use, including those held out. */
  trainSize?: number;
  /**
   * The number of training images to hold out for validation. With 0, validation uses the test images, as the article
   * does. Default: a tenth.
   */
  validationSize?: number;
  /** The number of test images to score on. */
  testSize?: number;
}

/** The random changes to training images. */
export interface AugmentationSettings {
  /** The largest shift, as a fraction of height and width; 0 for none. */
  shift: number;
  /** What fills the gap that a shift leaves. */
  fill: "nearest" | "reflect" | "zero";
  /** Whether half of the images are mirrored. */
  flip: boolean;
  /** The side of the square that is cut out, in pixels; 0 for none. */
  cutout: number;
}

/** A model by its name in the registry, or the path of a module that builds one, with its own options. */
export interface ModelSettings {
  /** The name, such as `"mini-googlenet"`, or a path that ends in .ts or .js. */
  name: string;
  /** Options of the model's builder, such as `dropout`. */
  [option: string]: unknown;
}

/** An optimizer by its name in the registry. */
export interface OptimizerSettings {
  /** The name, such as `"momentum"` or `"adam"`. */
  name: string;
  /** The momentum, for optimizers that have one (beta1 for adam and adamax), if the schedule does not cycle it. */
  momentum?: number;
  /** Whether `"momentum"` uses Nesterov's momentum. */
  nesterov?: boolean;
  /** The weight decay of the kernels, 0 or more; see `withWeightDecay`. */
  weightDecay?: number;
  /** Whether the decay is added to the gradient (L2) rather than applied directly to the weights. */
  coupledDecay?: boolean;
}

/** A schedule by its name in the registry. Each schedule takes some of these settings. */
export interface ScheduleSettings {
  /** The name, such as `"triangular"` or `"one-cycle"`. */
  name: string;
  /** The lower bound of the rate. */
  baseLr?: number;
  /** The upper bound of the rate, or the rate itself if it is constant. */
  maxLr?: number;
  /** Half a cycle. */
  stepSize?: Length;
  /** The length of a linear warm-up from 0, at the start of the schedule. */
  warmUp?: Length;
  /** The decay per iteration, for exp-range and exponential. */
  gamma?: number;
  /** What exp-range's gamma shrinks; see `cyclical`. */
  decays?: "amplitude" | "bounds";
  /** The power of a polynomial decay. */
  power?: number;
  /** The fraction of the run in which the rate rises, for one-cycle and slanted-triangular. */
  peakAt?: number;
  /** The lowest and the highest momentum. With these, the momentum mirrors the rate. */
  momentumRange?: readonly [low: number, high: number];
}

/** How long to train, and how often to validate. */
export interface BudgetSettings {
  /** Images in a batch. */
  batchSize: number;
  /** Epochs to train. Give either `epochs` or `iterations`. */
  epochs?: number;
  /** Optimizer updates to train. The last epoch may be incomplete. */
  iterations?: number;
  /** How often to validate within epochs, in addition to the end of each epoch. */
  validateEvery?: Length;
}

/** What else to make of the weights besides the final model. */
export interface CompanionSettings {
  /** Averages the weights; see `averageWeights`. */
  average?: { every: "cycle" | number; decay?: number };
  /** Keeps the model from the end of each cycle, for an ensemble. */
  snapshots?: boolean;
  /** Recomputes the statistics of batch normalization before each score; see `refreshBatchNorm`. */
  refreshBatchNorm?: boolean;
  /** Also scores the mean prediction for each test image and its mirror image. */
  flipAtTest?: boolean;
}

/** Everything that determines a training, as plain JSON: enough to repeat it. */
export interface Experiment {
  /** The preset that the settings started from. */
  preset: string;
  /** The images. */
  data: DataSettings;
  /** Random changes of the training images. */
  augmentation: AugmentationSettings;
  /** The model. */
  model: ModelSettings;
  /** The loss is categorical cross-entropy, or binary for two classes; its targets may be smoothed. */
  loss: { labelSmoothing: number };
  /** The optimizer. */
  optimizer: OptimizerSettings;
  /** The schedule by name, or any schedule's `config`, whose lengths count iterations. */
  schedule: ScheduleSettings | ScheduleConfig;
  /** The budget. */
  budget: BudgetSettings;
  /** Averages, snapshots and refreshed statistics. */
  companions: CompanionSettings;
  /** `"bfloat16"` is mixed precision on the native backend. */
  precision: Precision;
  /** The seed that determines the choice and order of images, weights, augmentation and dropout. */
  seed: number;
}

/** Whether a schedule is given by its `config`. */
export function isScheduleConfig(schedule: Experiment["schedule"]): schedule is ScheduleConfig {
  return "schedule" in schedule;
}

/** Averages by their common names: stochastic weight averaging, and an exponential moving average. */
export const AVERAGES: Readonly<Record<"swa" | "ema", NonNullable<CompanionSettings["average"]>>> = {
  swa: { every: "cycle" },
  ema: { every: 5, decay: 0.95 },
};
