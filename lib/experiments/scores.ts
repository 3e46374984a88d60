/**
 * Scores a finished training: the model, and companions such as an average of its weights.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WeightAverage } from "../callbacks/average_weights.ts";
import type { Snapshots } from "../callbacks/snapshots.ts";
import { loadSnapshots } from "../callbacks/snapshots_in_directory.ts";
import { ensemble } from "../evaluation/ensemble.ts";
import { evaluate, type Evaluation } from "../evaluation/evaluate.ts";
import { mirrored } from "../evaluation/mirrored.ts";
import { refreshBatchNorm } from "../evaluation/refresh_batch_norm.ts";
import { refreshingBatches, type RunData } from "./data.ts";
import type { RunPlan } from "./plan.ts";

/** One score of a training. */
export interface Score {
  /** What was scored. */
  readonly name: "model" | "average" | "snapshots" | "model, mirror images too" | "average, mirror images too";
  /** The scores on the test images. */
  readonly evaluation: Evaluation;
}

/** The results of a training to score. */
export interface Trained {
  /** The model. */
  readonly model: tf.LayersModel;
  /** The average of its weights. */
  readonly average?: WeightAverage;
  /** Its snapshots. */
  readonly shots?: Snapshots;
  /** Where the snapshots were saved. */
  readonly snapshotDirectory?: string;
}

/**
 * Does something while the model holds the average and its batch normalization is recomputed for it. Afterwards the
 * model has its own weights and statistics again. If no weights were averaged, nothing is done.
 */
export async function withAverage(
  model: tf.LayersModel,
  average: WeightAverage,
  data: RunData,
  work: () => Promise<void>,
): Promise<void> {
  if (average.count === 0) return;
  await average.swap(model);
  try {
    await refreshBatchNorm(model, refreshingBatches(data));
    await work();
  } finally {
    await average.swap(model);
  }
}

/** Scores the model first, then its companions, as the experiment asks. */
export async function scoresOf({ experiment }: RunPlan, data: RunData, trained: Trained): Promise<Score[]> {
  const { model, average, shots, snapshotDirectory } = trained;
  const scores: Score[] = [];
  const score = async (name: "model" | "average") => {
    scores.push({ name, evaluation: await evaluate(model, data.test, { mean: data.mean }) });
    if (!experiment.companions.flipAtTest) return;
    const evaluation = await evaluate(mirrored(model), data.test, { mean: data.mean });
    scores.push({ name: `${name}, mirror images too`, evaluation });
  };
  await score("model");
  if (average) await withAverage(model, average, data, () => score("average"));
  if (shots) {
    const models = snapshotDirectory === undefined ? shots.models : await loadSnapshots(snapshotDirectory);
    try {
      if (models.length > 0) {
        if (experiment.companions.refreshBatchNorm) {
          for (const one of models) await refreshBatchNorm(one, refreshingBatches(data));
        }
        const evaluation = await evaluate(ensemble(models), data.test, { mean: data.mean });
        scores.push({ name: "snapshots", evaluation });
      }
    } finally {
      if (snapshotDirectory !== undefined) models.forEach((one) => one.dispose());
    }
  }
  return scores;
}
