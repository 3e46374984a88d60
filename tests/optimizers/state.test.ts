import assert from "node:assert/strict";
import { CyclicLR, optimizerState, restoreOptimizer, tf, withWeightDecay } from "../../lib/mod.ts";
import { OPTIMIZERS, tinyBatches, tinyModel } from "../support.ts";

const weightsOf = (model: tf.LayersModel) => model.getWeights().map((weight) => [...weight.dataSync()]);

for (const [name, make] of Object.entries(OPTIMIZERS)) {
  Deno.test(`optimizerState() and restoreOptimizer() repeat ${name} to the bit, momentum cycled`, async () => {
    await tf.setBackend("cpu");
    const cycled = ["momentum", "rmsprop", "adam", "adamax"].includes(name)
      ? { baseMomentum: 0.7, maxMomentum: 0.95 }
      : {};
    const options = { baseLr: 0.001, maxLr: 0.02, stepSize: 3, ...cycled };
    const fit = (model: tf.LayersModel, clr: CyclicLR) =>
      model.fitDataset(tinyBatches(5), { epochs: 1, callbacks: [clr], verbose: 0 });

    const whole = tinyModel(make());
    const clr = new CyclicLR(options);
    await fit(whole, clr);
    const state = structuredClone(await optimizerState(whole.optimizer));
    const weights = whole.getWeights().map((weight) => weight.clone());
    const scheduler = clr.toJSON();
    await fit(whole, clr);

    const resumed = tinyModel(make());
    resumed.setWeights(weights);
    restoreOptimizer(resumed.optimizer, state);
    await fit(resumed, CyclicLR.fromJSON(scheduler) as CyclicLR);
    assert.deepEqual(weightsOf(resumed), weightsOf(whole));
    assert.deepEqual(
      await optimizerState(resumed.optimizer).then(slotValues),
      await optimizerState(whole.optimizer).then(slotValues),
    );
  });

  Deno.test(`restoreOptimizer() leaks no tensor with ${name}`, async () => {
    const model = tinyModel(make());
    await model.fitDataset(tinyBatches(2), { epochs: 1, verbose: 0 });
    const state = await optimizerState(model.optimizer);
    const before = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) restoreOptimizer(model.optimizer, state);
    assert.equal(tf.memory().numTensors, before);
  });
}

/** Slots without their names, which tfjs counts on from model to model. */
function slotValues({ numbers, scalars, slots }: Awaited<ReturnType<typeof optimizerState>>) {
  const values = Object.values(slots).map((list) => list.map((slot) => [...slot.values]));
  return { numbers, scalars: Object.values(scalars).map((scalar) => [...scalar.values]), values };
}

Deno.test("restoreOptimizer() refuses the state of another optimizer", async () => {
  const state = await optimizerState(tf.train.adam(0.1));
  assert.throws(
    () => restoreOptimizer(tf.train.sgd(0.1), state),
    /^TypeError: Cannot restore an optimizer: the state must be of "SGD", got "Adam"/,
  );
});

Deno.test("restoreOptimizer() takes an optimizer back to before its first update, the count of updates included", async () => {
  await tf.setBackend("cpu");
  const optimizer = tf.train.momentum(0.1, 0.9);
  const fresh = await optimizerState(optimizer);
  const x = tf.variable(tf.scalar(1));
  optimizer.minimize(() => x.square());
  assert.equal(optimizer.iterations, 1);
  restoreOptimizer(optimizer, fresh);
  assert.equal(optimizer.iterations, 0);
  assert.deepEqual(await optimizerState(optimizer), fresh);
});

Deno.test("restoreOptimizer() refuses a state with weight decay for an optimizer without, and the other way round", async () => {
  const plain = () => tf.train.sgd(0.1);
  const decayed = () => withWeightDecay(plain(), { weightDecay: 0.01 });
  const [without, withDecay] = [await optimizerState(plain()), await optimizerState(decayed())];
  assert.throws(
    () => restoreOptimizer(plain(), withDecay),
    /^TypeError: Cannot restore an optimizer: the state must be of an optimizer without weight decay, got one with$/,
  );
  assert.throws(
    () => restoreOptimizer(decayed(), without),
    /^TypeError: Cannot restore an optimizer: the state must be of an optimizer with weight decay, got one without$/,
  );
});
