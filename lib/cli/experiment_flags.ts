/**
 * The flags that describe an experiment. They are the same for every command, and each is one setting.
 * @module
 */
import type { Experiment } from "../experiments/experiment.ts";
import { PRESETS } from "../experiments/presets.ts";
import type { Flag, FlagValues } from "./flags.ts";

/** A flag for a setting of the experiment. */
export interface SettingFlag extends Flag {
  /** The setting, by its group and its name. The name `name` switches to another entry of a registry. */
  readonly sets: readonly [group: keyof Experiment, name?: string];
}

/** Flags about the images. */
export const DATA_FLAGS = {
  dataset: { takes: "text", sets: ["data", "dataset"], help: "a data set by name (cifar10)" },
  images: {
    takes: "text",
    sets: ["data", "directory"],
    help: "your own images: a folder with one sub-folder per class",
  },
  "image-size": {
    takes: "number",
    sets: ["data", "imageSize"],
    help: "height and width to resize a folder's images to (32)",
  },
  classes: {
    takes: "text",
    sets: ["data", "classes"],
    help: "the classes to use, as in cat,dog (two: binary cross-entropy)",
  },
  "train-size": {
    takes: "number",
    sets: ["data", "trainSize"],
    help: "training images to use, including those held out",
  },
  "validation-size": {
    takes: "number",
    sets: ["data", "validationSize"],
    help: "training images to hold out for validation (a tenth)",
  },
  "test-size": { takes: "number", sets: ["data", "testSize"], help: "test images to score on at the end" },
  augment: { sets: ["augmentation"], help: "shift and flip the training images, as the article does" },
  "no-augment": { sets: ["augmentation"], help: "do not change the training images" },
  cutout: {
    takes: "number",
    sets: ["augmentation", "cutout"],
    help: "cut a square with sides of this many pixels out of each training image (0)",
  },
  "label-smoothing": {
    takes: "number",
    sets: ["loss", "labelSmoothing"],
    help: "how much of each target is spread over all classes (0)",
  },
} as const satisfies Record<string, SettingFlag>;

/** Flags about the model and its optimizer. */
export const MODEL_FLAGS = {
  model: {
    takes: "text",
    sets: ["model", "name"],
    help: "a model by name (mini-googlenet), or ./my_model.ts, whose default export builds one",
  },
  dropout: { takes: "number", sets: ["model", "dropout"], help: "the model's dropout rate, if it has one" },
  "batch-norm-momentum": {
    takes: "number",
    sets: ["model", "batchNormMomentum"],
    help: "how much of batch normalization's running averages each step keeps (0.99)",
  },
  normalization: {
    takes: "text",
    sets: ["model", "normalization"],
    help: "for cifar10-full: local-response (the default), or batch without penalties",
  },
  optimizer: { takes: "text", sets: ["optimizer", "name"], help: "an optimizer by name (momentum)" },
  momentum: { takes: "number", sets: ["optimizer", "momentum"], help: "the optimizer's momentum, or beta1 (0.9)" },
  nesterov: { sets: ["optimizer", "nesterov"], help: "use Nesterov's momentum" },
  "weight-decay": {
    takes: "number",
    sets: ["optimizer", "weightDecay"],
    help: "weight decay of the kernels, decoupled from the gradient (0)",
  },
  "coupled-decay": { sets: ["optimizer", "coupledDecay"], help: "weight decay as L2, through the gradient" },
} as const satisfies Record<string, SettingFlag>;

