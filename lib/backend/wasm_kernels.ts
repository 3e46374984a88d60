/**
 * Kernels that training needs and tfjs's WebAssembly backend lacks.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { fasterInputGradient, registerBatchNorm } from "./gradients.ts";

const WASM = "wasm";
const FILTER_GRADIENT = "Conv2DBackpropFilter";

/** Registers them; a second call changes nothing. */
export function registerWasmKernels(): void {
  if (tf.getKernel(FILTER_GRADIENT, WASM)) return;
  tf.registerKernel({
    kernelName: FILTER_GRADIENT,
    backendName: WASM,
    kernelFunc: ({ inputs, attrs }) => {
      const { x, dy } = inputs as Record<string, tf.Tensor4D>;
      const { strides, pad, filterShape } = attrs as unknown as {
        strides: [number, number] | number;
        pad: "same" | "valid" | number;
        filterShape: [number, number, number, number];
      };
      return filterGradient(x, dy, filterShape, strides, pad);
    },
  });
  fasterInputGradient(WASM);
  registerBatchNorm(WASM, { outputs: 5, forward: batchNorm, backward: batchNormGradient });
  // tfjs's own counts a pixel once, however many windows it is the maximum of
  tf.unregisterKernel("MaxPoolGrad", WASM);
  tf.registerKernel({
    kernelName: "MaxPoolGrad",
    backendName: WASM,
    kernelFunc: ({ inputs, attrs }) => {
      const { dy, input } = inputs as Record<string, tf.Tensor4D>;
      const { filterSize, strides, pad } = attrs as unknown as
        & Record<"filterSize" | "strides", [number, number] | number>
        & {
          pad: "same" | "valid" | number;
        };
      return maxPoolGradient(dy, input, filterSize, strides, pad);
    },
  });
}

/** Sums over all but the channels, as a matrix product: the fastest sum that this backend has. */
function channelSums(x: tf.Tensor): tf.Tensor {
  const channels = x.shape.at(-1)!;
  const rows = tf.reshape(x, [-1, channels]) as tf.Tensor2D;
  return tf.reshape(tf.matMul(tf.ones([1, rows.shape[0]]), rows), [channels]);
}

function batchNorm(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: number): tf.Tensor[] {
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
    return [y, mean, variance, mean.clone(), tf.rsqrt(tf.add(variance, epsilon))];
  });
}

/** `dx = a dy + b x + c` with one a, b and c a channel: four passes over the images in place of a dozen. */
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

/** The gradient of max pooling: each window's goes to its first maximum; a pixel gathers those of all its windows. */
function maxPoolGradient(
  dy: tf.Tensor4D,
  input: tf.Tensor4D,
  filterSize: [number, number] | number,
  strides: [number, number] | number,
  pad: "same" | "valid" | number,
): tf.Tensor {
  const info = tf.backend_util.computePool2DInfo(input.shape, filterSize, strides, 1, pad);
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

/**
 * The filter's gradient. For plain 3x3 convolutions of many channels it is itself a convolution, of the transposed
 * images with the transposed gradient; else, for each tap, the images under it times the gradient as a matrix
 * product. (16x32x32x96 -> 32: 63 ms for 104; of 3 channels: 33 ms for 6. tfjs's own transposed product takes 20 times
 * as long, hence the transposition beforehand.)
 */
function filterGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  filterShape: [number, number, number, number],
  strides: [number, number] | number,
  pad: "same" | "valid" | number,
): tf.Tensor {
  return tf.tidy(() => {
    const info = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad);
    const [rows, columns, inChannels, outChannels] = filterShape;
    const { top, bottom, left, right } = info.padInfo;
    if (rows * columns > 1 && info.strideHeight * info.strideWidth === 1 && inChannels >= 16) {
      const images = tf.pad(tf.transpose(x, [3, 1, 2, 0]), [[0, 0], [top, bottom], [left, right], [0, 0]]);
      const taps = tf.conv2d(images, tf.transpose(dy, [1, 2, 0, 3]), 1, "valid");
      return tf.transpose(taps, [1, 2, 0, 3]);
    }
    const padded = tf.pad(tf.transpose(x, [3, 0, 1, 2]), [[0, 0], [0, 0], [top, bottom], [left, right]]);
    const gradient = tf.reshape(dy, [-1, outChannels]);
    const taps: tf.Tensor[] = [];
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const under = tf.stridedSlice(
          padded,
          [0, 0, row, column],
          [
            inChannels,
            x.shape[0],
            row + (info.outHeight - 1) * info.strideHeight + 1,
            column + (info.outWidth - 1) * info.strideWidth + 1,
          ],
          [1, 1, info.strideHeight, info.strideWidth],
        );
        taps.push(tf.matMul(tf.reshape(under, [inChannels, -1]), gradient));
      }
    }
    return tf.reshape(tf.stack(taps), filterShape);
  });
}
