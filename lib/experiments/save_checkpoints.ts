/**
 * Writes checkpoints during a run.
 * @module
 */
import type { WeightAverage } from "../callbacks/average_weights.ts";
import { ModelCallback } from "../callbacks/model_callback.ts";
import type { LearningRateScheduler } from "../callbacks/scheduler.ts";
import { weightsAreFinite } from "../callbacks/stop_on_nan.ts";
import type { Position } from "../data/batches.ts";
import { writeCheckpoint } from "./checkpoint.ts";

/** Where to write checkpoints, and how often. */
export interface CheckpointOptions {
  /** The directory for the checkpoints. */
  readonly directory: string;
  /** The longest time between two checkpoints, in milliseconds. */
  readonly everyMs: number;
  /** Identifies the run. Checkpoints of other runs are rejected. */
  readonly run: string;
}

/** What goes into a run's checkpoints besides the model. */
export interface CheckpointSources {
  /** The run's scheduler. */
  readonly scheduler: LearningRateScheduler;
  /** The average of its weights, if there is one. */
  readonly average?: WeightAverage;
  /** Updates in the run. The last one gets a checkpoint, even in the middle of an epoch. */
  readonly iterations: number;
  /** Batches in an epoch. */
  readonly batchesPerEpoch: number;
  /** How long the training has taken so far, in milliseconds, including the time before a resume. */
  readonly elapsedMs: () => number;
  /** Whether the training has diverged, in which case the last good checkpoint is kept. */
  readonly diverged: () => boolean;
  /** A signal that ends the training with a checkpoint. */
  readonly signal?: AbortSignal;
}

/** Writes a checkpoint every few minutes, at the end of each epoch and of the run, and when the run is interrupted. */
export class SaveCheckpoints extends ModelCallback {
  /**
   * @param options Where to write checkpoints, and how often.
   * @param sources What goes into them.
   */
  constructor({ directory, everyMs, run }: CheckpointOptions, sources: CheckpointSources) {
    const { scheduler, average, iterations, batchesPerEpoch, elapsedMs, diverged, signal } = sources;
    let last = performance.now();
    const save = async (position: Position) => {
      if (diverged()) return;
      await scheduler.settle();
      await writeCheckpoint(directory, this.trained!, {
        ...{ run, position, scheduler: scheduler.toJSON(), elapsedMs: elapsedMs() },
        ...(average && { average: await average.state() }),
      });
      last = performance.now();
    };
    super({
      onBatchEnd: async () => {
        if (!signal?.aborted && performance.now() - last < everyMs) return;
        if (!await weightsAreFinite(this.trained!)) return; // at the end of an epoch, StopOnNaN has checked the weights
        const { iteration } = scheduler;
        const epoch = Math.floor((iteration - 1) / batchesPerEpoch);
        await save({ epoch, batch: iteration - epoch * batchesPerEpoch });
      },
      onEpochEnd: async (epoch, logs) => {
        const { iteration } = scheduler;
        const batch = iteration - epoch * batchesPerEpoch;
        if (iteration < iterations) {
          // an interrupted epoch already has its checkpoint, and is not finished
          if (batch === batchesPerEpoch && !signal?.aborted) await save({ epoch: epoch + 1, batch: 0 });
          return;
        }
        // likewise the last epoch, if the signal came before its validation
        const cut = signal?.aborted && batch === batchesPerEpoch && logs?.val_loss === undefined;
        if (!cut) await save({ epoch, batch });
      },
    });
  }
}
