/**
 * An experiment: everything that decides a training, as plain JSON.
 * @module
 */
import type { Precision } from "../backend/precision.ts";
import type { ScheduleConfig } from "../schedules/schedule.ts";

/** A length of time: a number of epochs, or of iterations. */
export type Length = number | { readonly iterations: number };

/** Where the images come from. A size left out means all there are; see `planExperiment`. */
export interface DataSettings {
  /** The data set's name in the registry, such as `"cifar10"` or `"folder"`. */
  dataset: string;
  /** The folder of images, for the data set `"folder"`. */
  directory?: string;
  /** Height and width to which a folder's images are resized, in pixels. Default 32. */
  imageSize?: number;
  /** The classes to tell apart, two or more. Default: all of the data set's. */
  classes?: string[];
  /** Training images to use, those held out included. */
  trainSize?: number;
  /** Training images held out to validate on; 0 validates on the test images, as the article does. Default: a tenth. */
  validationSize?: number;
  /** Test images to score on. */
  testSize?: number;
}

/** How training images are changed at random. */
export interface AugmentationSettings {
  /** The largest shift, as a fraction of height and width; 0 for none. */
  shift: number;
  /** What fills the space that a shift leaves. */
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
  /** The momentum, for optimizers that have one (beta1 of adam and adamax), where the schedule does not cycle it. */
  momentum?: number;
  /** Nesterov's momentum, for `"momentum"`. */
  nesterov?: boolean;
  /** Weight decay of the kernels, 0 or more; see `withWeightDecay`. */
  weightDecay?: number;
  /** Whether the decay goes through the gradient (L2) rather than straight to the weights. */
  coupledDecay?: boolean;
}

/** A schedule by its name in the registry; each takes some of these settings. */
export interface ScheduleSettings {
  /** The name, such as `"triangular"` or `"one-cycle"`. */
  name: string;
  /** The lower bound of the rate. */
  baseLr?: number;
  /** The upper bound of the rate; the one rate, where it is fixed. */
  maxLr?: number;
  /** Half a cycle. */
  stepSize?: Length;
  /** A linear warm-up from 0 laid over the schedule's start. */
  warmUp?: Length;
  /** The decay per iteration, of exp-range and exponential. */
  gamma?: number;
  /** What exp-range's gamma shrinks; see `cyclical`. */
  decays?: "amplitude" | "bounds";
  /** The power of a polynomial decay. */
  power?: number;
  /** The share of the run in which the rate rises, of one-cycle and slanted-triangular. */
  peakAt?: number;
  /** The lowest and the highest momentum: it then mirrors the rate. */
  momentumRange?: readonly [low: number, high: number];
}

/** How long to train, and how often to look. */
export interface BudgetSettings {
  /** Images in a batch. */
  batchSize: number;
  /** Epochs to train; either these or `iterations`. */
  epochs?: number;
  /** Optimizer updates to train; the last epoch may be cut. */
  iterations?: number;
  /** Validates within epochs too, so often; at the end of each epoch in any case. */
  validateEvery?: Length;
}

/** What is made of the weights beside the last ones. */
export interface CompanionSettings {
  /** Averages the weights; see `averageWeights`. */
  average?: { every: "cycle" | number; decay?: number };
  /** Keeps the model of each cycle's end, for an ensemble. */
  snapshots?: boolean;
  /** Works batch normalization's statistics out anew before each score; see `refreshBatchNorm`. */
  refreshBatchNorm?: boolean;
  /** Scores the mean prediction for each test image and its mirror image as well. */
  flipAtTest?: boolean;
}

/** Everything that decides a training; plain JSON, enough to repeat it. */
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
  /** Averages, snapshots, refreshed statistics. */
  companions: CompanionSettings;
  /** `"bfloat16"` is mixed precision on the native backend. */
  precision: Precision;
  /** Decides the choice and order of images, weights, augmentation and dropout. */
  seed: number;
}

/** Whether a schedule is given by its `config`. */
export function isScheduleConfig(schedule: Experiment["schedule"]): schedule is ScheduleConfig {
  return "schedule" in schedule;
}

/** Averages by the names that people know: stochastic weight averaging, and an exponential moving average. */
export const AVERAGES: Readonly<Record<"swa" | "ema", NonNullable<CompanionSettings["average"]>>> = {
  swa: { every: "cycle" },
  ema: { every: 5, decay: 0.95 },
};
