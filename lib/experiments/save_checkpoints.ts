/**
 * When a run writes checkpoints.
 * @module
 */
import type { WeightAverage } from "../callbacks/average_weights.ts";
import { ModelCallback } from "../callbacks/model_callback.ts";
import type { LearningRateScheduler } from "../callbacks/scheduler.ts";
import { weightsAreFinite } from "../callbacks/stop_on_nan.ts";
import type { Position } from "../data/batches.ts";
import { writeCheckpoint } from "./checkpoint.ts";

/** Where checkpoints go, and how often. */
export interface CheckpointOptions {
  /** Their directory. */
  readonly directory: string;
  /** The longest time between two, in milliseconds. */
  readonly everyMs: number;
  /** What the run is; a checkpoint of another run is refused. */
  readonly run: string;
}

/** What a checkpoint of a run is made of, beside the model. */
export interface CheckpointSources {
  /** The run's scheduler. */
  readonly scheduler: LearningRateScheduler;
  /** Its weight average, where there is one. */
  readonly average?: WeightAverage;
  /** Updates in the run: the last one has its checkpoint, also where it cuts an epoch. */
  readonly iterations: number;
  /** Batches in an epoch. */
  readonly batchesPerEpoch: number;
  /** Milliseconds that the training took so far, those before a resume included. */
  readonly elapsedMs: () => number;
  /** Whether the training has diverged: the last good checkpoint then stays. */
  readonly diverged: () => boolean;
  /** Ends the training, with a checkpoint. */
  readonly signal?: AbortSignal;
}

/** Writes a checkpoint every few minutes, at each epoch's end and the run's, and when the run is interrupted. */
export class SaveCheckpoints extends ModelCallback {
  /**
   * @param options Where and how often.
   * @param sources What goes in.
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
        if (!await weightsAreFinite(this.trained!)) return; // at an epoch's end the guard has looked
        const { iteration } = scheduler;
        const epoch = Math.floor((iteration - 1) / batchesPerEpoch);
        await save({ epoch, batch: iteration - epoch * batchesPerEpoch });
      },
      onEpochEnd: async (epoch) => {
        const { iteration } = scheduler;
        const batch = iteration - epoch * batchesPerEpoch;
        if (iteration < iterations) {
          // an interrupted epoch has its checkpoint already, and is not over
          if (batch === batchesPerEpoch && !signal?.aborted) await save({ epoch: epoch + 1, batch: 0 });
        } else await save({ epoch, batch });
      },
    });
  }
}
