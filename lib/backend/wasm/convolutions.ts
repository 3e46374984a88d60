/**
 * Computes a convolution's gradients as convolutions, for tfjs's WebAssembly backend. That backend has no kernel for
 * the filter's gradient and a slow one for the input's, but its forward convolution is fast.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

type Convolution = tf.backend_util.Conv2DInfo;

/**
 * The gradient of a convolution's filter. It is itself a convolution, of the images with the output's gradient, with
 * batch and channels swapped and strides turned into dilations. With few channels or a single tap (one position in the
 * filter), one matrix product per tap takes half as long.
 */
export function filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, info: Convolution): tf.Tensor {
  const { filterHeight, filterWidth, strideHeight, strideWidth, inChannels, outChannels, padInfo } = info;
  const plain = strideHeight * strideWidth === 1;
  return tf.tidy(() => {
    // the rows and columns that at least one tap touches
    const height = (info.outHeight - 1) * strideHeight + filterHeight;
    const width = (info.outWidth - 1) * strideWidth + filterWidth;
    const border = (before: number, size: number, used: number): [number, number] => [
      before,
      Math.max(0, used - size - before),
    ];
    const [rows, columns] = [
      border(padInfo.top, info.inHeight, height),
      border(padInfo.left, info.inWidth, width),
    ];
    if (plain && (filterHeight * filterWidth === 1 || inChannels < 16)) {
      const padded = tf.pad(tf.transpose(x, [3, 0, 1, 2]), [[0, 0], [0, 0], rows, columns]);
      const gradient = tf.reshape(dy, [-1, outChannels]);
      const taps = Array.from({ length: filterHeight * filterWidth }, (_, tap) => {
        const corner = [0, 0, Math.floor(tap / filterWidth), tap % filterWidth];
        const under = tf.slice(padded, corner, [inChannels, info.batchSize, info.outHeight, info.outWidth]);
        return tf.matMul(tf.reshape(under, [inChannels, -1]), gradient);
      });
      return tf.reshape(tf.stack(taps), [filterHeight, filterWidth, inChannels, outChannels]);
    }
    const padded = tf.pad(tf.transpose(x, [3, 1, 2, 0]), [[0, 0], rows, columns, [0, 0]]) as tf.Tensor4D;
    const images = padded.shape[1] === height && padded.shape[2] === width
      ? padded
      : tf.slice(padded, [0, 0, 0, 0], [inChannels, height, width, info.batchSize]);
    const taps = tf.conv2d(images, tf.transpose(dy, [1, 2, 0, 3]), 1, "valid", "NHWC", [strideHeight, strideWidth]);
    return tf.transpose(taps, [1, 2, 0, 3]);
  });
}

/**
 * The gradient of a convolution's input, computed as a convolution of the output's gradient. This is many times as fast
 * as the kernel that tfjs ships for wasm. Rows and columns that are a stride apart see the same taps of the filter.
 * Each such set, or phase, is a convolution with part of the filter, and all phases together are one convolution with
 * more output channels.
 */
export function inputGradient(dy: tf.Tensor4D, filter: tf.Tensor4D, info: Convolution): tf.Tensor {
  const { filterHeight, filterWidth, strideHeight, strideWidth, inChannels, outChannels } = info;
  const [rowTaps, columnTaps] = [Math.ceil(filterHeight / strideHeight), Math.ceil(filterWidth / strideWidth)];
  return tf.tidy(() => {
    const from = tf.transpose(filter, [0, 1, 3, 2]).dataSync();
    const phases = strideHeight * strideWidth;
    const flipped = new Float32Array(rowTaps * columnTaps * outChannels * phases * inChannels);
    for (let row = 0; row < filterHeight; row++) {
      for (let column = 0; column < filterWidth; column++) {
        const tap = (rowTaps - 1 - Math.floor(row / strideHeight)) * columnTaps + columnTaps - 1 -
          Math.floor(column / strideWidth);
        const phase = (row % strideHeight) * strideWidth + column % strideWidth;
        for (let channel = 0; channel < outChannels; channel++) {
          const at = ((row * filterWidth + column) * outChannels + channel) * inChannels;
          flipped.set(
            from.subarray(at, at + inChannels),
            ((tap * outChannels + channel) * phases + phase) * inChannels,
          );
        }
      }
    }
    const rows = phaseBorder(info.padInfo.top, info.inHeight, strideHeight, rowTaps, info.outHeight);
    const columns = phaseBorder(info.padInfo.left, info.inWidth, strideWidth, columnTaps, info.outWidth);
    const gradient = tf.conv2d(
      tf.pad(dy, [[0, 0], rows, columns, [0, 0]]),
      tf.tensor4d(flipped, [rowTaps, columnTaps, outChannels, phases * inChannels]),
      1,
      "valid",
    );
    return phases === 1 ? gradient : weave(gradient, info);
  });
}

/**
 * How many zeros to put before and after the output's gradient, so that its convolution covers exactly the input's rows
 * (or columns).
 */
function phaseBorder(padding: number, size: number, stride: number, taps: number, outputs: number): [number, number] {
  const first = Math.floor(padding / stride);
  const count = Math.ceil((padding + size) / stride) - first;
  const before = taps - 1 - first;
  return [before, count + taps - 1 - outputs - before];
}

/** Puts the phases of {@linkcode inputGradient} into their rows and columns. */
function weave(gradient: tf.Tensor4D, info: Convolution): tf.Tensor {
  const { strideHeight, strideWidth, inChannels, inHeight, inWidth, padInfo } = info;
  const [images, height, width] = gradient.shape;
  // the first phases may belong to the padding
  const [top, left] = [padInfo.top % strideHeight, padInfo.left % strideWidth];
  const from = gradient.dataSync();
  const to = new Float32Array(images * inHeight * inWidth * inChannels);
  const run = strideWidth * inChannels; // the phases of one row lie side by side, as they do in the image
  for (let image = 0; image < images; image++) {
    for (let y = 0; y < inHeight; y++) {
      const [row, phase] = [Math.floor((y + top) / strideHeight), (y + top) % strideHeight];
      for (let column = 0; column < width; column++) {
        const x = column * strideWidth - left;
        const [skip, end] = [Math.max(0, -x), Math.min(strideWidth, inWidth - x)];
        const at = (((image * height + row) * width + column) * strideHeight + phase) * run;
        to.set(
          from.subarray(at + skip * inChannels, at + end * inChannels),
          ((image * inHeight + y) * inWidth + x + skip) * inChannels,
        );
      }
    }
  }
  return tf.tensor4d(to, [images, inHeight, inWidth, inChannels]);
}
