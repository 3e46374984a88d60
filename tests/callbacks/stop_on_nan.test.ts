import assert from "node:assert/strict";
import { callbacks, CyclicLR, stopOnInterrupt, stopOnNaN, tf } from "../../lib/mod.ts";
import { weightsAreFinite } from "../../lib/callbacks/stop_on_nan.ts";
import { tinyBatches, tinyModel } from "../support.ts";
import { testOnBackends } from "../support_backends.ts";

const quiet = { verbose: 0 } as const;

testOnBackends("stopOnNaN() ends a fit after the first batch whose loss is no finite number", async () => {
  const model = tinyModel(tf.train.sgd(1e-6));
  const guard = stopOnNaN();
  for (const loss of [NaN, Infinity]) {
    let batches = 0;
    const poison = {
      onBatchBegin: (batch: number) => void (batch === 3 && model.setWeights([tf.fill([2, 1], loss), tf.zeros([1])])),
      onBatchEnd: () => void batches++,
    };
    await model.fitDataset(tinyBatches(9), { epochs: 5, callbacks: callbacks(poison, guard), ...quiet });
    assert.equal(batches, 4);
    assert.equal(guard.stopped, true);
    model.setWeights([tf.ones([2, 1]), tf.zeros([1])]);
  }
  await model.fitDataset(tinyBatches(9), { epochs: 2, callbacks: callbacks(guard), ...quiet });
  assert.equal(guard.stopped, false); // of the fit before
});

Deno.test("stopOnNaN() looks at the weights at each epoch's end: the loss of the last batch came before its update", async () => {
  await tf.setBackend("cpu");
  const model = tinyModel(tf.train.sgd(1e-6));
  const guard = stopOnNaN();
  let epochs = 0;
  const poison = {
    onEpochEnd: (epoch: number) => {
      epochs++;
      if (epoch === 1) model.setWeights([tf.fill([2, 1], NaN), tf.zeros([1])]);
    },
  };
  await model.fitDataset(tinyBatches(3), { epochs: 9, callbacks: callbacks(poison, guard), ...quiet });
  assert.equal(epochs, 2);
  assert.ok(guard.stopped);
});

Deno.test("stopOnNaN() leaves a fit alone that is fine, or that something else ends", async () => {
  await tf.setBackend("cpu");
  const model = tinyModel(tf.train.sgd(0.01));
  const [guard, clr, stop] = [stopOnNaN(), new CyclicLR(), new AbortController()];
  const abort = { onBatchEnd: (batch: number) => void (batch === 1 && stop.abort()) };
  const list = callbacks(guard, abort, stopOnInterrupt({ signal: stop.signal }), clr);
  await model.fitDataset(tinyBatches(5), { epochs: 2, callbacks: list, ...quiet });
  assert.equal(clr.iteration, 2);
  assert.equal(guard.stopped, false);
});

testOnBackends("weightsAreFinite() sees one weight that is not, and leaks nothing", async () => {
  const model = tinyModel(tf.train.sgd(0.01));
  const before = tf.memory().numTensors;
  const set = (value: number) => tf.tidy(() => model.setWeights([tf.tensor2d([[1], [value]]), tf.zeros([1])]));
  for (const value of [0, -1e-30, 1e20]) { // the square of the last is beyond float32
    set(value);
    assert.ok(await weightsAreFinite(model), `${value}`);
  }
  for (const value of [NaN, Infinity, -Infinity]) {
    set(value);
    assert.ok(!await weightsAreFinite(model), `${value}`);
  }
  assert.ok(await weightsAreFinite(tf.sequential({ layers: [tf.layers.flatten({ inputShape: [2, 2] })] })));
  assert.equal(tf.memory().numTensors, before);
});
