import assert from "node:assert/strict";
import {
  caffeMomentum,
  cyclical,
  CyclicLR,
  LearningRateScheduler,
  optimizerState,
  restoreOptimizer,
  setHyperparameters,
  tf,
  withWeightDecay,
} from "../../lib/mod.ts";
import { timeOperations } from "../../lib/backend/operation_times.ts";
import { NATIVE } from "../../lib/backend/native/ops.ts";
import { close, tinyBatches, tinyModel } from "../support.ts";
import { testOnBackends } from "../support_backends.ts";

testOnBackends("caffeMomentum() has the rate inside the accumulator, and a multiplier a weight", async () => {
  const name = (weight: string) => `${weight}_${crypto.randomUUID().slice(0, 8).replaceAll("_", "")}x`;
  const weights = [2, -1].map((value, i) => tf.variable(tf.tensor1d([value, 3]), true, name(`weight${i}`)));
  const momentum = [0.9, 0.9, 0.9, 0.5, 0.5];
  const rates = [0.1, 0.1, 0.01, 0.01, 0.2]; // a drop of x 10 on the way, which tells it from tfjs's momentum
  const optimizer = caffeMomentum({ learningRate: rates[0], rateMultipliers: { [weights[1].name]: 2 } });
  const expected = weights.map((weight) => [...weight.dataSync()]);
  const V = [[0, 0], [0, 0]];
  for (const [step, learningRate] of rates.entries()) {
    setHyperparameters(optimizer, { learningRate, momentum: momentum[step] });
    // the gradient of sum(w^2) is 2 w
    optimizer.minimize(() => tf.addN(weights.map((weight) => weight.square().sum())) as tf.Scalar, false, weights);
    for (const [w, multiplier] of [1, 2].entries()) {
      for (let i = 0; i < 2; i++) {
        V[w][i] = momentum[step] * V[w][i] + multiplier * learningRate * 2 * expected[w][i];
        expected[w][i] -= V[w][i];
      }
    }
    close(await Promise.all(weights.map((weight) => weight.data())), expected, 1e-6);
  }
  assert.equal(optimizer.iterations, rates.length);
  optimizer.dispose();
  tf.dispose(weights);
});

testOnBackends("caffeMomentum() goes on from its saved state to the bit, rate and momentum cycled", async () => {
  const fit = (model: tf.LayersModel, clr: LearningRateScheduler) =>
    model.fitDataset(tinyBatches(5), { epochs: 1, callbacks: [clr], verbose: 0 });
  const make = () => caffeMomentum({ learningRate: 0.01, rateMultipliers: { "line/bias": 2 } });
  const cycle = cyclical({ baseLr: 0.001, maxLr: 0.02, stepSize: 3, baseMomentum: 0.7, maxMomentum: 0.95 });
  const valuesOf = async (model: tf.LayersModel) => {
    const { numbers, slots } = await optimizerState(model.optimizer);
    const weights = model.getWeights().map((weight) => [...weight.dataSync()]);
    return { numbers, slots: slots.accumulations.map(({ values }) => [...values]), weights };
  };

  const whole = tinyModel(make());
  const clr = new LearningRateScheduler(cycle);
  await fit(whole, clr);
  const state = structuredClone(await optimizerState(whole.optimizer));
  const weights = whole.getWeights().map((weight) => weight.clone());
  const scheduler = clr.toJSON();
  await fit(whole, clr);

  const resumed = tinyModel(make());
  resumed.setWeights(weights);
  restoreOptimizer(resumed.optimizer, state);
  await fit(resumed, LearningRateScheduler.fromJSON(scheduler));
  assert.deepEqual(await valuesOf(resumed), await valuesOf(whole));
  assert.equal((await valuesOf(whole)).numbers.iterations_, 10);
});

testOnBackends("caffeMomentum() trains and restores without leaking a tensor, and gives all back", async () => {
  const data = tinyBatches(3);
  const model = tinyModel(caffeMomentum({ learningRate: 0.01 }));
  const before = tf.memory().numTensors;
  await model.fitDataset(data, { epochs: 1, verbose: 0 });
  assert.equal(tf.memory().numTensors, before + 2, "an accumulator for the kernel and one for the bias");
  const state = await optimizerState(model.optimizer);
  for (let i = 0; i < 3; i++) {
    await model.fitDataset(data, { epochs: 1, callbacks: [new CyclicLR({ stepSize: 2 })], verbose: 0 });
    restoreOptimizer(model.optimizer, state);
  }
  assert.equal(tf.memory().numTensors, before + 2);
  model.optimizer.dispose();
  assert.equal(tf.memory().numTensors, before);
});

testOnBackends("caffeMomentum() takes one operation a weight where TensorFlow has one", async () => {
  if (tf.getBackend() !== NATIVE) return;
  const model = tinyModel(caffeMomentum({ learningRate: 0.01 }));
  const operations = timeOperations();
  await model.fitDataset(tinyBatches(3), { epochs: 1, verbose: 0 });
  assert.equal(operations.stop().get("ResourceApplyKerasMomentum")?.calls, 3 * 2);
});

