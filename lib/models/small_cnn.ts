/**
 * A small convolutional network for a first try.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type OptionChecks, readOptions } from "../support/check.ts";
import {
  apply,
  convolutionBlock,
  fractionBelowOne,
  type ImageModelOptions,
  imageModelOptions,
  initializerSeeds,
} from "./building.ts";
import { seededDropout } from "./seeded_dropout.ts";

/** Options of {@linkcode smallCnn}; the height and width of an image are at least 4. */
export interface SmallCnnOptions extends ImageModelOptions {
  /**
   * The fraction of features dropped before the last layer, 0 or more and below 1; 0 adds no dropout layer. Default 0.
   */
  dropout?: number;
  /**
   * How much of batch normalization's moving averages each update keeps, 0 or more and below 1. The default is 0.9, not
   * tfjs's 0.99, so that the averages keep up with a training of a minute.
   */
  batchNormMomentum?: number;
}

const OPTIONS = {
  ...imageModelOptions(4),
  dropout: fractionBelowOne(0),
  batchNormMomentum: fractionBelowOne(0.9),
} satisfies OptionChecks<SmallCnnOptions>;

/**
 * A small network for trying things out, such as you might write yourself in a notebook. It has 95,210 parameters by
 * default; 448 of them are the moving averages of batch normalization.
 *
 * It has three blocks of 3x3 convolution, batch normalization and ReLU, with 32, 64 and 128 filters, and a 2x2 max
 * pooling after the first and the second block. Then come the mean over the image, dropout on request, and a dense
 * softmax. The model is not compiled.
 *
 * @param options See {@linkcode SmallCnnOptions}.
 * @returns Input [n, height, width, channels], output [n, classes], a softmax.
 * @throws {TypeError} If an option is unknown or of the wrong kind.
 * @throws {RangeError} If a size is too small or a fraction is out of range.
 * @example
 * ```ts
 * import { smallCnn } from "./small_cnn.ts";
 *
 * const model = smallCnn({ inputShape: [28, 28, 1], seed: 1 });
 * model.compile({ optimizer: "adam", loss: "categoricalCrossentropy", metrics: ["accuracy"] });
 * ```
 */
export function smallCnn(options: SmallCnnOptions = {}): tf.LayersModel {
  const { inputShape, classes, seed, dropout, batchNormMomentum } = readOptions("create a small CNN", options, OPTIONS);
  const nextSeed = initializerSeeds(seed);
  const initializer = () => tf.initializers.glorotUniform(nextSeed());

  const input = tf.input({ shape: [...inputShape], name: "images" });
  let x = input;
  for (const [index, filters] of [32, 64, 128].entries()) {
    if (index > 0) x = apply(tf.layers.maxPooling2d({ poolSize: 2, name: `pool${index}` }), x);
    x = convolutionBlock(x, {
      filters,
      kernelSize: 3,
      padding: "same",
      useBias: false, // batch normalization adds its own bias
      kernelInitializer: initializer(),
      name: `conv${index + 1}`,
      batchNormMomentum,
    });
  }
  x = apply(tf.layers.globalAveragePooling2d({ name: "average_pool" }), x);
  if (dropout > 0) x = apply(seededDropout({ rate: dropout, seed, name: "dropout" }), x);
  const dense = { units: classes, activation: "softmax", kernelInitializer: initializer(), name: "classes" } as const;
  return tf.model({ inputs: input, outputs: apply(tf.layers.dense(dense), x), name: "SmallCNN" });
}
