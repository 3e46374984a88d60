import assert from "node:assert/strict";
import { LearningRateScheduler, setHyperparameters, tf, withWeightDecay } from "../../lib/mod.ts";
import { tinyBatches, tinyModel } from "../support.ts";

Deno.test("setHyperparameters() refuses what no optimizer can use", () => {
  const optimizer = withWeightDecay(tf.train.momentum(0.1, 0.9), { weightDecay: 0 });
  for (const [rate, momentum] of [[NaN, 0.5], [-1, 0.5], [0.1, 1], [0.1, -0.1], [Infinity, 0]]) {
    assert.throws(() => setHyperparameters(optimizer, { learningRate: rate, momentum }), RangeError);
  }
  for (const weightDecay of [-0.1, NaN, Infinity]) {
    assert.throws(
      () => setHyperparameters(optimizer, { learningRate: 0.1, weightDecay }),
      /^RangeError: Cannot set hyperparameters: weightDecay must be 0 or more, got (-0.1|NaN|Infinity)$/,
    );
  }
});

Deno.test("setHyperparameters() refuses a weight decay where there is none to set, and changes nothing", () => {
  const optimizer = tf.train.adam(0.1);
  assert.throws(
    () => setHyperparameters(optimizer, { learningRate: 0.5, momentum: 0.5, weightDecay: 0.01 }),
    /^TypeError: Cannot set hyperparameters: .* withWeightDecay\(optimizer, \.\.\.\) returned, got "Adam" without weight decay$/,
  );
  const { learningRate, beta1 } = optimizer as unknown as { learningRate: number; beta1: number };
  assert.deepEqual([learningRate, beta1], [0.1, 0.9]);
});

Deno.test("setHyperparameters() refuses to set a weight decay that is a function of the iteration", () => {
  const optimizer = withWeightDecay(tf.train.sgd(0.1), { weightDecay: () => 0.01 });
  setHyperparameters(optimizer, { learningRate: 0.2 });
  assert.throws(
    () => setHyperparameters(optimizer, { learningRate: 0.2, weightDecay: 0.01 }),
    /^TypeError: Cannot set hyperparameters: .* is a number, got one whose weight decay is already a function/,
  );
});

Deno.test("LearningRateScheduler() refuses a schedule with weight decay on an optimizer without, before it trains", async () => {
  await tf.setBackend("cpu");
  const model = tinyModel(tf.train.sgd(0.1));
  const scheduler = new LearningRateScheduler(() => ({ learningRate: 0.1, weightDecay: 0.01 }));
  await assert.rejects(
    model.fitDataset(tinyBatches(1), { epochs: 1, callbacks: [scheduler], verbose: 0 }),
    /withWeightDecay/,
  );
  assert.deepEqual([...model.getWeights()[0].dataSync()], [1, 1]);
});

Deno.test("adam and adamax correct their bias by the betas that were used, whatever the constructor had", async () => {
  await tf.setBackend("cpu");
  for (const make of [() => tf.train.adam(0.1), () => tf.train.adamax(0.1)]) {
    for (const momenta of [[0.95], [0.5], [0], [0.95, 0.85, 0.9, 0.5], [0, 0.9]]) {
      const weight = tf.variable(tf.zeros([1, 1]));
      const optimizer = make();
      let before = 0;
      for (let step = 0; step < 6; step++) {
        setHyperparameters(optimizer, { learningRate: 0.1, momentum: momenta[step % momenta.length] });
        optimizer.applyGradients([{ name: weight.name, tensor: tf.ones([1, 1]) }]);
        const [value] = weight.dataSync();
        // a constant gradient of 1 moves the weight by the rate, if the correction is right
        assert.ok(Math.abs(value - before + 0.1) < 1e-5, `${momenta}, step ${step}: ${value - before}`);
        before = value;
      }
      weight.dispose();
      optimizer.dispose();
    }
  }
});
