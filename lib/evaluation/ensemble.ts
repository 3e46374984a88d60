/**
 * Combines several models into one prediction.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { shown } from "../support/check.ts";

/** Several models that predict as one; see {@linkcode ensemble}. */
export class Ensemble {
  /** The models. They still belong to the caller, who must free them. */
  readonly models: readonly tf.LayersModel[];

  /** @param models See {@linkcode ensemble}. */
  constructor(models: readonly tf.LayersModel[]) {
    const verb = "make an ensemble";
    if (!Array.isArray(models) || models.length === 0) {
      throw new TypeError(`Cannot ${verb}: there must be one model or more, got ${shown(models)}`);
    }
    for (const model of models) {
      if (!(model instanceof tf.LayersModel) || model.outputs.length !== 1) {
        const got = model instanceof tf.LayersModel ? `one with ${model.outputs.length}` : typeof model;
        throw new TypeError(`Cannot ${verb}: each must be a layers model with one output, got ${got}`);
      }
    }
    const shapes = models.map(({ outputs }) => shown(outputs[0].shape));
    const other = shapes.find((shape) => shape !== shapes[0]);
    if (other) throw new TypeError(`Cannot ${verb}: its outputs must all have the shape ${shapes[0]}, got ${other}`);
    this.models = [...models];
  }

  /**
   * The mean of the models' predictions.
   *
   * @param x The input of each model.
   * @param options `batchSize`: how many samples each model processes at once. Default 32, as in tfjs.
   * @returns A tensor, which the caller must dispose.
   */
  predict(x: tf.Tensor | tf.Tensor[], options: { batchSize?: number } = {}): tf.Tensor {
    return tf.tidy(() =>
      tf.addN(this.models.map((model) => model.predict(x, options) as tf.Tensor)).div(this.models.length)
    );
  }
}

/**
 * Makes several models predict as one, by the mean of their predictions, such as class probabilities. `evaluate`
 * accepts an ensemble in place of a model.
 *
 * @param models The models, compiled or not. Each must have one output, all of the same shape. They are used, not
 * copied.
 * @throws {TypeError} If there are no models, one is not a layers model, or their outputs differ in shape.
 * @example
 * ```ts
 * import { ensemble, tf } from "../mod.ts";
 *
 * const times = (n: number) => {
 *   const kernelInitializer = tf.initializers.constant({ value: n });
 *   return tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1], kernelInitializer })] });
 * };
 * const mean = ensemble([times(2), times(4)]).predict(tf.ones([1, 1]));
 * if (mean.dataSync()[0] !== 3) throw new Error("the mean of 2 and 4");
 * ```
 */
export function ensemble(models: readonly tf.LayersModel[]): Ensemble {
  return new Ensemble(models);
}
