/**
 * How good a model is on images it has not seen.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { toTensors } from "../data/batches.ts";
import type { ImageDataset } from "../data/dataset.ts";
import { checkNumber, rules } from "../support/check.ts";

/** Precision, recall, f1 and support of one class. */
export interface ClassScore {
  /** The class. */
  readonly name: string;
  /** Of those called this class, the fraction that is. 0 where none was called so. */
  readonly precision: number;
  /** Of this class, the fraction that was found. 0 where there is none. */
  readonly recall: number;
  /** The harmonic mean of the two. */
  readonly f1: number;
  /** Images of this class. */
  readonly support: number;
}

/** What {@linkcode evaluate} finds. */
export interface Evaluation {
  /** The mean loss, by the model's own loss function. */
  readonly loss: number;
  /** The fraction that is right. */
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
 * Evaluates a compiled classifier.
 *
 * @param model A compiled model from [n, h, w, c] to class probabilities [n, classes].
 * @param dataset The images, with their labels.
 * @param options `batchSize`, default 256; `mean`, the mean image that training subtracted.
 * @throws {TypeError} If the model is not compiled or has another number of classes.
 * @throws {RangeError} If the batch size is no whole number of 1 or more.
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
  model: tf.LayersModel,
  dataset: ImageDataset,
  options: { batchSize?: number; mean?: Float32Array } = {},
): Promise<Evaluation> {
  const { batchSize = 256, mean } = options;
  checkNumber("evaluate a model", "batchSize", batchSize, ...rules.count);
  const classes = dataset.classNames.length;
  const outputs = (model.outputs[0].shape.at(-1)) ?? 0;
  if (outputs !== classes) {
    throw new TypeError(`Cannot evaluate a model: it must have ${classes} classes as the data set, got ${outputs}`);
  }
  const lossFunction = lossFunctionOf(model);
  const predictions = new Uint8Array(dataset.size);
  let lossSum = 0;
  for (let start = 0; start < dataset.size; start += batchSize) {
    const places = Array.from({ length: Math.min(batchSize, dataset.size - start) }, (_, i) => start + i);
    const [classOf, loss] = tf.tidy(() => {
      const { xs, ys } = toTensors(dataset, places, mean);
      const output = model.predictOnBatch(xs) as tf.Tensor;
      return [output.argMax(-1), lossFunction(ys, output).mean()];
    });
    predictions.set(await classOf.data(), start);
    lossSum += (await loss.data())[0] * places.length;
    tf.dispose([classOf, loss]);
  }
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  predictions.forEach((predicted, index) => confusion[dataset.labels[index]][predicted]++);
  return { loss: lossSum / dataset.size, ...scores(confusion, dataset.classNames), confusion, predictions };
}

/** A model's loss function: tfjs keeps it, by output, in a field that its type leaves out; a sequential model has it inside. */
function lossFunctionOf(model: tf.LayersModel): (truth: tf.Tensor, output: tf.Tensor) => tf.Tensor {
  interface Inside {
    lossFunctions?: ((truth: tf.Tensor, output: tf.Tensor) => tf.Tensor)[];
    model?: Inside;
  }
  const inside = model as unknown as Inside;
  const functions = inside.lossFunctions ?? inside.model?.lossFunctions;
  if (!functions) throw new TypeError("Cannot evaluate a model: it must be compiled, got one that is not");
  return functions[0];
}

/** Accuracy, scores by class and the report, from the confusion matrix. */
export function scores(confusion: readonly (readonly number[])[], classNames: readonly string[]) {
  const total = confusion.flat().reduce((sum, count) => sum + count, 0);
  const right = confusion.reduce((sum, row, index) => sum + row[index], 0);
  const ratio = (part: number, whole: number) => whole === 0 ? 0 : part / whole;
  const classes = classNames.map((name, index): ClassScore => {
    const support = confusion[index].reduce((sum, count) => sum + count, 0);
    const precision = ratio(confusion[index][index], confusion.reduce((sum, row) => sum + row[index], 0));
    const recall = ratio(confusion[index][index], support);
    return { name, precision, recall, f1: ratio(2 * precision * recall, precision + recall), support };
  });
  const accuracy = ratio(right, total);
  return { accuracy, classes, report: reportText(classes, accuracy, total) };
}

/** scikit-learn's `classification_report` of the same numbers, to the character. */
function reportText(classes: readonly ClassScore[], accuracy: number, total: number): string {
  const width = Math.max("weighted avg".length, ...classes.map(({ name }) => name.length));
  const cell = (value: number | string) => ` ${(typeof value === "string" ? value : value.toFixed(2)).padStart(9)}`;
  const line = (name: string, cells: (number | string)[], support: number) =>
    `${name.padStart(width)} ${cells.map(cell).join("")}${cell(String(support))}`;
  const average = (weight: (score: ClassScore) => number) => {
    const sum = classes.reduce((all, score) => all + weight(score), 0) || 1;
    return (["precision", "recall", "f1"] as const).map((key) =>
      classes.reduce((all, score) => all + score[key] * weight(score), 0) / sum
    );
  };
  const scoresOf = ({ precision, recall, f1 }: ClassScore) => [precision, recall, f1];
  return [
    `${"".padStart(width)} ${["precision", "recall", "f1-score", "support"].map(cell).join("")}`,
    "",
    ...classes.map((score) => line(score.name, scoresOf(score), score.support)),
    "",
    line("accuracy", ["", "", accuracy], total),
    line("macro avg", average(() => 1), total),
    line("weighted avg", average(({ support }) => support), total),
    "",
  ].join("\n");
}

/** The confusion matrix as text: a row a true class, a column a prediction. */
export function confusionText(confusion: readonly (readonly number[])[], classNames: readonly string[]): string {
  const width = Math.max(10, ...classNames.map((name) => name.length));
  const cell = Math.max(
    6,
    ...classNames.map((name) => name.length + 1),
    ...confusion.flat().map((n) => `${n}`.length + 1),
  );
  return [
    `${"true \\ said".padStart(width)}${classNames.map((name) => name.padStart(cell)).join("")}`,
    ...confusion.map((row, index) =>
      `${classNames[index].padStart(width)}${row.map((n) => `${n}`.padStart(cell)).join("")}`
    ),
    "",
  ].join("\n");
}
