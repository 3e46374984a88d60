/**
 * The model as it was at the end of each cycle.
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
   * Saves the model at a cycle's end; the training waits for it, and the model trains on afterwards. Without it, a copy of
   * the model is kept in memory.
   */
  save?: (model: tf.LayersModel, cycle: number) => void | Promise<void>;
}

/** The callback behind {@linkcode snapshots}. */
export class Snapshots extends ModelCallback {
  /** The copies in memory, one a cycle; none where they are saved elsewhere. */
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
      // a reset, or another scheduler, counts from 1 again: no snapshot takes another's place
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
 * Takes a snapshot of the model at the end of each cycle: models for an `ensemble` from one training.
 *
 * They are copies in memory, in `models`, which cost one copy of the weights a cycle until `dispose()`; or `save` is
 * handed the model and the cycle, counted from 1. If saving fails, the fit ends with its error; the model keeps its
 * weights and the scheduler its history, and a further fit goes on from there.
 *
 * Source: Huang et al., Snapshot Ensembles: Train 1, Get M for Free (2017).
 *
 * @param options See {@linkcode SnapshotOptions}.
 * @throws {TypeError} If an option is unknown or of the wrong kind; at the start of the fit, if it has no scheduler with
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
