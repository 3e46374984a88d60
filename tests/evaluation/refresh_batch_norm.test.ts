import assert from "node:assert/strict";
import { batches, refreshBatchNorm, tf } from "../../lib/mod.ts";
import { dropoutMasks, seededDropout } from "../../lib/models/seeded_dropout.ts";
import { mean } from "../../lib/support/statistics.ts";
import { close, numbers, smallImages, tinyBatches, tinyModel } from "../support.ts";
import { testOnBackends } from "../support_backends.ts";

type Data = tf.data.Dataset<{ xs: tf.Tensor }>;
const EPSILON = 1e-3;

/** A data set of batches that are made when they are asked for. */
function dataOf(...makers: (() => unknown)[]): Data {
  const pass = function* () {
    for (const make of makers) yield make();
  };
  return tf.data.generator(pass as unknown as () => Iterator<tf.TensorContainer>) as Data;
}

const batchesOf = (...xs: number[][][]) => dataOf(...xs.map((rows) => () => ({ xs: tf.tensor2d(rows) })));
const column = (rows: number[][], index: number) => rows.map((row) => row[index]);
const variance = (values: number[]) => mean(values.map((value) => (value - mean(values)) ** 2));
const values = (model: tf.LayersModel) => model.getWeights().map((weight) => [...weight.dataSync()]);

/** The running statistics of the model's layers, by their names. */
function statistics(model: tf.LayersModel, name: string): number[][] {
  return model.getLayer(name).getWeights().slice(2).map((weight) => [...weight.dataSync()]);
}

const FIRST = [[1, 10], [3, 30], [8, -10]];
const SECOND = [[-2, 4], [6, 4]];

testOnBackends(
  "it is the mean of the batches' means and biased variances, a small batch counting the same",
  async () => {
    const model = tf.sequential({ layers: [tf.layers.batchNormalization({ inputShape: [2], name: "norm" })] });
    const { gamma, beta, useless } = { gamma: tf.ones([2]), beta: tf.zeros([2]), useless: tf.tensor1d([NaN, 1e30]) };
    model.setWeights([gamma, beta, useless, useless]); // what was there does not count
    assert.equal(await refreshBatchNorm(model, batchesOf(FIRST, SECOND)), 1);
    close(
      statistics(model, "norm"),
      [mean, variance].map((of) => [0, 1].map((i) => (of(column(FIRST, i)) + of(column(SECOND, i))) / 2)),
      1e-6,
    );
  },
);

testOnBackends("each layer sees the layers before it normalize by the batch, and no dropout", async () => {
  const model = tf.sequential({
    layers: [
      tf.layers.batchNormalization({
        ...{ inputShape: [2], name: "first" },
        gammaInitializer: tf.initializers.constant({ value: 2 }),
        betaInitializer: tf.initializers.constant({ value: 0.5 }),
      }),
      tf.layers.dropout({ rate: 0.9 }),
      tf.layers.dense({ units: 1, kernelInitializer: tf.initializers.constant({ value: 3 }), activation: "relu" }),
      tf.layers.batchNormalization({ name: "second", momentum: 0.5 }),
    ],
  });
  const outputs = (rows: number[][]) => {
    const normal = (value: number, i: number) =>
      2 * (value - mean(column(rows, i))) / Math.sqrt(variance(column(rows, i)) + EPSILON) + 0.5;
    return rows.map((row) => Math.max(0, row.reduce((sum, value, i) => sum + 3 * normal(value, i), 0)));
  };
  assert.equal(await refreshBatchNorm(model, batchesOf(FIRST, SECOND)), 2);
  close(
    statistics(model, "second"),
    [mean, variance].map((of) => [(of(outputs(FIRST)) + of(outputs(SECOND))) / 2]),
    1e-5,
  );
});

testOnBackends(
  "images are normalized by channel, by the biased variance also where a kernel has Bessel's correction",
  async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.batchNormalization({ inputShape: [1, 2, 3], name: "norm" }),
        tf.layers.activation({ activation: "relu" }),
      ],
    });
    const xs = [numbers([2, 1, 2, 3], 1), numbers([2, 1, 2, 3], 2)];
    await refreshBatchNorm(model, dataOf(...xs.map((x) => () => ({ xs: x.clone() }))));
    const channel = (x: tf.Tensor, index: number) => [...x.dataSync()].filter((_, place) => place % 3 === index);
    close(
      statistics(model, "norm"),
      [mean, variance].map((of) => [0, 1, 2].map((index) => mean(xs.map((x) => of(channel(x, index)))))),
      1e-5,
    );
  },
);

