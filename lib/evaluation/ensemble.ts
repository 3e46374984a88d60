/**
 * Several models that predict as one.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { shown } from "../support/check.ts";

/** Models that predict as one; see {@linkcode ensemble}. */
export class Ensemble {
  /** The models, which stay their maker's: to free them is up to them. */
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
   * @param x What each model takes.
   * @param options `batchSize`: how many samples a model takes at once. Default 32, as in tfjs.
   * @returns A tensor that the caller disposes.
   */
  predict(x: tf.Tensor | tf.Tensor[], options: { batchSize?: number } = {}): tf.Tensor {
    return tf.tidy(() =>
      tf.addN(this.models.map((model) => model.predict(x, options) as tf.Tensor)).div(this.models.length)
    );
  }
}

/**
 * Models that predict as one: the mean of their predictions, such as class probabilities. `evaluate` takes an ensemble as
 * it takes a model.
 *
 * @param models Models of one output, all of one shape; compiled or not. They are used, not copied.
 * @throws {TypeError} If there is none, one is not a layers model, or their outputs differ in shape.
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
