/**
 * Dropout whose masks are determined by a seed and the iteration.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { allLayers } from "../support/layers.ts";

/** A layer that draws a new mask in each training step. */
interface DropoutLayer extends tf.layers.Layer {
  /** How many masks were drawn so far. This number and the seed determine the next mask. */
  masks?: number;
}

/**
 * Makes tfjs's dropout layer with repeatable masks. With a seed, tfjs's own layer would draw the same mask forever.
 *
 * Only the layer's `call` is replaced, so model.json names tfjs's class and loads anywhere.
 *
 * @param options `rate`, the fraction to drop, 0 to 1; `seed`, a whole number; without a seed, the layer is tfjs's own.
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

const isSeeded = (layer: DropoutLayer): layer is DropoutLayer & { masks: number } => layer.masks !== undefined;
/** A model's seeded dropout layers, in nested models and wrappers, too. */
const seededLayers = (model: tf.LayersModel) => allLayers(model.layers).filter(isSeeded);

/** How many masks each of a model's seeded dropout layers has drawn so far. */
export function dropoutMasks(model: tf.LayersModel): number[] {
  return seededLayers(model).map(({ masks }) => masks);
}

/** Makes a model's seeded dropout layers continue after these many masks, as a resumed run must. */
export function setDropoutMasks(model: tf.LayersModel, masks: readonly number[]): void {
  for (const [index, layer] of seededLayers(model).entries()) layer.masks = masks[index];
}