testOnBackends(
  "with the statistics of one batch, a prediction of that batch is what training makes of it",
  async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({ filters: 4, kernelSize: 3, inputShape: [6, 6, 2] }),
        tf.layers.batchNormalization(),
        tf.layers.activation({ activation: "relu" }),
        tf.layers.flatten(),
        tf.layers.batchNormalization(),
      ],
    });
    const x = numbers([5, 6, 6, 2], 3);
    await refreshBatchNorm(model, dataOf(() => ({ xs: x.clone() })));
    const predicted = tf.tidy(() => [...(model.predict(x) as tf.Tensor).dataSync()]);
    const trained = tf.tidy(() => [...(model.apply(x, { training: true }) as tf.Tensor).dataSync()]);
    close([predicted], [trained], 1e-3);
  },
);

testOnBackends("nothing but the statistics changes, and nothing leaks", async () => {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 3, inputShape: [2] }),
      tf.layers.batchNormalization({ momentum: 0.7, name: "norm" }),
      seededDropout({ rate: 0.5, seed: 3 }),
      tf.layers.dense({ units: 1 }),
    ],
  });
  model.compile({ optimizer: tf.train.momentum(0.1, 0.9), loss: "meanSquaredError" });
  await model.fitDataset(tinyBatches(2), { epochs: 1, verbose: 0 });
  const layer = model.getLayer("norm") as tf.layers.Layer & { momentum: number };
  const weights = () => values(model).filter((_, index) => ![6, 7].includes(index)); // the statistics come last
  const [before, tensors, call] = [weights(), tf.memory(), layer.call];
  const data = dataOf(...Array.from({ length: 20 }, (_, key) => () => ({
    xs: numbers([4, 2], key),
    ys: { deep: [tf.ones([4, 1])] }, // freed, whatever it is
  })));
  for (const options of [{}, { batches: 3 }, { batches: 99 }]) {
    assert.equal(await refreshBatchNorm(model, data, options), 1);
  }
  assert.equal(tf.memory().numTensors, tensors.numTensors);
  assert.equal(tf.memory().numDataBuffers, tensors.numDataBuffers);
  assert.deepEqual(weights(), before);
  assert.deepEqual(dropoutMasks(model), [2]); // those of the fit
  assert.equal(layer.momentum, 0.7);
  assert.equal(layer.call, call);
  assert.equal(Object.hasOwn(layer, "call"), false);
});

Deno.test("options.batches is how many batches are read at most", async () => {
  await tf.setBackend("cpu");
  const model = tf.sequential({ layers: [tf.layers.batchNormalization({ inputShape: [2], name: "norm" })] });
  let read = 0;
  const data = dataOf(...[FIRST, SECOND, SECOND].map((rows) => () => {
    read++;
    return { xs: tf.tensor2d(rows) };
  }));
  await refreshBatchNorm(model, data, { batches: 1 });
  assert.equal(read, 1);
  close(statistics(model, "norm"), [mean, variance].map((of) => [0, 1].map((i) => of(column(FIRST, i)))), 1e-6);
});

