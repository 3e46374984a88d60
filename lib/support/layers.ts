/**
 * Finds layers wherever they are in a model.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";

/** These layers, and those in nested models and in wrapped layers, each once. */
export function allLayers(layers: readonly tf.layers.Layer[]): tf.layers.Layer[] {
  const found = layers.flatMap((layer): tf.layers.Layer[] => {
    const inside = layer as { layers?: tf.layers.Layer[]; layer?: tf.layers.Layer };
    return [layer, ...allLayers(inside.layers ?? (inside.layer ? [inside.layer] : []))];
  });
  return [...new Set(found)];
}
