/**
 * Measures how good a model is on images that it has not seen.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { ImageDataset } from "../data/dataset.ts";
import { checkMean } from "../data/mean_image.ts";
import { toNumbers, toTensors } from "../data/tensors.ts";
import { checkNumber, checkOptions, rules } from "../support/check.ts";
import { foldBatchNormalization } from "./folded.ts";
import { Ensemble, ensemble } from "./ensemble.ts";
import { type ClassScore, scores } from "./report.ts";

export type { ClassScore };
export { confusionText } from "./report.ts";

/** What {@linkcode evaluate} returns. */
export interface Evaluation {
  /** The mean loss by the model's own loss function. For an ensemble, the loss of the mean probabilities. */
  readonly loss: number;
  /** The fraction of correct predictions. */
  readonly accuracy: number;
  /** Counts: `confusion[truth][prediction]`. */
  readonly confusion: readonly (readonly number[])[];
  /** Each class's scores. */
  readonly classes: readonly ClassScore[];
  /** The classification report as text, in scikit-learn's layout. */
  readonly report: string;
  /** The predicted class of each image. */
  readonly predictions: Uint8Array;
}

/**
 * Evaluates a compiled classifier or an ensemble of classifiers. An ensemble's loss function is that of its first
 * compiled model, or categorical cross-entropy if none is compiled.
 *
 * @param model A compiled model from [n, h, w, c] to class probabilities [n, classes], or an ensemble of such models.
 * @param dataset The images, with their labels.
 * @param options `batchSize`, default 256; `mean`, the mean image that training subtracted.
 * @throws {TypeError} If the model is not compiled, its number of classes differs from the data set's, an option is
 * unknown, or the mean does not fit the images.
 * @throws {RangeError} If the batch size is not a whole number of 1 or more.
 * @example
 * ```ts
 * import { evaluate, imageDataset, tf } from "../mod.ts";
 *
 * const model = tf.sequential({ layers: [tf.layers.flatten({ inputShape: [1, 1, 2] }), tf.layers.activation({ activation: "softmax" })] });
 * model.compile({ optimizer: "sgd", loss: "categoricalCrossentropy" });
 * const images = new Uint8Array([9, 0, 0, 9]), labels = new Uint8Array([0, 1]);
 * const dots = imageDataset({ images, labels, shape: [1, 1, 2], classNames: ["left", "right"] });
 * if ((await evaluate(model, dots)).accuracy !== 1) throw new Error("both right");
 * ```
 */
export async function evaluate(
  model: tf.LayersModel | Ensemble,
  dataset: ImageDataset,
  options: { batchSize?: number; mean?: Float32Array } = {},
): Promise<Evaluation> {
  const verb = "evaluate a model";
  checkOptions(verb, options, ["batchSize", "mean"]);
  const { batchSize = 256, mean } = options;
  checkNumber(verb, "batchSize", batchSize, ...rules.count);
  checkMean(verb, dataset, mean);
  const classes = dataset.classNames.length;
  const scored = model instanceof Ensemble ? model : ensemble([model]);
  const modelClasses = scored.models[0].outputs[0].shape.at(-1);
  if (modelClasses !== classes) {
    throw new TypeError(
      `Cannot ${verb}: it must have as many classes as the data set, ${classes}, got ${modelClasses}`,
    );
  }
  const lossFunction = lossFunctionOf(model);
  const outputs = new Float32Array(dataset.size * classes);
  const folded = foldBatchNormalization(scored.models);
  try {
    for (let start = 0; start < dataset.size; start += batchSize) {
      const places = Array.from({ length: Math.min(batchSize, dataset.size - start) }, (_, i) => start + i);
      const output = tf.tidy(() => {
        const { xs } = toTensors(dataset, toNumbers(dataset, places, { mean }));
        return folded.during(() => scored.predict(xs, { batchSize }));
      });
      outputs.set(await output.data(), start * classes);
      output.dispose();
    }
  } finally {
    folded.dispose();
  }
  const predictions = dataset.labels.map((_, image) => largest(outputs, image * classes, (image + 1) * classes));
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  predictions.forEach((predicted, index) => confusion[dataset.labels[index]][predicted]++);
  const loss = await meanLoss(lossFunction, dataset, outputs);
  return { loss, ...scores(confusion, dataset.classNames), confusion, predictions };
}

/** The index of the largest number in a range, counted from its start; the first one if several are equal. */
function largest(numbers: Float32Array, from: number, to: number): number {
  let place = from;
  for (let i = from + 1; i < to; i++) if (numbers[i] > numbers[place]) place = i;
  return place - from;
}

/** The mean loss, computed for all images at once: it takes a dozen small operations, as many as each batch would. */
async function meanLoss(
  lossFunction: LossFunction,
  { labels, size, classNames: { length: classes } }: ImageDataset,
  outputs: Float32Array,
): Promise<number> {
  const truth = new Float32Array(outputs.length);
  labels.forEach((label, image) => truth[image * classes + label] = 1);
  const loss = tf.tidy(() =>
    lossFunction(tf.tensor2d(truth, [size, classes]), tf.tensor2d(outputs, [size, classes])).mean()
  );
  const [value] = await loss.data();
  loss.dispose();
  return value;
}

type LossFunction = (truth: tf.Tensor, output: tf.Tensor) => tf.Tensor;

/** The loss function that scores a model's predictions. */
function lossFunctionOf(model: tf.LayersModel | Ensemble): LossFunction {
  if (model instanceof Ensemble) {
    return model.models.map(compiledLoss).find((loss) => loss) ?? tf.metrics.categoricalCrossentropy;
  }
  const loss = compiledLoss(model);
  if (!loss) throw new TypeError("Cannot evaluate a model: it must be compiled, got one that is not");
  return loss;
}

/**
 * tfjs keeps a model's loss functions, one per output, in a field that its type leaves out. A sequential model keeps
 * that field in the model inside it.
 */
function compiledLoss(model: tf.LayersModel): LossFunction | undefined {
  interface Inside {
    loss?: unknown;
    lossFunctions?: LossFunction[];
    model?: Inside;
  }
  const own = model as unknown as Inside;
  const inside = own.lossFunctions ? own : own.model;
  // A model that was trained by the native backend has a faster function. Its last digit differs, and the same weights
  // must score the same, trained here or loaded.
  return inside?.loss === "categoricalCrossentropy" ? tf.metrics.categoricalCrossentropy : inside?.lossFunctions?.[0];
}