Deno.test("layers inside of models and wrappers, layers that are shared, and several inputs are refreshed too", async () => {
  await tf.setBackend("cpu");
  const [left, right] = [tf.input({ shape: [2], name: "left" }), tf.input({ shape: [2], name: "right" })];
  const shared = tf.layers.batchNormalization({ name: "shared" });
  const inner = tf.sequential({ name: "inner", layers: [tf.layers.batchNormalization({ inputShape: [2] })] });
  const each = tf.layers.timeDistributed({ layer: tf.layers.batchNormalization(), name: "each" });
  const steps = tf.layers.reshape({ targetShape: [2, 2] });
  const a = shared.apply(left) as tf.SymbolicTensor;
  const b = inner.apply(shared.apply(right)) as tf.SymbolicTensor;
  const both = tf.layers.concatenate().apply([a, b]) as tf.SymbolicTensor;
  const output = each.apply(steps.apply(both)) as tf.SymbolicTensor;
  const model = tf.model({ inputs: [left, right], outputs: output });
  for (const named of [true, false]) {
    const tensors = () => [tf.tensor2d(FIRST), tf.tensor2d(FIRST.map(([x, y]) => [x + 4, y - 7]))];
    const data = dataOf(() => {
      const [left, right] = tensors();
      return { xs: named ? { right, left } : [left, right] };
    });
    const before = tf.memory().numTensors;
    assert.equal(await refreshBatchNorm(model, data), 3);
    assert.equal(tf.memory().numTensors, before);
    const [means, variances] = statistics(model, "shared");
    close([means], [[mean(column(FIRST, 0)) + 2, mean(column(FIRST, 1)) - 3.5]], 1e-5); // both its inputs count
    close([variances], [[variance(column(FIRST, 0)), variance(column(FIRST, 1))]], 1e-5);
    for (const name of ["inner", "each"]) close([statistics(model, name)[0]], [[0, 0]], 1e-5); // normalized before
  }
});

Deno.test("a batch that does not fit, or data that fails, leaves the model as it was", async () => {
  await tf.setBackend("cpu");
  const model = tf.sequential({ layers: [tf.layers.batchNormalization({ inputShape: [2], name: "norm" })] });
  const before = values(model);
  const { numTensors } = tf.memory();
  const good = () => ({ xs: tf.tensor2d(FIRST) });
  const fails = () => {
    throw new Error("no more disk");
  };
  await assert.rejects(() => refreshBatchNorm(model, dataOf(good, () => ({ xs: tf.ones([2, 3]) }))), /\[.*3\]/);
  await assert.rejects(() => refreshBatchNorm(model, dataOf(good, fails)), /no more disk/);
  await assert.rejects(
    () => refreshBatchNorm(model, dataOf(good, () => ({ ys: tf.ones([2, 3]) }))),
    /^TypeError: Cannot refresh batch normalization: each batch must have xs, got \["ys"\]$/,
  );
  await assert.rejects(
    () => refreshBatchNorm(model, dataOf()),
    /^RangeError: Cannot refresh batch normalization: there must be one batch or more, got 0$/,
  );
  assert.deepEqual(values(model), before);
  assert.equal(tf.memory().numTensors, numTensors);
  const { momentum } = model.getLayer("norm") as unknown as { momentum: number };
  assert.equal(momentum, 0.99);
});

Deno.test("a model without batch normalization is done at once, and wrong arguments are refused", async () => {
  await tf.setBackend("cpu");
  const fails = () => assert.fail("read");
  assert.equal(await refreshBatchNorm(tinyModel(tf.train.sgd(0.1)), dataOf(fails)), 0);
  const norm = (args = {}) => tf.sequential({ layers: [tf.layers.batchNormalization({ inputShape: [2], ...args })] });
  for (const batches of [0, 1.5, NaN, -1]) {
    await assert.rejects(() => refreshBatchNorm(norm(), batchesOf(FIRST), { batches }), RangeError);
  }
  for (const data of [undefined, null, [], [FIRST], "data"]) {
    await assert.rejects(() => refreshBatchNorm(norm(), data as never), /^TypeError: .*must be a tf.data.Dataset, got/);
  }
  await assert.rejects(() => refreshBatchNorm(norm(), batchesOf(FIRST), { batch: 1 } as never), TypeError);
  for (const without of [{ scale: false }, { center: false }]) {
    await assert.rejects(() => refreshBatchNorm(norm(without), batchesOf(FIRST)), /^TypeError: .* scale and center/);
  }
});

testOnBackends("it takes batches() of images, the same ones with the same result", async () => {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ filters: 2, kernelSize: 3, strides: 2, inputShape: [8, 8, 3] }),
      tf.layers.batchNormalization({ name: "norm" }),
    ],
  });
  const images = smallImages(20, 10, 8);
  const once = async () => {
    const before = tf.memory().numTensors;
    await refreshBatchNorm(model, batches(images, { batchSize: 6, seed: 1 }));
    assert.equal(tf.memory().numTensors, before);
    return statistics(model, "norm");
  };
  assert.deepEqual(await once(), await once());
});
