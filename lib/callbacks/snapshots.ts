/**
 * Keeps the model as it was at the end of each cycle.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { copyModel } from "../models/copy.ts";
import { checkOptions, shown } from "../support/check.ts";
import { listenToCycleEnds } from "./cycle_ends.ts";
import { ModelCallback } from "./model_callback.ts";
import type { CycleEnd } from "./cycle_counter.ts";

const VERB = "take snapshots";

/** Options of {@linkcode snapshots}. */
export interface SnapshotOptions {
  /**
   * Saves the model at a cycle's end. The training waits for it, and the same model then trains on. Without this
   * option, a copy of the model is kept in memory.
   */
  save?: (model: tf.LayersModel, cycle: number) => void | Promise<void>;
}

/** The callback behind {@linkcode snapshots}. */
export class Snapshots extends ModelCallback {
  /** The copies in memory, one per cycle; empty if they are saved elsewhere. */
  readonly models: tf.LayersModel[] = [];
  #cycle = 0;

  /** @param options See {@linkcode snapshots}. */
  constructor(options: SnapshotOptions = {}) {
    checkOptions(VERB, options, ["save"]);
    const { save = async (model) => void this.models.push(await copyModel(model)) } = options;
    if (typeof save !== "function") {
      throw new TypeError(`Cannot ${VERB}: save must be a function, got ${shown(save)}`);
    }
    const take = async ({ cycle }: CycleEnd) => {
      // after a reset, or with another scheduler, cycles count from 1 again, but no snapshot may replace another
      this.#cycle = Math.max(cycle, this.#cycle + 1);
      await save(this.trained!, this.#cycle);
    };
    super({ onTrainBegin: () => listenToCycleEnds(VERB, this.params, take) });
  }

  /** Frees the copies in memory. */
  dispose(): void {
    for (const model of this.models.splice(0)) model.dispose();
  }
}

/**
 * Takes a snapshot of the model at the end of each cycle, so that one training yields several models for an `ensemble`.
 *
 * By default the snapshots are copies in memory, in `models`; each cycle costs the memory of one copy of the weights
 * until `dispose()`. With `save`, your function gets the model and the number of the cycle, counted from 1. If saving
 * fails, the fit ends with that error; the model keeps its weights and the scheduler its history, and another fit
 * continues from there.
 *
 * Source: Huang et al., Snapshot Ensembles: Train 1, Get M for Free (2017).
 *
 * @param options See {@linkcode SnapshotOptions}.
 * @throws {TypeError} If an option is unknown or of the wrong kind; when a fit starts, if it has no scheduler with
 * cycles.
 * @example
 * ```ts
 * import { callbacks, CyclicLR, ensemble, snapshots, tf } from "../mod.ts";
 *
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
 * model.compile({ optimizer: "sgd", loss: "meanSquaredError" });
 * const shots = snapshots();
 * const list = callbacks(new CyclicLR({ stepSize: 2 }), shots);
 * await model.fit(tf.ones([8, 1]), tf.ones([8, 1]), { batchSize: 1, epochs: 1, callbacks: list, verbose: 0 });
 * ensemble(shots.models).predict(tf.ones([1, 1])); // the mean of two cycles' models
 * shots.dispose();
 * ```
 */
export function snapshots(options: SnapshotOptions = {}): Snapshots {
  return new Snapshots(options);
}
