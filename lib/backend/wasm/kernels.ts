/**
 * Kernels that training needs and that tfjs's WebAssembly backend lacks.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type BatchNormSettings, registerBatchNorm } from "../gradients.ts";
import { filterGradient, inputGradient } from "./convolutions.ts";

const WASM = "wasm";
const FILTER_GRADIENT = "Conv2DBackpropFilter";

/** Registers these kernels. A second call changes nothing. */
export function registerWasmKernels(): void {
  if (tf.getKernel(FILTER_GRADIENT, WASM)) return;
  const replace = (kernelName: string, kernelFunc: tf.KernelFunc) => {
    if (tf.getKernel(kernelName, WASM)) tf.unregisterKernel(kernelName, WASM);
    tf.registerKernel({ kernelName, backendName: WASM, kernelFunc });
  };
  replace(FILTER_GRADIENT, ({ inputs, attrs }) => {
    const { x, dy } = inputs as Record<string, tf.Tensor4D>;
    const { strides, pad, filterShape } = attrs as unknown as ConvolutionAttributes;
    return filterGradient(x, dy, tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad));
  });
  // this replaces the kernel rather than the gradient, because the layers' fused convolution calls the kernel directly
  replace("Conv2DBackpropInput", ({ inputs, attrs }) => {
    const { dy, filter } = inputs as Record<string, tf.Tensor4D>;
    const { strides, pad, inputShape } = attrs as unknown as ConvolutionAttributes;
    return inputGradient(dy, filter, tf.backend_util.computeConv2DInfo(inputShape, filter.shape, strides, 1, pad));
  });
  registerBatchNorm(WASM, { outputs: 5, forward: batchNorm, backward: batchNormGradient });
  // tfjs's own kernel counts a pixel once, even if it is the maximum of several windows
  replace("MaxPoolGrad", ({ inputs, attrs }) => {
    const { dy, input } = inputs as Record<string, tf.Tensor4D>;
    const { filterSize, strides, pad } = attrs as unknown as PoolAttributes;
    return maxPoolGradient(dy, input, tf.backend_util.computePool2DInfo(input.shape, filterSize, strides, 1, pad));
  });
}

type Shape4D = [number, number, number, number];

/** What tfjs hands to a convolution's gradients. */
interface ConvolutionAttributes {
  readonly strides: [number, number] | number;
  readonly pad: "same" | "valid" | number;
  readonly filterShape: Shape4D;
  readonly inputShape: Shape4D;
}

/** What tfjs hands to max pooling's gradient. */
interface PoolAttributes extends Pick<ConvolutionAttributes, "strides" | "pad"> {
  readonly filterSize: [number, number] | number;
}

/**
 * Sums over everything but the channels. It takes each image's mean by pooling, the fastest way to sum on this backend.
 */
function channelSums(x: tf.Tensor): tf.Tensor {
  const [images, height, width, channels] = x.shape as Shape4D;
  const means = tf.avgPool(x as tf.Tensor4D, [height, width], 1, "valid");
  return tf.mul(tf.sum(tf.reshape(means, [images, channels]), 0), height * width);
}

function batchNorm(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, settings: BatchNormSettings): tf.Tensor[] {
  const { epsilon, momentum, movingMean, movingVariance } = settings;
  const average = (old: tf.Tensor, value: tf.Tensor) => tf.add(tf.mul(old, momentum), tf.mul(value, 1 - momentum));
  return tf.tidy(() => {
    const n = x.size / x.shape.at(-1)!;
    const mean = tf.div(channelSums(x), n);
    const variance = tf.div(channelSums(tf.square(tf.sub(x, mean))), n);
    const y = tf.batchNorm(
      x,
      mean as tf.Tensor1D,
      variance as tf.Tensor1D,
      beta as tf.Tensor1D,
      gamma as tf.Tensor1D,
      epsilon,
    );
    return [
      y,
      average(movingMean, mean),
      average(movingVariance, variance),
      mean,
      tf.rsqrt(tf.add(variance, epsilon)),
    ];
  });
}

/**
 * Computes `dx = a dy + b x + c`, with an a, b and c for each channel: four passes over the images instead of a dozen.
 */
function batchNormGradient(dy: tf.Tensor, x: tf.Tensor, gamma: tf.Tensor, [mean, inverse]: tf.Tensor[]): tf.Tensor[] {
  return tf.tidy(() => {
    const n = x.size / x.shape.at(-1)!;
    const dbeta = channelSums(dy);
    const dgamma = tf.mul(inverse, tf.sub(channelSums(tf.mul(dy, x)), tf.mul(mean, dbeta)));
    const a = tf.mul(gamma, inverse);
    const b = tf.neg(tf.div(tf.mul(tf.mul(a, inverse), dgamma), n));
    const c = tf.neg(tf.add(tf.div(tf.mul(a, dbeta), n), tf.mul(b, mean)));
    return [tf.add(tf.add(tf.mul(dy, a), tf.mul(x, b)), c), dgamma, dbeta];
  });
}

/**
 * The gradient of max pooling. Each window passes its gradient to its first maximum, and a pixel adds up what it gets
 * from all its windows.
 */
function maxPoolGradient(dy: tf.Tensor4D, input: tf.Tensor4D, info: tf.backend_util.Conv2DInfo): tf.Tensor {
  const [x, gradient] = [input.dataSync(), dy.dataSync()];
  const sums = new Float32Array(input.size);
  const { inHeight, inWidth, outHeight, outWidth, inChannels: channels } = info;
  for (let image = 0, from = 0; image < info.batchSize; image++) {
    for (let row = 0; row < outHeight; row++) {
      const top = row * info.strideHeight - info.padInfo.top;
      const [firstRow, endRow] = [Math.max(0, top), Math.min(inHeight, top + info.filterHeight)];
      for (let column = 0; column < outWidth; column++) {
        const left = column * info.strideWidth - info.padInfo.left;
        const [firstColumn, endColumn] = [Math.max(0, left), Math.min(inWidth, left + info.filterWidth)];
        for (let channel = 0; channel < channels; channel++, from++) {
          let [best, place] = [-Infinity, -1];
          for (let y = firstRow; y < endRow; y++) {
            for (let at = firstColumn; at < endColumn; at++) {
              const pixel = ((image * inHeight + y) * inWidth + at) * channels + channel;
              if (x[pixel] > best) [best, place] = [x[pixel], pixel];
            }
          }
          if (place >= 0) sums[place] += gradient[from];
        }
      }
    }
  }
  return tf.tensor(sums, input.shape);
}
