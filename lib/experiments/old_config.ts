/**
 * Reads the settings of old runs, which were one flat list before experiments had groups.
 * @module
 */
import type { Experiment } from "./experiment.ts";

/** The flat settings. */
export interface OldConfig {
  preset: string;
  mode: "triangular" | "triangular2" | "exp_range";
  baseLr: number;
  maxLr: number;
  stepSize: number;
  epochs: number;
  batchSize: number;
  trainSize: number;
  validationSize: number;
  testSize: number;
  classes: string[];
  momentum: number;
  gamma: number;
  seed: number;
  augment: boolean;
  precision: Experiment["precision"];
}

/** Whether settings from a file are in the old, flat form. */
export function isOldConfig(config: object): config is OldConfig {
  return "mode" in config && "maxLr" in config;
}

/** The experiment that flat settings describe. */
export function fromOldConfig(config: OldConfig): Experiment {
  const { preset, mode, baseLr, maxLr, stepSize, epochs, batchSize, momentum, gamma, seed, augment, precision } =
    config;
  const { classes, trainSize, validationSize, testSize } = config;
  return {
    preset,
    data: { dataset: "cifar10", classes, trainSize, validationSize, testSize },
    augmentation: { shift: augment ? 0.1 : 0, fill: "nearest", flip: augment, cutout: 0 },
    model: { name: "mini-googlenet" },
    loss: { labelSmoothing: 0 },
    optimizer: { name: "momentum", momentum },
    schedule: { name: mode.replace("_", "-"), baseLr, maxLr, stepSize, ...(mode === "exp_range" && { gamma }) },
    budget: { batchSize, epochs },
    companions: {},
    precision,
    seed,
  };
}
