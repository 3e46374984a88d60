/**
 * Kernels that training needs and tfjs's WebAssembly backend lacks.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { convolutionGradient, replaceGradient } from "./gradients.ts";

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
  replaceGradient(WASM, "Conv2D", convolutionGradient);
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

/** The filter's gradient: for each of its taps, the images under that tap times the gradient, as one matrix product. */
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
    const padded = tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]]);
    const gradient = tf.reshape(dy, [-1, outChannels]);
    const taps: tf.Tensor[] = [];
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const under = tf.stridedSlice(
          padded,
          [0, row, column, 0],
          [
            x.shape[0],
            row + (info.outHeight - 1) * info.strideHeight + 1,
            column + (info.outWidth - 1) * info.strideWidth + 1,
            inChannels,
          ],
          [1, info.strideHeight, info.strideWidth, 1],
        );
        taps.push(tf.matMul(tf.reshape(under, [-1, inChannels]), gradient, true, false));
      }
    }
    return tf.reshape(tf.stack(taps), filterShape);
  });
}
