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
