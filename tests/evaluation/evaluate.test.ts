import assert from "node:assert/strict";
import { ensemble, evaluate, imageDataset, tf } from "../../lib/mod.ts";
import { close } from "../support.ts";
import { testOnBackends } from "../support_backends.ts";
import { scores } from "../../lib/evaluation/report.ts";

Deno.test("scores() prints what scikit-learn's classification_report prints", () => {
  // classification_report of this confusion matrix, digits=2, by scikit-learn 1.5's documented layout
  const { report, accuracy } = scores([[3, 1, 0], [0, 0, 2], [1, 0, 5]], ["cat", "dog", "automobile"]);
  assert.equal(accuracy, 8 / 12);
  assert.equal(
    report,
    [
      "              precision    recall  f1-score   support",
      "",
      "         cat       0.75      0.75      0.75         4",
      "         dog       0.00      0.00      0.00         2",
      "  automobile       0.71      0.83      0.77         6",
      "",
      "    accuracy                           0.67        12",
      "   macro avg       0.49      0.53      0.51        12",
      "weighted avg       0.61      0.67      0.63        12",
      "",
    ].join("\n"),
  );
});

/** Two pixels, dark and bright, whose brightness is the class that is likelier. */
const dots = imageDataset({
  images: new Uint8Array([0, 1, 2, 3, 3]),
  labels: new Uint8Array([0, 0, 1, 1, 0]),
  shape: [1, 1, 1],
  classNames: ["dark", "bright"],
});
/** The probability that a pixel x is bright: that of a softmax over 0 and slope x + offset. */
const bright = (x: number, slope: number, offset: number) => 1 / (1 + Math.exp(-(slope * x + offset)));

/** A model that gives that probability, compiled or not. */
function classifier(slope: number, offset: number, loss?: string): tf.LayersModel {
  const model = tf.sequential({
    layers: [
      tf.layers.flatten({ inputShape: [1, 1, 1] }),
      tf.layers.dense({ units: 2, activation: "softmax" }),
    ],
  });
  model.setWeights([tf.tensor2d([[0, slope]]), tf.tensor1d([0, offset])]);
  if (loss) model.compile({ optimizer: "sgd", loss });
  return model;
}

const SLOPES = [[1, -1], [2, -5], [-1, 1]] as const;
/** For each dot, the mean of the probabilities that it is bright, of the classifiers with these slopes and offsets. */
const means = (classifiers: readonly (readonly [number, number])[]) =>
  [...dots.images].map((x) => classifiers.reduce((sum, [a, b]) => sum + bright(x, a, b), 0) / classifiers.length);
const crossEntropy = (probabilities: number[]) =>
  probabilities.reduce((sum, p, index) => sum - Math.log(dots.labels[index] ? p : 1 - p), 0) / dots.size;

testOnBackends("an ensemble predicts the mean of its models, and is evaluated by it", async () => {
  const models = SLOPES.map(([slope, offset]) => classifier(slope, offset));
  const all = ensemble(models);
  const x = tf.tensor4d([...dots.images], [5, 1, 1, 1]);
  const before = tf.memory().numTensors;
  for (const options of [undefined, { batchSize: 2 }]) {
    const prediction = all.predict(x, options);
    assert.deepEqual(prediction.shape, [5, 2]);
    const expected = means(SLOPES);
    close([[...prediction.dataSync()]], [expected.flatMap((p) => [1 - p, p])], 1e-5);
    prediction.dispose();
  }
  const { loss, predictions, accuracy, confusion } = await evaluate(all, dots, { batchSize: 2 });
  close([[loss]], [[crossEntropy(means(SLOPES))]], 1e-5);
  assert.deepEqual([...predictions], means(SLOPES).map((p) => Number(p > 0.5)));
  assert.equal(accuracy, [...predictions].filter((one, index) => one === dots.labels[index]).length / 5);
  assert.equal(confusion.flat().reduce((sum, count) => sum + count), 5);
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("an ensemble of one is evaluated as the model, and its loss is that of the first model that is compiled", async () => {
  await tf.setBackend("cpu");
  const model = classifier(1, -1, "categoricalCrossentropy");
  assert.deepEqual(await evaluate(ensemble([model]), dots), await evaluate(model, dots));
  close([[(await evaluate(model, dots)).loss]], [[crossEntropy(means([[1, -1]]))]], 1e-5);
  const squares = ensemble([classifier(2, -5), classifier(1, -1, "meanSquaredError"), model]);
  const expected = means([[2, -5], [1, -1], [1, -1]]).map((p, index) => (p - dots.labels[index]) ** 2);
  close([[(await evaluate(squares, dots)).loss]], [[expected.reduce((sum, value) => sum + value) / 5]], 1e-5);
});

Deno.test("a report rounds halves to even, as Python does", () => {
  // precisions of 1/8 and 5/8: 0.12 and 0.62 in Python, where toFixed(2) gives 0.13 and 0.63
  const { report } = scores([[1, 3], [7, 5]], ["cat", "dog"]);
  assert.match(report, /cat {7}0\.12 /);
  assert.match(report, /dog {7}0\.62 /);
});

Deno.test("evaluate() and ensemble() refuse what they cannot use", async () => {
  await tf.setBackend("cpu");
  const dense = (units: number) => tf.sequential({ layers: [tf.layers.dense({ units, inputShape: [1] })] });
  assert.throws(() => ensemble([]), /^TypeError: Cannot make an ensemble: there must be one model or more, got \[\]$/);
  assert.throws(
    () => ensemble([dense(2), dense(2), dense(3)]),
    /^TypeError: Cannot make an ensemble: its outputs must all have the shape \[null,2\], got \[null,3\]$/,
  );
  const input = tf.input({ shape: [1] });
  const twice = [0, 1].map(() => tf.layers.dense({ units: 2 }).apply(input) as tf.SymbolicTensor);
  for (const wrong of [undefined, {}, [undefined], [{}], ["model"], [tf.model({ inputs: input, outputs: twice })]]) {
    assert.throws(() => ensemble(wrong as never), /^TypeError: Cannot make an ensemble: .*, got /);
  }
  await assert.rejects(
    () => evaluate(classifier(1, 1), dots),
    /^TypeError: Cannot evaluate a model: it must be compiled, got one that is not$/,
  );
  await assert.rejects(() => evaluate(classifier(1, 1), dots, { means: 1 } as never), /^TypeError: .* got "means"$/);
  const mean = new Float32Array(2);
  await assert.rejects(
    () => evaluate(ensemble([dense(2)]), dots, { mean }),
    /^TypeError: .*mean image must hold .*, got 2$/,
  );
  await assert.rejects(
    () => evaluate(ensemble([dense(3)]), dots),
    /^TypeError: .*must have as many classes as the data set, 2, got 3$/,
  );
});
