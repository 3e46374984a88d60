/**
 * MiniGoogLeNet, built from its three kinds of blocks.
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

/** Options of {@linkcode miniGoogLeNet}; the height and width of an image are at least 31. */
export interface MiniGoogLeNetOptions extends ImageModelOptions {
  /**
   * The fraction of features dropped before the last layer, 0 or more and below 1; 0 adds no dropout layer. Default
   * 0.5.
   */
  dropout?: number;
  /** How much of batch normalization's moving averages each update keeps, 0 or more and below 1. Default 0.99. */
  batchNormMomentum?: number;
}

const OPTIONS = {
  ...imageModelOptions(31),
  dropout: fractionBelowOne(0.5),
  batchNormMomentum: fractionBelowOne(0.99),
} satisfies OptionChecks<MiniGoogLeNetOptions>;

/**
 * MiniGoogLeNet, which applies GoogLeNet's idea to images of 32 x 32 pixels. It has 1,656,250 parameters by default.
 *
 * A convolution module consists of a convolution, batch normalization and ReLU. An inception module concatenates a 1x1
 * and a 3x3 convolution; a downsampling module concatenates a strided 3x3 convolution and a max pooling. The model is
 * not compiled. The same seed gives the same weights for any dropout.
 *
 * Sources: Zhang et al., Understanding Deep Learning Requires Rethinking Generalization (2017), figure 3;
 * Szegedy et al., Going Deeper with Convolutions (2014); the article's model.
 *
 * @param options See {@linkcode MiniGoogLeNetOptions}.
 * @returns Input [n, height, width, channels], output [n, classes], a softmax.
 * @throws {TypeError} If an option is unknown or of the wrong kind.
 * @throws {RangeError} If a size is too small or a fraction is out of range.
 * @example
 * ```ts
 * import { miniGoogLeNet } from "./mini_googlenet.ts";
 *
 * if (miniGoogLeNet({ seed: 42 }).countParams() !== 1_656_250) throw new Error("the article's model");
 * ```
 */
export function miniGoogLeNet(options: MiniGoogLeNetOptions = {}): tf.LayersModel {
  const { inputShape, classes, seed, dropout, batchNormMomentum } = readOptions(
    "create MiniGoogLeNet",
    options,
    OPTIONS,
  );
  const nextSeed = initializerSeeds(seed);
  const initializer = () => tf.initializers.glorotUniform(nextSeed());
  const { convolution, inception, downsample } = blocks(initializer, batchNormMomentum);

  const input = tf.input({ shape: [...inputShape], name: "images" });
  let x = convolution(input, 96, 3, "conv");
  x = inception(x, 32, 32, "inception_1");
  x = inception(x, 32, 48, "inception_2");
  x = downsample(x, 80, "downsample_1");
  x = inception(x, 112, 48, "inception_3");
  x = inception(x, 96, 64, "inception_4");
  x = inception(x, 80, 80, "inception_5");
  x = inception(x, 48, 96, "inception_6");
  x = downsample(x, 96, "downsample_2");
  x = inception(x, 176, 160, "inception_7");
  x = inception(x, 176, 160, "inception_8");
  x = apply(tf.layers.averagePooling2d({ poolSize: 7, strides: 1, name: "average_pool" }), x);
  if (dropout > 0) x = apply(seededDropout({ rate: dropout, seed, name: "dropout" }), x);
  x = apply(tf.layers.flatten({ name: "flatten" }), x);
  const dense = { units: classes, activation: "softmax", kernelInitializer: initializer(), name: "classes" } as const;
  return tf.model({ inputs: input, outputs: apply(tf.layers.dense(dense), x), name: "MiniGoogLeNet" });
}

/** The three blocks. */
function blocks(initializer: () => ReturnType<typeof tf.initializers.glorotUniform>, batchNormMomentum: number) {
  function convolution(x: tf.SymbolicTensor, filters: number, kernelSize: number, name: string, down = false) {
    const kernelInitializer = initializer();
    const [strides, padding] = down ? [2, "valid" as const] : [1, "same" as const];
    return convolutionBlock(x, { filters, kernelSize, strides, padding, kernelInitializer, name, batchNormMomentum });
  }
  function inception(x: tf.SymbolicTensor, single: number, triple: number, name: string) {
    const narrow = convolution(x, single, 1, `${name}_1x1`);
    const wide = convolution(x, triple, 3, `${name}_3x3`);
    return apply(tf.layers.concatenate({ name }), [narrow, wide]);
  }
  function downsample(x: tf.SymbolicTensor, filters: number, name: string) {
    const strided = convolution(x, filters, 3, `${name}_3x3`, true);
    const pooled = apply(tf.layers.maxPooling2d({ poolSize: 3, strides: 2, name: `${name}_pool` }), x);
    return apply(tf.layers.concatenate({ name }), [strided, pooled]);
  }
  return { convolution, inception, downsample };
}
