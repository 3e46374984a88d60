/**
 * What `bench` and `profile` measure: MiniGoogLeNet on noise.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type Precision, PRECISIONS } from "../../backend/precision.ts";
import { batches } from "../../data/batches.ts";
import { type ImageDataset, imageDataset, meanImage } from "../../data/dataset.ts";
import { randomFrom } from "../../data/random.ts";
import { miniGoogLeNet } from "../../models/mini_googlenet.ts";
import type { BackendChoice } from "../../backend/select.ts";
import { checkChoice, checkNumber, rules } from "../../support/check.ts";
import { backendFlag } from "../session.ts";
import { atTheDoor } from "../terminal.ts";

/** The flags that `bench` and `profile` share, checked. */
export function stepFlags(
  flags: { "batch-size"?: number; steps?: number; backend?: string; precision?: string },
  defaultSteps: number,
): { batchSize: number; steps: number; choice: BackendChoice; precision: Precision } {
  const { "batch-size": batchSize = 64, steps = defaultSteps } = flags;
  const choice = backendFlag(flags.backend);
  const precision = flags.precision ?? "float32";
  return atTheDoor(() => {
    checkNumber("read --batch-size", "it", batchSize, ...rules.count);
    checkNumber("read --steps", "it", steps, ...rules.count);
    checkChoice("read --precision", "it", precision, PRECISIONS);
    return { batchSize, steps, choice, precision };
  });
}

/** Images of noise in ten classes. */
export function noise(size: number): ImageDataset {
  const random = randomFrom(1);
  const images = Uint8Array.from({ length: size * 3072 }, () => 256 * random());
  const classNames = Array.from({ length: 10 }, (_, index) => String(index));
  return imageDataset({
    images,
    labels: Uint8Array.from({ length: size }, (_, i) => i % 10),
    shape: [32, 32, 3],
    classNames,
  });
}

/** A function that trains one step, on one batch that is at hand. */
export async function stepper(batchSize: number): Promise<() => Promise<void>> {
  const images = noise(batchSize);
  const model = miniGoogLeNet({ seed: 1 });
  model.compile({ optimizer: tf.train.momentum(0.01, 0.9), loss: "categoricalCrossentropy", metrics: ["accuracy"] });
  const { value } = await (await batches(images, { batchSize, mean: meanImage(images) }).iterator()).next();
  return async () => void await model.trainOnBatch(value.xs, value.ys);
}
