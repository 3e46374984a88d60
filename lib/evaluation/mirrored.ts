/**
 * Predicts from images and their mirror images together.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { Ensemble } from "./ensemble.ts";

class Mirrored extends Ensemble {
  override predict(x: tf.Tensor, options: { batchSize?: number } = {}): tf.Tensor {
    const widthAxis = 2;
    return tf.tidy(() => super.predict(x, options).add(super.predict(x.reverse(widthAxis), options)).div(2));
  }
}

/**
 * Makes a model look at each image twice, as it is and mirrored, and average the two predictions. This is test-time
 * augmentation by horizontal flips. It costs a second pass, and scores with and without it cannot be compared.
 *
 * @param model A classifier of images [n, height, width, channels].
 * @returns An ensemble, which `evaluate` accepts in place of the model.
 * @throws {TypeError} If the model has more than one output.
 * @example
 * ```ts
 * import { mirrored, tf } from "../mod.ts";
 *
 * const left = tf.sequential({ layers: [tf.layers.flatten({ inputShape: [1, 2, 1] })] }); // its two pixels
 * const both = mirrored(left).predict(tf.tensor4d([0, 1], [1, 1, 2, 1]));
 * if (both.dataSync().join() !== "0.5,0.5") throw new Error("the mean of [0, 1] and [1, 0]");
 * ```
 */
export function mirrored(model: tf.LayersModel): Ensemble {
  return new Mirrored([model]);
}
