import assert from "node:assert/strict";
import { foldBatchNormalization } from "../../lib/evaluation/folded.ts";
import { ensemble, evaluate, imageDataset, selectBackend, tf } from "../../lib/mod.ts";
import { close } from "../support.ts";
import { testOnBackends } from "../support_backends.ts";

const { conv2d, batchNormalization, activation, flatten, dense } = tf.layers;
type Options = Parameters<typeof batchNormalization>[0];
const convolution = (options: Partial<Parameters<typeof conv2d>[0]> = {}) =>
  conv2d({ filters: 16, kernelSize: 3, padding: "same", ...options });

/** Gives a model random weights; variances are positive. */
function randomize(model: tf.LayersModel): void {
  model.weights.forEach((weight, index) =>
    tf.tidy(() => {
      const values = tf.randomUniform(weight.shape as number[], 0.2, 1, "float32", index + 1);
      weight.write(/variance|gamma/.test(weight.originalName) ? values : values.sub(0.6));
    })
  );
}

/** A chain of layers, with random weights. */
function chain(layers: tf.layers.Layer[]): tf.LayersModel {
  const model = tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: [6, 6, 3] }), ...layers] });
  randomize(model);
  return model;
}

const images = () => tf.randomUniform([4, 6, 6, 3], -1, 1, "float32", 99);
const numbers = (output: tf.Tensor | tf.Tensor[]) => [output].flat().map((one) => [...one.dataSync()]);

/** How many normalizations a model would fold. */
function foldsOf(model: tf.LayersModel): number {
  const before = tf.memory().numTensors;
  const folded = foldBatchNormalization([model]);
  const made = tf.memory().numTensors - before;
  folded.dispose();
  assert.equal(tf.memory().numTensors, before);
  return made / 2; // filters and bias
}

for (
  const options of [{}, { scale: false }, { center: false }, { scale: false, center: false, epsilon: 0.1 }] as Options[]
) {
  testOnBackends(`a folded model predicts as it is (batch normalization ${JSON.stringify(options)})`, async () => {
    const model = chain([
      ...[convolution({ useBias: false }), batchNormalization(options), activation({ activation: "relu" })],
      ...[convolution({ strides: 2 }), batchNormalization(options), activation({ activation: "elu" })],
      ...[convolution({ kernelSize: 1 }), batchNormalization(options), flatten(), dense({ units: 2 })],
    ]);
    assert.equal(foldsOf(model), 3);
    const x = images();
    const before = numbers(model.predict(x));
    const folded = foldBatchNormalization([model]);
    const tensors = tf.memory().numTensors;
    const { result, kernelNames } = await tf.profile(() => ({
      output: folded.during(() => model.predict(x)) as tf.Tensor,
    }));
    const { output } = result as { output: tf.Tensor };
    close(numbers(output), before, 1e-4);
    output.dispose();
    assert.ok(!kernelNames.includes("FusedBatchNorm"), kernelNames.join());
    assert.equal(tf.memory().numTensors, tensors);
    assert.throws(() => folded.during(() => assert.fail("no work")), /no work/);
    const again = model.predict(x);
    assert.deepEqual(numbers(again), before); // as before, to the bit
    tf.dispose(again);
    folded.dispose();
    x.dispose();
    model.dispose();
  });
}

Deno.test("two models that share their layers are as before after they were folded together", async () => {
  await selectBackend("cpu");
  const inputs = tf.input({ shape: [6, 6, 3] });
  const layers = [convolution(), batchNormalization(), flatten(), dense({ units: 2 })];
  const outputs = layers.reduce((tensor, layer) => layer.apply(tensor) as tf.SymbolicTensor, inputs);
  const models = [tf.model({ inputs, outputs }), tf.model({ inputs, outputs })];
  randomize(models[0]);
  const x = images();
  const before = models.map((model) => numbers(model.predict(x)));
  const folded = foldBatchNormalization(models);
  tf.dispose(folded.during(() => models[0].predict(x)));
  folded.dispose();
  assert.deepEqual(models.map((model) => numbers(model.predict(x))), before);
});

Deno.test("only what nobody else sees is folded", async () => {
  await selectBackend("cpu");
  const relu = () => activation({ activation: "relu" });
  const cases: [folds: number, layers: tf.layers.Layer[]][] = [
    [0, [convolution({ activation: "relu" }), batchNormalization()]],
    [0, [convolution(), batchNormalization({ axis: 1 })]],
    [0, [convolution(), relu(), batchNormalization()]],
    [0, [batchNormalization(), convolution()]],
    [0, [tf.layers.separableConv2d({ filters: 4, kernelSize: 3 }), batchNormalization()]],
    [1, [convolution(), batchNormalization(), batchNormalization()]],
    [1, [convolution(), batchNormalization()]],
  ];
  for (const [folds, layers] of cases) assert.equal(foldsOf(chain(layers)), folds);

  const input = tf.input({ shape: [6, 6, 3] });
  const apply = (layer: tf.layers.Layer, x: tf.SymbolicTensor) => layer.apply(x) as tf.SymbolicTensor;
  const sums = apply(convolution(), input);
  const normal = apply(batchNormalization(), sums);
  assert.equal(foldsOf(tf.model({ inputs: input, outputs: [sums, normal] })), 0); // it is an output
  assert.equal(foldsOf(tf.model({ inputs: input, outputs: normal })), 1);
  apply(relu(), sums); // another layer takes it
  assert.equal(foldsOf(tf.model({ inputs: input, outputs: normal })), 0);

  const seen = apply(convolution(), input);
  const both = apply(batchNormalization(), seen);
  const model = tf.model({ inputs: input, outputs: [both, apply(relu(), both)] });
  randomize(model);
  assert.equal(foldsOf(model), 1); // without the activation
  const x = images();
  const folded = foldBatchNormalization([model]);
  close(numbers(folded.during(() => model.predict(x))), numbers(model.predict(x)), 1e-5);
  folded.dispose();
});

testOnBackends("evaluate() scores what a model predicts, batch normalization folded", async () => {
  const head = () => [flatten(), dense({ units: 2, activation: "softmax" })];
  const model = chain([convolution(), batchNormalization(), activation({ activation: "relu" }), ...head()]);
  model.compile({ optimizer: "sgd", loss: "categoricalCrossentropy" });
  const size = 5;
  const data = imageDataset({
    images: Uint8Array.from({ length: size * 108 }, (_, i) => (i * 37) % 5),
    labels: Uint8Array.from({ length: size }, (_, i) => i % 2),
    shape: [6, 6, 3],
    classNames: ["even", "odd"],
  });
  const xs = tf.tensor4d(Float32Array.from(data.images), [size, 6, 6, 3]);
  const predicted = numbers(model.predict(xs))[0];
  const expected = [...data.labels].map((label, image) => -Math.log(predicted[2 * image + label]));
  const mean = expected.reduce((sum, one) => sum + one) / size;
  const tensors = tf.memory().numTensors;
  for (const scored of [model, ensemble([model, model])]) {
    const { loss, predictions } = await evaluate(scored, data, { batchSize: 2 });
    close([[loss]], [[mean]], 1e-4);
    assert.deepEqual([...predictions], [...data.labels].map((_, i) => Number(predicted[2 * i + 1] > predicted[2 * i])));
  }
  assert.equal(tf.memory().numTensors, tensors);
  xs.dispose();
  model.dispose();
});
