/**
 * Ends a fit that has diverged.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { numbersOf } from "../history/history.ts";
import { ModelCallback } from "./model_callback.ts";

/** The callback behind {@linkcode stopOnNaN}. */
export class StopOnNaN extends ModelCallback {
  #stopped = false;

  constructor() {
    const check = (finite: boolean) => {
      if (finite) return;
      this.#stopped = true;
      this.stop();
    };
    super({
      onTrainBegin: () => void (this.#stopped = false),
      onBatchEnd: (_batch, logs) => check(Number.isFinite(numbersOf(logs).loss)),
      onEpochEnd: async () => check(await weightsAreFinite(this.trained!)),
    });
  }

  /** Whether it has stopped the last or the current fit. */
  get stopped(): boolean {
    return this.#stopped;
  }
}

/**
 * Ends a fit once its loss is NaN or infinite. Weights are checked too, once per epoch. The weights stay as they are,
 * and `stopped` tells you that this happened.
 *
 * On webgpu, a learning-rate scheduler reads losses only every 16 batches, so the fit ends that much later.
 *
 * @example
 * ```ts
 * import { callbacks, stopOnNaN, tf } from "../mod.ts";
 *
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
 * model.compile({ optimizer: tf.train.sgd(1e20), loss: "meanSquaredError" });
 * const guard = stopOnNaN();
 * await model.fit(tf.ones([9, 1]), tf.zeros([9, 1]), { epochs: 99, callbacks: callbacks(guard), verbose: 0 });
 * if (!guard.stopped) throw new Error("far too high a rate");
 * ```
 */
export function stopOnNaN(): StopOnNaN {
  return new StopOnNaN();
}

/** Whether no weight of a model is NaN or infinite. */
export async function weightsAreFinite(model: tf.LayersModel): Promise<boolean> {
  // 0 times NaN or Infinity is NaN, and a sum that holds it is NaN, too
  const sums = model.getWeights().map((weight) => tf.tidy(() => weight.mul(0).sum()));
  if (sums.length === 0) return true;
  const sum = tf.addN(sums);
  const [value] = await sum.data();
  tf.dispose([sum, ...sums]);
  return Number.isFinite(value);
}
