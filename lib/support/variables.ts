/**
 * The variables behind a model's weights.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";

/**
 * The variables behind weights, in the same order. Assign to a variable to set a weight exactly: a layer's own setters
 * would apply its constraint to the new values, which training never does.
 */
export function variables(weights: readonly tf.LayerVariable[]): tf.Variable[] {
  return weights.map((weight) => weight.read() as tf.Variable);
}