Deno.test("caffeMomentum() takes multipliers by the names that weights have in their model", async () => {
  await tf.setBackend("cpu");
  const seen = new Set<string>();
  for (let i = 0; i < 2; i++) { // tfjs numbers the weights of the second model
    const model = tinyModel(caffeMomentum({
      learningRate: 0.1,
      rateMultipliers: (name) => {
        seen.add(name);
        return name === "line/bias" ? 0 : 1;
      },
    }));
    await model.fitDataset(tinyBatches(2), { epochs: 1, verbose: 0 });
    const [kernel, bias] = model.getWeights().map((weight) => [...weight.dataSync()]);
    assert.deepEqual(bias, [0]);
    assert.notEqual(kernel[0], 1);
  }
  assert.deepEqual([...seen].sort(), ["line/bias", "line/kernel"]);
});

testOnBackends("caffeMomentum() multiplies the rate of coupled weight decay too, as Caffe does", async () => {
  const optimizer = withWeightDecay(
    caffeMomentum({ learningRate: 0.1, momentum: 0.5, rateMultipliers: { "decayed/kernel": 2 } }),
    { weightDecay: 0.25, coupled: true },
  );
  const layer = tf.layers.dense({ units: 1, inputShape: [1], name: "decayed", kernelInitializer: "ones" });
  const model = tf.sequential({ layers: [layer] });
  const loss = () => (model.apply(tf.ones([1, 1])) as tf.Tensor).sum() as tf.Scalar; // both gradients are 1
  let [w, b, vw, vb] = [1, 0, 0, 0];
  for (let step = 0; step < 3; step++) {
    optimizer.minimize(loss, false, layer.trainableWeights.map((weight) => weight.read() as tf.Variable));
    vw = 0.5 * vw + 2 * 0.1 * (1 + 0.25 * w);
    vb = 0.5 * vb + 0.1;
    [w, b] = [w - vw, b - vb];
  }
  close(await Promise.all(layer.getWeights().map((weight) => weight.data())), [[w], [b]], 1e-6);
});

Deno.test("caffeMomentum() leaves a weight without a gradient alone", async () => {
  await tf.setBackend("cpu");
  const [used, unused] = [tf.variable(tf.scalar(1)), tf.variable(tf.scalar(1))];
  const optimizer = caffeMomentum({ learningRate: 0.5 });
  optimizer.applyGradients([{ name: unused.name, tensor: null as never }, { name: used.name, tensor: tf.scalar(1) }]);
  optimizer.applyGradients({ [used.name]: tf.scalar(0) });
  assert.equal(unused.dataSync()[0], 1);
  assert.notEqual(used.dataSync()[0], 1);
});

Deno.test("caffeMomentum() refuses what it cannot use", async () => {
  const refused: [unknown, RegExp][] = [
    [{}, /^TypeError: Cannot create a Caffe momentum optimizer: learningRate must be a number, got undefined$/],
    [{ learningRate: -1 }, /^RangeError: .*learningRate must be 0 or more, got -1$/],
    [{ learningRate: 1, momentum: 1 }, /^RangeError: .*momentum must be 0 or more and below 1, got 1$/],
    [{ learningRate: 1, rateMultipliers: [2] }, /^TypeError: .*must be an object or a function, got \[2\]$/],
    [{ learningRate: 1, rateMultipliers: null }, /^TypeError: .*must be an object or a function, got null$/],
    [{ learningRate: 1, rateMultipliers: { "a/b": -2 } }, /^RangeError: .*rateMultipliers\["a\/b"\] must be 0 or more/],
    [{ learningRate: 1, nesterov: true }, /^TypeError: .*are its options, got "nesterov"$/],
    [0.1, /^TypeError: .*the options must be an object, got 0.1$/],
  ];
  for (const [options, message] of refused) assert.throws(() => caffeMomentum(options as never), message);

  await tf.setBackend("cpu");
  const train = (rateMultipliers: never) =>
    tinyModel(caffeMomentum({ learningRate: 0.1, rateMultipliers }))
      .fitDataset(tinyBatches(1), { epochs: 1, verbose: 0 });
  await assert.rejects(
    () => train({ "line/bais": 2 } as never),
    /^TypeError: Cannot update weights: rateMultipliers must name weights of the model, got "line\/bais"$/,
  );
  await assert.rejects(
    () => train((() => NaN) as never),
    /^RangeError: Cannot update weights: rateMultipliers\("line\/kernel"\) must be 0 or more, got NaN$/,
  );
});

Deno.test("caffeMomentum() tells weights apart whose own names end in a number", async () => {
  await tf.setBackend("cpu");
  const [one, two] = ["twin_1", "twin_2"].map((name) => tf.variable(tf.scalar(0), true, name));
  const optimizer = caffeMomentum({ learningRate: 1, momentum: 0, rateMultipliers: { twin_1: 2 } });
  optimizer.applyGradients([one, two].map(({ name }) => ({ name, tensor: tf.scalar(-1) })));
  assert.deepEqual([one.dataSync()[0], two.dataSync()[0]], [2, 1]);
  tf.dispose([one, two]);
});
