import assert from "node:assert/strict";
import { localResponseNormalization, selectBackend, tf } from "../../lib/mod.ts";
import { ownOperations } from "../../lib/backend/native/setup/compile.ts";
import { missingNativePart } from "../../lib/backend/native/setup/package.ts";
import { nativeOp } from "../../lib/backend/native/ops.ts";
import { timeOperations } from "../../lib/backend/operation_times.ts";
import { randomFrom } from "../../lib/data/random.ts";
import { allowed, close, numbers } from "../support.ts";

const ready = allowed("read", "env", "ffi", "sys") && !missingNativePart();
const own = { ignore: !ready || ownOperations() !== "compiled" };

type F = (...xs: tf.Tensor[]) => tf.Tensor;

/** A function's values and gradients on a backend, and TensorFlow's operations that they took. */
async function on(backend: "native" | "cpu", f: F, shapes: number[][], key: number) {
  await selectBackend(backend);
  const xs = shapes.map((shape, index) => numbers(shape, key + index));
  const y = tf.tidy(() => f(...xs));
  const dy = numbers(y.shape, key + 99);
  const before = tf.memory().numTensors;
  const times = timeOperations();
  const gradients = tf.grads(f)(xs, dy);
  const operations = Object.fromEntries([...times.stop()].map(([name, { calls }]) => [name, calls]));
  assert.equal(tf.memory().numTensors, before + gradients.length, "nothing leaks");
  const values = [y, ...gradients].map((tensor) => [...tensor.dataSync()]);
  tf.dispose([xs, y, dy, gradients]);
  return { values, operations };
}

/** That the native backend's values and gradients are tfjs's to rounding; the operations that they took. */
async function closeToPlain(f: F, shapes: number[][], key: number, tolerance = 2e-6): Promise<Record<string, number>> {
  const { values, operations } = await on("native", f, shapes, key);
  close(values, (await on("cpu", f, shapes, key)).values, tolerance);
  return operations;
}

const random = randomFrom(5);
const from = (low: number, high: number) => low + Math.floor((high - low + 1) * random());
const images = (least = 1) => [from(1, 4), from(least, 9), from(least, 9), from(1, 40)];

Deno.test(
  "native: local response normalization of random shapes is tfjs's, by one operation in each direction",
  own,
  async () => {
    for (let i = 0; i < 30; i++) {
      const beta = i % 3 === 0 ? 2 * random() : 0.75;
      const layer = localResponseNormalization({ size: 2 * from(0, 3) + 1, alpha: 4 * random(), beta });
      const operations = await closeToPlain((x) => layer.apply(x) as tf.Tensor, [images()], 10 * i, 1e-5);
      assert.deepEqual(operations, { WithinChannelLRN: 1, WithinChannelLRNGrad: 1 });
    }
  },
);

Deno.test(
  "native: a gradient of local response normalization's gradient is refused, as tfjs refuses it",
  own,
  async () => {
    const layer = localResponseNormalization({ alpha: 3 });
    const f = (x: tf.Tensor) => layer.apply(x) as tf.Tensor;
    for (const backend of ["native", "cpu"] as const) {
      await selectBackend(backend);
      const second = () => tf.grad((x) => tf.grad(f)(x).sum())(numbers([2, 4, 3, 2], 1));
      assert.throws(second, /gradient function not found for \w+Grad/);
    }
  },
);

Deno.test("native: the operation of local response normalization refuses what it is not made for", own, async () => {
  await selectBackend("native");
  const attributes = { side: 3, alpha: { float: 1 }, beta: { float: 1 } };
  const [image, other] = [numbers([1, 2, 3, 4], 1), numbers([1, 2, 4, 3], 1)];
  const refuses = (name: string, inputs: tf.Tensor[], settings = {}) =>
    assert.throws(() => nativeOp(name, inputs, { ...attributes, ...settings }), /an odd side are needed/);
  refuses("WithinChannelLRN", [numbers([2, 3, 4], 1)]);
  refuses("WithinChannelLRN", [image], { side: 2 });
  refuses("WithinChannelLRNGrad", [image, other]);
});
