/**
 * MiniGoogLeNet, out of its three blocks.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { checkNumber, checkOptions } from "../support/check.ts";
import { seededDropout } from "./seeded_dropout.ts";

/** Options of {@linkcode miniGoogLeNet}. */
export interface MiniGoogLeNetOptions {
  /** Height, width and channels of an image. Default [32, 32, 3]; height and width at least 31. */
  inputShape?: readonly [height: number, width: number, channels: number];
  /** The number of classes, 2 or more. Default 10. */
  classes?: number;
  /** With a seed, weights and dropout masks repeat from run to run. */
  seed?: number;
}

/**
 * MiniGoogLeNet: GoogLeNet's idea for images of 32 x 32 pixels. 1,656,250 parameters by default.
 *
 * A convolution module is convolution, batch normalization, ReLU. An inception module joins a 1x1 and a 3x3
 * convolution; a downsampling module joins a strided 3x3 convolution and a max pooling. Not compiled.
 *
 * Sources: Zhang et al., Understanding Deep Learning Requires Rethinking Generalization (2017), figure 3;
 * Szegedy et al., Going Deeper with Convolutions (2014); the article's model.
 *
 * @param options See {@linkcode MiniGoogLeNetOptions}.
 * @returns Input [n, height, width, channels], output [n, classes], a softmax.
 * @throws {TypeError} If an option is unknown.
 * @throws {RangeError} If a size is too small.
 * @example
 * ```ts
 * import { miniGoogLeNet } from "./mini_googlenet.ts";
 *
 * if (miniGoogLeNet({ seed: 42 }).countParams() !== 1_656_250) throw new Error("the article's model");
 * ```
 */
export function miniGoogLeNet(options: MiniGoogLeNetOptions = {}): tf.LayersModel {
  const verb = "create MiniGoogLeNet";
  checkOptions(verb, options, ["inputShape", "classes", "seed"]);
  const { inputShape = [32, 32, 3], classes = 10, seed } = options;
  for (const [index, least] of [31, 31, 1].entries()) {
    checkNumber(
      verb,
      `inputShape[${index}]`,
      inputShape[index],
      `a whole number of ${least} or more`,
      (n) => Number.isInteger(n) && n >= least,
    );
  }
  checkNumber(verb, "classes", classes, "a whole number of 2 or more", (n) => Number.isInteger(n) && n >= 2);
  if (seed !== undefined) checkNumber(verb, "seed", seed, "a whole number", Number.isInteger);
  const { convolution, inception, downsample, initializer } = blocks(seed);

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
  x = apply(seededDropout({ rate: 0.5, seed, name: "dropout" }), x);
  x = apply(tf.layers.flatten({ name: "flatten" }), x);
  x = apply(
    tf.layers.dense({ units: classes, activation: "softmax", kernelInitializer: initializer(), name: "classes" }),
    x,
  );
  return tf.model({ inputs: input, outputs: x, name: "MiniGoogLeNet" });
}

/** The three blocks. Each weight draws from a seed of its own, so that the order of layers settles the weights. */
function blocks(seed: number | undefined) {
  let drawn = 0;
  // tfjs's type asks for a seed, its code takes none as well
  const initializer = () =>
    tf.initializers.glorotUniform({ seed: seed === undefined ? undefined : seed * 1000 + drawn++ } as { seed: number });

  function convolution(x: tf.SymbolicTensor, filters: number, size: number, name: string, down = false) {
    const kernelInitializer = initializer();
    x = apply(
      tf.layers.conv2d({
        filters,
        kernelSize: size,
        strides: down ? 2 : 1,
        padding: down ? "valid" : "same",
        kernelInitializer,
        name,
      }),
      x,
    );
    x = apply(tf.layers.batchNormalization({ name: `${name}_bn` }), x);
    return apply(tf.layers.activation({ activation: "relu", name: `${name}_relu` }), x);
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
  return { convolution, inception, downsample, initializer };
}

/** A layer applied to symbolic tensors gives one, which tfjs's type leaves open. */
function apply(layer: tf.layers.Layer, x: tf.SymbolicTensor | tf.SymbolicTensor[]): tf.SymbolicTensor {
  return layer.apply(x) as tf.SymbolicTensor;
}