/** Flags about the learning rate. */
export const SCHEDULE_FLAGS = {
  schedule: { takes: "text", sets: ["schedule", "name"], help: "a schedule by name (triangular); --list names them" },
  mode: {
    takes: "text",
    sets: ["schedule", "name"],
    help: "the article's name for a schedule: triangular, triangular2 or exp_range",
  },
  "base-lr": { takes: "number", sets: ["schedule", "baseLr"], help: "the lower bound of the learning rate" },
  "max-lr": {
    takes: "number",
    sets: ["schedule", "maxLr"],
    help: "the upper bound, or the rate itself if it is constant",
  },
  "step-size": { takes: "number", sets: ["schedule", "stepSize"], help: "half a cycle, in epochs (Smith: 2 to 10)" },
  "warm-up": {
    takes: "number",
    sets: ["schedule", "warmUp"],
    help: "the length of a rise from 0 at the start, in epochs (0)",
  },
  gamma: {
    takes: "number",
    sets: ["schedule", "gamma"],
    help: "the decay per iteration, for exp-range and exponential",
  },
  decays: {
    takes: "text",
    sets: ["schedule", "decays"],
    help: "what exp-range's gamma shrinks: amplitude, or bounds as in the paper",
  },
  power: { takes: "number", sets: ["schedule", "power"], help: "the power of a polynomial decay (2)" },
  "peak-at": {
    takes: "number",
    sets: ["schedule", "peakAt"],
    help: "the fraction of the run in which one-cycle or slanted-triangular rises",
  },
  "momentum-range": {
    takes: "text",
    sets: ["schedule", "momentumRange"],
    help: "the range of a momentum that mirrors the rate, as in 0.85,0.95",
  },
} as const satisfies Record<string, SettingFlag>;

/** Flags about the budget and what is scored. */
export const BUDGET_FLAGS = {
  epochs: { takes: "number", sets: ["budget", "epochs"], help: "epochs to train" },
  iterations: {
    takes: "number",
    sets: ["budget", "iterations"],
    help: "optimizer updates to train, instead of epochs",
  },
  "batch-size": { takes: "number", sets: ["budget", "batchSize"], help: "images in a batch" },
  "validate-every": {
    takes: "number",
    sets: ["budget", "validateEvery"],
    help: "also validate within epochs, as in 0.25: every quarter of an epoch",
  },
  average: {
    takes: "text",
    sets: ["companions", "average"],
    help: "also score an average of the weights: swa (ends of cycles) or ema (exponential)",
  },
  snapshots: {
    sets: ["companions", "snapshots"],
    help: "also score the ensemble of the models from the ends of cycles",
  },
  "refresh-batch-norm": {
    sets: ["companions", "refreshBatchNorm"],
    help: "recompute batch normalization's statistics before each score",
  },
  "flip-at-test": { sets: ["companions", "flipAtTest"], help: "also score images together with their mirror images" },
  precision: {
    takes: "text",
    sets: ["precision"],
    help: "float32, or bfloat16 for the convolutions if the processor supports it (float32)",
  },
  seed: { takes: "number", sets: ["seed"], help: "the seed of weights, order, augmentation and dropout" },
} as const satisfies Record<string, SettingFlag>;

/** All flags for settings. */
export const SETTING_FLAGS = { ...DATA_FLAGS, ...MODEL_FLAGS, ...SCHEDULE_FLAGS, ...BUDGET_FLAGS };

/** All flags of an experiment, and the preset to start from. */
export const EXPERIMENT_FLAGS = {
  preset: { takes: "text", help: `${Object.keys(PRESETS).join(", ")} (quick); --list says what each is` },
  ...SETTING_FLAGS,
} as const satisfies Record<string, Flag>;

/** The values of {@linkcode EXPERIMENT_FLAGS}. */
export type ExperimentValues = FlagValues<typeof EXPERIMENT_FLAGS>;

/** The flags in groups, for `--help`. */
export const EXPERIMENT_GROUPS: Record<string, Record<string, Flag>> = {
  "The images": { preset: EXPERIMENT_FLAGS.preset, ...DATA_FLAGS },
  "The model and its optimizer": MODEL_FLAGS,
  "The learning rate": SCHEDULE_FLAGS,
  "The budget, and what is scored": BUDGET_FLAGS,
};
