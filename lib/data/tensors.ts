/**
 * Converts images and labels to the numbers that a model takes.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type ImageDataset, imageLength } from "./dataset.ts";

/** Images and targets as plain numbers. */
export interface Numbers {
  /** The pixels minus the mean: n * h * w * c numbers. */
  readonly xs: Float32Array;
  /** The targets: n * classes numbers. */
  readonly ys: Float32Array;
}

/** Options of {@linkcode toNumbers}. */
export interface NumbersOptions {
  /** The mean image to subtract. */
  mean?: Float32Array;
  /** Changes an image before the mean is subtracted. */
  change?: (pixels: Uint8Array, place: number) => Uint8Array;
  /** The share of each target that is spread over all classes. Default 0. */
  labelSmoothing?: number;
}

/** Converts the images at these places: the mean is subtracted, and labels become one-hot, smoothed on request. */
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

/** Makes tensors of shape [n, h, w, c] and [n, classes] from the numbers. */
export function toTensors(dataset: ImageDataset, { xs, ys }: Numbers): { xs: tf.Tensor4D; ys: tf.Tensor2D } {
  const classes = dataset.classNames.length;
  const size = ys.length / classes;
  return { xs: tf.tensor4d(xs, [size, ...dataset.shape]), ys: tf.tensor2d(ys, [size, classes]) };
}
