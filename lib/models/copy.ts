/**
 * Makes a second model with the same layers and weights.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/**
 * Copies a model in its current state, by saving and loading it in memory. The copy is not compiled.
 *
 * @param model A model whose layers tfjs can load.
 * @example
 * ```ts
 * import { tf } from "../mod.ts";
 * import { copyModel } from "./copy.ts";
 *
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
 * const copy = await copyModel(model);
 * model.setWeights([tf.ones([1, 1]), tf.ones([1])]);
 * if (copy.getWeights()[1].dataSync()[0] !== 0) throw new Error("the copy stays as it is");
 * ```
 */
export async function copyModel(model: tf.LayersModel): Promise<tf.LayersModel> {
  let saved: tf.io.ModelArtifacts = {};
  await model.save(tf.io.withSaveHandler((artifacts) => {
    saved = artifacts;
    return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } });
  }));
  return await tf.loadLayersModel(tf.io.fromMemory(saved));
}
