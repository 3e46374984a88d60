/**
 * Dropout whose masks follow a seed and the iteration.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** A layer that draws a new mask in each training step. */
interface DropoutLayer extends tf.layers.Layer {
  /** Masks drawn so far; the next one follows from the seed and this. */
  masks?: number;
}

/**
 * tfjs's dropout layer with repeatable masks: tfjs's own draws one mask forever when it has a seed.
 *
 * It is the stock layer with another `call`, so model.json names the stock class and loads anywhere.
 *
 * @param options `rate`, the fraction to drop, 0 to 1; `seed`, a whole number; without it, tfjs's own layer.
 * @example
 * ```ts
 * import { seededDropout } from "./seeded_dropout.ts";
 *
 * if (seededDropout({ rate: 0.5, seed: 1 }).getClassName() !== "Dropout") throw new Error("the stock class");
 * ```
 */
export function seededDropout(options: { rate: number; seed?: number; name?: string }): tf.layers.Layer {
  const { rate, seed, name } = options;
  const layer: DropoutLayer = tf.layers.dropout({ rate, name });
  if (seed === undefined) return layer;
  layer.masks = 0;
  layer.call = (inputs, kwargs) => {
    const x = Array.isArray(inputs) ? inputs[0] : inputs;
    if (!kwargs.training) return x.clone();
    return tf.dropout(x, rate, undefined, `${seed}/${layer.masks!++}`);
  };
  return layer;
}

/** The masks that a model's seeded dropout layers have drawn so far. */
export function dropoutMasks(model: tf.LayersModel): number {
  return Math.max(0, ...model.layers.map((layer: DropoutLayer) => layer.masks ?? 0));
}

/** Lets a model's seeded dropout layers go on after so many masks, as a resumed run must. */
export function setDropoutMasks(model: tf.LayersModel, masks: number): void {
  for (const layer of model.layers as DropoutLayer[]) if (layer.masks !== undefined) layer.masks = masks;
}
