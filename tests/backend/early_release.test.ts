import assert from "node:assert/strict";
import { selectBackend, tf } from "../../lib/mod.ts";
import { allowed } from "../support.ts";

const io = { ignore: !allowed("read", "env") };

Deno.test("a backward pass holds less with every step back, not more", io, async () => {
  await selectBackend("cpu");
  const x = tf.ones([20_000]);
  const chain = (t: tf.Tensor) => {
    for (let i = 0; i < 20; i++) t = tf.mul(tf.relu(t), 1.01);
    return t.sum();
  };
  const { kernels, peakBytes } = await tf.profile(() => tf.grad(chain)(x));
  const forward = kernels.findIndex(({ name }) => name === "Sum");
  const held = kernels.map(({ totalBytesSnapshot }) => totalBytesSnapshot);
  assert.equal(peakBytes, Math.max(...held.slice(0, forward + 1)));
  assert.ok(held.at(-1)! < peakBytes / 8, `${held.at(-1)} of ${peakBytes} bytes at the end`);
});

/** Three numbers over and over: long enough to be released early. */
const long = (...numbers: number[]) => tf.tensor1d(Array.from({ length: 21_000 }, (_, i) => numbers[i % 3]));
const start = (tensor: tf.Tensor) => [...tensor.dataSync().subarray(0, 3)];

Deno.test("an early release leaves alone what is the caller's, what is kept, and what serves two", io, async () => {
  await selectBackend("cpu");
  const before = tf.memory().numTensors;
  const [x, other, dy] = [long(1, -2, 3), long(1, -2, 3), long(5, 6, 7)];
  const gradient = tf.grad((t) => tf.relu(t))(x, dy);
  assert.deepEqual(start(gradient), [5, 0, 7]);
  assert.deepEqual(start(dy), [5, 6, 7]);

  const kept: tf.Tensor[] = [];
  const spy = tf.customGrad((...[t]) => ({
    value: tf.mul(t as tf.Tensor, 3),
    gradFunc: (d: tf.Tensor) => {
      kept.push(tf.keep(d));
      return tf.mul(d, 3);
    },
  }));
  const through = tf.grad((t) => tf.square(spy(t)))(x);
  assert.deepEqual(start(through), [18, -36, 54]);
  assert.deepEqual(start(kept[0]), [6, -12, 18]);

  // the very same tensor as the gradient of both inputs, each of which goes on through a step of its own
  const sum = tf.customGrad((...[a, b]) => ({
    value: tf.add(a as tf.Tensor, b as tf.Tensor),
    gradFunc: (d: tf.Tensor) => [d, d],
  }));
  const [da, db] = tf.grads((a, b) => sum(tf.mul(a, 2), tf.relu(b)))([x, other], dy);
  assert.deepEqual([start(da), start(db)], [[10, 12, 14], [5, 0, 7]]);

  tf.dispose([x, other, dy, gradient, through, da, db, ...kept]);
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("an early release leaves alone what a gradient passes on as it is", io, async () => {
  await selectBackend("cpu");
  const before = tf.memory().numTensors;
  const x = long(1.2, -2.2, 3.2);
  const straightThrough = tf.customGrad((...[t]) => ({
    value: tf.round(t as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => dy,
  }));
  const alone = tf.grad((t) => straightThrough(t))(x);
  assert.deepEqual(start(alone), [1, 1, 1]);
  // its gradient is the sum of two, which nobody has counted
  const both = tf.grad((t) => {
    const r = straightThrough(tf.mul(t, 2));
    return tf.sum(tf.add(tf.square(r), r));
  })(x);
  assert.deepEqual(start(both), [10, -14, 26]);
  const saved = tf.customGrad((...[t, save]) => {
    (save as tf.GradSaveFunc)([t as tf.Tensor]);
    return { value: tf.square(t as tf.Tensor), gradFunc: (_dy: tf.Tensor, [kept]: tf.Tensor[]) => kept };
  });
  const passed = tf.grad((t) => tf.sum(saved(tf.mul(t, 2))))(x);
  assert.deepEqual(start(passed).map((value) => value.toFixed(1)), ["4.8", "-8.8", "12.8"]);
  tf.dispose([x, alone, both, passed]);
  assert.equal(tf.memory().numTensors, before);
});
