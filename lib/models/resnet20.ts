/**
 * The ResNet-20 for CIFAR-10.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type OptionChecks, readOptions } from "../support/check.ts";
import {
  apply,
  type ConvolutionBlock,
  convolutionBlock,
  fractionBelowOne,
  type ImageModelOptions,
  imageModelOptions,
  initializerSeeds,
} from "./building.ts";

/** Options of {@linkcode resnet20}. */
export interface Resnet20Options extends ImageModelOptions {
  /** How much of batch normalization's moving averages each update keeps, 0 or more and below 1. Default 0.99. */
  batchNormMomentum?: number;
}

const OPTIONS = {
  ...imageModelOptions(1),
  batchNormMomentum: fractionBelowOne(0.99),
} satisfies OptionChecks<Resnet20Options>;

/**
 * The residual network of 20 layers for CIFAR-10. It has 272,474 trainable parameters by default.
 *
 * After a convolution with 16 filters come three stages of three blocks each, with 16, 32 and 64 filters; the second
 * and third stages halve height and width. A block adds its input to the result of two 3x3 convolutions:
 * `relu(x + f(x))`. When the shape changes, x goes through a 1x1 convolution of stride 2 (the paper's option B). Batch
 * normalization follows every convolution, including that one, so convolutions have no biases. The network ends with
 * the mean over the image and a dense softmax. Weights are initialized as He et al. propose. The paper's L2 penalty of
 * 1e-4 is left to the optimizer: see `withWeightDecay`. The model is not compiled.
 *
 * Source: He et al., Deep Residual Learning for Image Recognition (2015), section 4.2, n = 3. The paper's own ResNets
 * for CIFAR-10 pad the shortcuts with zeros (option A), and have 2,752 fewer parameters.
 *
 * @param options See {@linkcode Resnet20Options}.
 * @returns Input [n, height, width, channels], output [n, classes], a softmax.
 * @throws {TypeError} If an option is unknown or of the wrong kind.
 * @throws {RangeError} If a size is too small or `batchNormMomentum` is out of range.
 * @example
 * ```ts
 * import { resnet20 } from "./resnet20.ts";
 *
 * const shape = resnet20({ seed: 1, classes: 100 }).outputs[0].shape;
 * if (shape[1] !== 100) throw new Error("a probability for each class");
 * ```
 */
export function resnet20(options: Resnet20Options = {}): tf.LayersModel {
  const { inputShape, classes, seed, batchNormMomentum } = readOptions("create ResNet-20", options, OPTIONS);
  const nextSeed = initializerSeeds(seed);
  const initializer = () => tf.initializers.heNormal(nextSeed());
  const convolution = (x: tf.SymbolicTensor, block: Omit<ConvolutionBlock, "batchNormMomentum">) =>
    convolutionBlock(x, {
      padding: "same",
      useBias: false,
      kernelInitializer: initializer(),
      batchNormMomentum,
      ...block,
    });
  const residual = (x: tf.SymbolicTensor, filters: number, strides: number, name: string) => {
    let y = convolution(x, { filters, kernelSize: 3, strides, name: `${name}_conv1` });
    y = convolution(y, { filters, kernelSize: 3, name: `${name}_conv2`, relu: false });
    if (strides > 1) x = convolution(x, { filters, kernelSize: 1, strides, name: `${name}_shortcut`, relu: false });
    const sum = apply(tf.layers.add({ name: `${name}_add` }), [x, y]);
    return apply(tf.layers.activation({ activation: "relu", name: `${name}_relu` }), sum);
  };

  const input = tf.input({ shape: [...inputShape], name: "images" });
  let x = convolution(input, { filters: 16, kernelSize: 3, name: "conv" });
  for (const [stage, filters] of [16, 32, 64].entries()) {
    for (let block = 1; block <= 3; block++) {
      x = residual(x, filters, stage > 0 && block === 1 ? 2 : 1, `stage${stage + 1}_block${block}`);
    }
  }
  x = apply(tf.layers.globalAveragePooling2d({ name: "average_pool" }), x);
  const dense = { units: classes, activation: "softmax", kernelInitializer: initializer(), name: "classes" } as const;
  return tf.model({ inputs: input, outputs: apply(tf.layers.dense(dense), x), name: "ResNet-20" });
}
