/**
 * Images and labels as the numbers that a model takes.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type ImageDataset, imageLength } from "./dataset.ts";

/** Images and targets as plain numbers, one after the other. */
export interface Numbers {
  /** Pixels less the mean: n * h * w * c. */
  readonly xs: Float32Array;
  /** Targets: n * classes. */
  readonly ys: Float32Array;
}

/** Options of {@linkcode toNumbers}. */
export interface NumbersOptions {
  /** The mean image to subtract. */
  mean?: Float32Array;
  /** Changes an image before. */
  change?: (pixels: Uint8Array, place: number) => Uint8Array;
  /** The share of each target that is spread over all classes. Default 0. */
  labelSmoothing?: number;
}

/** The images at these places: pixels less the mean, labels one-hot, smoothed if asked for. */
export function toNumbers(dataset: ImageDataset, places: ArrayLike<number>, options: NumbersOptions = {}): Numbers {
  const { mean, change = (pixels) => pixels, labelSmoothing = 0 } = options;
  const length = imageLength(dataset);
  const classes = dataset.classNames.length;
  const xs = new Float32Array(places.length * length);
  const ys = new Float32Array(places.length * classes).fill(labelSmoothing / classes);
  for (let i = 0; i < places.length; i++) {
    const place = places[i];
    const pixels = change(dataset.images.subarray(place * length, (place + 1) * length), place);
    const to = i * length;
    if (mean) { for (let j = 0; j < length; j++) xs[to + j] = pixels[j] - mean[j]; }
    else xs.set(pixels, to);
    ys[i * classes + dataset.labels[place]] = 1 - labelSmoothing + labelSmoothing / classes;
  }
  return { xs, ys };
}

/** The numbers as tensors of shape [n, h, w, c] and [n, classes]. */
export function toTensors(dataset: ImageDataset, { xs, ys }: Numbers): { xs: tf.Tensor4D; ys: tf.Tensor2D } {
  const classes = dataset.classNames.length;
  const size = ys.length / classes;
  return { xs: tf.tensor4d(xs, [size, ...dataset.shape]), ys: tf.tensor2d(ys, [size, classes]) };
}
