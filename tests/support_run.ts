/**
 * A run as `deno task train` makes it, but of a model and images so small that thousands of iterations take seconds.
 * @module
 */
import { imageDataset, type Schedule, tf } from "../lib/mod.ts";
import { CIFAR10_CLASSES } from "../lib/data/cifar10/classes.ts";
import { randomFrom } from "../lib/data/random.ts";
import { chooseData } from "../lib/experiments/data.ts";
import { planExperiment } from "../lib/experiments/plan.ts";
import { presetExperiment } from "../lib/experiments/presets.ts";
import { DATASETS } from "../lib/experiments/registries/datasets.ts";
import { type RunOptions, type RunResult, runTraining } from "../lib/experiments/trainer.ts";
import { seededDropout } from "../lib/models/seeded_dropout.ts";

function dots(size: number) {
  const random = randomFrom(3, size);
  return imageDataset({
    images: Uint8Array.from({ length: size * 48 }, () => 256 * random()),
    labels: Uint8Array.from({ length: size }, (_, index) => index % 10),
    shape: [4, 4, 3],
    classNames: CIFAR10_CLASSES,
  });
}

/** Trains `epochs` epochs of 50 iterations under a triangular cycle of 4 epochs. */
export async function tinyRun(
  epochs: number,
  { schedule, ...options }: RunOptions & { schedule?: Schedule },
): Promise<RunResult> {
  const experiment = {
    ...presetExperiment("quick"),
    data: { dataset: "cifar10", trainSize: 220, validationSize: 20, testSize: 20 },
    schedule: { name: "triangular", baseLr: 1e-6, maxLr: 1e-5, stepSize: 2 },
    budget: { batchSize: 4, epochs },
  };
  const planned = planExperiment(experiment, DATASETS.cifar10.facts!);
  const plan = { ...planned, schedule: schedule ?? planned.schedule };
  const model = tf.sequential({
    layers: [
      tf.layers.flatten({ inputShape: [4, 4, 3] }),
      seededDropout({ rate: 0.2, seed: 5 }),
      tf.layers.dense({
        units: 10,
        activation: "softmax",
        kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }),
      }),
    ],
  });
  model.compile({ optimizer: tf.train.momentum(1e-6, 0.9), loss: "categoricalCrossentropy", metrics: ["accuracy"] });
  return await runTraining(plan, chooseData(plan, { train: dots(300), test: dots(40) }), { ...options, model });
}
