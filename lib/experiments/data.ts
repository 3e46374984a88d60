/**
 * The images of a run, and the batches made from them.
 * @module
 */
import { type Augmentation, cutout, randomFlip, randomShift } from "../data/augment.ts";
import { type Batches, batches } from "../data/batches.ts";
import { type ImageDataset, split, subset } from "../data/dataset.ts";
import { meanImage } from "../data/mean_image.ts";
import type { AugmentationSettings } from "./experiment.ts";
import type { RunPlan } from "./plan.ts";
import type { Images } from "./registries/datasets.ts";

/** The images of one run. */
export interface RunData {
  /** Images to train on. */
  readonly train: ImageDataset;
  /** Images to validate on. */
  readonly validation: ImageDataset;
  /** Images to score on at the end. */
  readonly test: ImageDataset;
  /** The mean of the training images. */
  readonly mean: Float32Array;
}

/** Chooses a run's images by classes and sizes, holds some out, and computes the mean to subtract. */
export function chooseData({ experiment }: RunPlan, images: Images): RunData {
  const { data: { classes, trainSize, testSize, validationSize }, seed } = experiment;
  const chosen = subset(images.train, { classes, size: trainSize, seed });
  const test = subset(images.test, { classes, size: testSize });
  const [train, validation] = validationSize > 0
    ? split(chosen, { fraction: validationSize / trainSize, seed })
    : [chosen, test];
  return { train, validation, test, mean: meanImage(train) };
}

/** The batches that a run trains on. */
export function trainingBatches({ experiment }: RunPlan, { train, mean }: RunData): Batches {
  const { seed, budget: { batchSize }, loss: { labelSmoothing }, augmentation } = experiment;
  return batches(train, { batchSize, seed, mean, labelSmoothing, augment: changes(augmentation) });
}

function changes({ shift, fill, flip, cutout: size }: AugmentationSettings): Augmentation[] {
  return [
    ...(shift > 0 ? [randomShift({ width: shift, height: shift, fill })] : []),
    ...(flip ? [randomFlip()] : []),
    ...(size > 0 ? [cutout({ size })] : []),
  ];
}

/** The size and number of the batches from which the statistics of batch normalization are recomputed. */
const REFRESH = { batchSize: 250, batches: 8 };

/**
 * Batches for `refreshBatchNorm`: training images in order, and not augmented, because scored images are not augmented
 * either.
 */
export function refreshingBatches({ train, mean }: RunData): Batches {
  const batchSize = Math.min(REFRESH.batchSize, train.size);
  const most = Math.min(REFRESH.batches * batchSize, train.size);
  return batches(subset(train, { size: most }), { batchSize, mean, dropRemainder: true });
}
