/**
 * Caffe's cifar10_full, the network of Smith's experiments.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { oneOf, type OptionChecks, readOptions } from "../support/check.ts";
import { apply, fractionBelowOne, type ImageModelOptions, imageModelOptions, initializerSeeds } from "./building.ts";
import { localResponseNormalization } from "./local_response_normalization.ts";

/** Options of {@linkcode cifar10Full}. */
export interface Cifar10FullOptions extends ImageModelOptions {
  /** The kind of normalization: the paper's `"local-response"` (default), or `"batch"`. */
  normalization?: "local-response" | "batch";
  /** How much of batch normalization's running averages each step keeps, 0 or more and below 1. Default 0.9. */
  batchNormMomentum?: number;
}

const OPTIONS = {
  ...imageModelOptions(1),
  normalization: oneOf(["local-response", "batch"], "local-response"),
  batchNormMomentum: fractionBelowOne(0.9),
} satisfies OptionChecks<Cifar10FullOptions>;

/**
 * The `cifar10_full` network that ships with Caffe, on which Smith trained CIFAR-10. 89,578 parameters by default.
 *
 * | layer | settings | output |
 * |---|---|---|
 * | conv1 | 32 filters of 5x5, weights drawn with deviation 1e-4 | 32 x 32 |
 * | pool1, relu1, norm1 | max 3x3 of stride 2; ReLU; local response normalization | 16 x 16 |
 * | conv2, relu2 | 32 filters of 5x5, deviation 0.01; ReLU | 16 x 16 |
 * | pool2, norm2 | average 3x3 of stride 2; local response normalization | 8 x 8 |
 * | conv3, relu3 | 64 filters of 5x5, deviation 0.01; ReLU | 8 x 8 |
 * | pool3 | average 3x3 of stride 2 | 4 x 4 |
 * | ip1 | dense, deviation 0.01; softmax | classes |
 *
 * All biases start at 0. Caffe's pooling rounds sizes up and clips the last window, which is `padding: "same"` here
 * as long as sides can be halved three times.
 * The solver's weight decay of 0.004 becomes an L2 penalty in the layers, whose gradient is `2 l2 w`: 0.002 on the
 * kernels and biases of the convolutions, 0.5 (Caffe's `decay_mult: 250`) on the last kernel, none on its bias. So the
 * training loss includes the penalty, and validation losses do not. The different learning rate of biases is left to
 * the optimizer: see {@linkcode cifar10FullRateMultiplier}. The network expects bytes minus the mean image, not scaled.
 * The model is not compiled.
 *
 * `normalization: "batch"` is the network as one would build it today, with 90,090 parameters. It has batch
 * normalization before each of the three ReLUs, in the same places as Caffe's own variant, and no local response
 * normalization. Its layers have no penalty either, because weight decay is then left to the optimizer.
 *
 * Sources: Caffe's `examples/cifar10/cifar10_full_train_test.prototxt`, `cifar10_full_solver.prototxt` and
 * `cifar10_full_sigmoid_train_test_bn.prototxt`; Smith, Cyclical Learning Rates for Training Neural Networks (2017),
 * section 4.1.
 *
 * @param options See {@linkcode Cifar10FullOptions}.
 * @returns Input [n, height, width, channels], output [n, classes], a softmax.
 * @throws {TypeError} If an option is unknown or of the wrong kind.
 * @throws {RangeError} If a size is too small, `normalization` is unknown, or `batchNormMomentum` is out of range.
 * @example
 * ```ts
 * import { caffeMomentum, cifar10Full, cifar10FullRateMultiplier } from "../mod.ts";
 *
 * const model = cifar10Full({ seed: 1 });
 * const optimizer = caffeMomentum({ learningRate: 0.001, rateMultipliers: cifar10FullRateMultiplier });
 * model.compile({ optimizer, loss: "categoricalCrossentropy", metrics: ["accuracy"] });
 * if (model.countParams() !== 89_578) throw new Error("Caffe's network");
 * ```
 */
export function cifar10Full(options: Cifar10FullOptions = {}): tf.LayersModel {
  const { inputShape, classes, seed, normalization, batchNormMomentum } = readOptions(
    "create cifar10_full",
    options,
    OPTIONS,
  );
  const batch = normalization === "batch";
  const nextSeed = initializerSeeds(seed);
  const gaussian = (stddev: number) => tf.initializers.randomNormal({ mean: 0, stddev, ...nextSeed() });
  const penalty = (l2: number) => batch ? undefined : tf.regularizers.l2({ l2 });
  const convolution = (filters: number, deviation: number, name: string) =>
    tf.layers.conv2d({
      filters,
      kernelSize: 5,
      padding: "same",
      kernelInitializer: gaussian(deviation),
      kernelRegularizer: penalty(0.002),
      biasRegularizer: penalty(0.002),
      name,
    });
  const relu = (number: number) => [
    ...(batch ? [tf.layers.batchNormalization({ momentum: batchNormMomentum, name: `bn${number}` })] : []),
    tf.layers.activation({ activation: "relu", name: `relu${number}` }),
  ];
  const normalize = (name: string) => batch ? [] : [localResponseNormalization({ name })];
  const pool = (name: string) => ({ poolSize: 3, strides: 2, padding: "same", name }) as const;
  const input = tf.input({ shape: [...inputShape], name: "images" });
  const layers = [
    convolution(32, 1e-4, "conv1"),
    tf.layers.maxPooling2d(pool("pool1")),
    ...relu(1),
    ...normalize("norm1"),
    convolution(32, 0.01, "conv2"),
    ...relu(2),
    tf.layers.averagePooling2d(pool("pool2")),
    ...normalize("norm2"),
    convolution(64, 0.01, "conv3"),
    ...relu(3),
    tf.layers.averagePooling2d(pool("pool3")),
    tf.layers.flatten({ name: "flatten" }),
    tf.layers.dense({
      units: classes,
      activation: "softmax",
      kernelInitializer: gaussian(0.01),
      kernelRegularizer: penalty(0.5),
      name: "ip1",
    }),
  ];
  const output = layers.reduce((x, layer) => apply(layer, x), input);
  return tf.model({ inputs: input, outputs: output, name: "cifar10_full" });
}

/**
 * The factor of the learning rate for a weight of {@linkcode cifar10Full}, for `caffeMomentum({ rateMultipliers })`. As
 * in Caffe's prototxt, biases have twice the rate, except the third convolution's.
 *
 * @param name The weight's name, such as `"conv1/bias"`.
 * @example
 * ```ts
 * import { cifar10FullRateMultiplier } from "./cifar10_full.ts";
 *
 * if (cifar10FullRateMultiplier("conv1/bias") !== 2) throw new Error("twice the rate");
 * ```
 */
export function cifar10FullRateMultiplier(name: string): number {
  return name.endsWith("/bias") && name !== "conv3/bias" ? 2 : 1;
}
