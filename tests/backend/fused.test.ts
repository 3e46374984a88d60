import assert from "node:assert/strict";
import { localResponseNormalization, selectBackend, tf } from "../../lib/mod.ts";
import { ownOperations } from "../../lib/backend/native/setup/compile.ts";
import { missingNativePart } from "../../lib/backend/native/setup/package.ts";
import { nativeOp } from "../../lib/backend/native/ops.ts";
import { timeOperations } from "../../lib/backend/operation_times.ts";
import { randomFrom } from "../../lib/data/random.ts";
import { allowed, close, numbers } from "../support.ts";

const ready = allowed("read", "env", "ffi", "sys") && !missingNativePart();
const native = { ignore: !ready };
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

// anew for each test, so that one test alone meets what it meets among all
let random = randomFrom(5);
Deno.test.beforeEach(() => void (random = randomFrom(5)));
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
  const attributes = { size: [3, 3], alpha: { float: 1 }, beta: { float: 1 } };
  const [image, other] = [numbers([1, 2, 3, 4], 1), numbers([1, 2, 4, 3], 1)];
  const refuses = (name: string, inputs: tf.Tensor[], settings = {}) =>
    assert.throws(() => nativeOp(name, inputs, { ...attributes, ...settings }), /an odd size are needed/);
  refuses("WithinChannelLRN", [numbers([2, 3, 4], 1)]);
  refuses("WithinChannelLRN", [image], { size: [2, 2] });
  refuses("WithinChannelLRN", [image], { size: [3, 5] });
  refuses("WithinChannelLRNGrad", [image, other]);
});

Deno.test("native: an L2 penalty is tfjs's, by one operation in each direction", own, async () => {
  for (let i = 0; i < 20; i++) {
    const shape = Array.from({ length: i % 5 }, () => from(1, 12));
    const penalty = tf.regularizers.l2({ l2: random() }) as unknown as { apply(x: tf.Tensor): tf.Tensor };
    const operations = await closeToPlain((x) => penalty.apply(x), [shape], 10 * i, 1e-5);
    assert.deepEqual(operations, { L2Penalty: 1, L2PenaltyGrad: 1 });
  }
});

Deno.test(
  "native: an L1 penalty beside the L2 penalty stays, and so do the gradient's gradient and other backends",
  native,
  async () => {
    const both = tf.regularizers.l1l2({ l1: 0.5, l2: 0.25 }) as unknown as { apply(x: tf.Tensor): tf.Scalar };
    await closeToPlain((x) => both.apply(x), [[3, 4]], 1);
    const none = tf.regularizers.l1l2({ l1: 0, l2: 0 }) as unknown as { apply(x: tf.Tensor): tf.Scalar };
    await selectBackend("native");
    assert.equal(none.apply(tf.ones([2])).dataSync()[0], 0);
    const penalty = tf.regularizers.l2({ l2: 0.25 }) as unknown as { apply(x: tf.Tensor): tf.Scalar };
    for (const backend of ["native", "cpu"] as const) {
      await selectBackend(backend);
      const second = tf.grad((x) => tf.grad((t: tf.Tensor) => penalty.apply(t).mul(penalty.apply(t)))(x).sum())(
        tf.ones([2]),
      );
      // (x^2 + y^2)^2 / 16 has the gradient (x^2 + y^2) x / 4, and the sum of that the gradient (x^2 + y^2 + 2 x (x + y)) / 4
      assert.deepEqual([...second.dataSync()], [1.5, 1.5]);
    }
  },
);

Deno.test("native: max pooling of random shapes is tfjs's, and finds the maxima once", native, async () => {
  for (let i = 0; i < 30; i++) {
    const window = [from(1, 3), from(1, 3)] as [number, number];
    const pad = i % 2 === 0 ? "same" : "valid";
    const strides = from(1, 3);
    const pool = (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, window, strides, pad);
    const operations = await closeToPlain(pool, [images(3)], 10 * i);
    if (operations._MklNativeMaxPool) assert.deepEqual(operations, { _MklNativeMaxPool: 1, _MklNativeMaxPoolGrad: 1 });
  }
});

Deno.test(
  "native: casts and reshapes that change nothing cost nothing, and the tensor lives as long as either",
  native,
  async () => {
    await selectBackend("native");
    const x = numbers([2, 3], 1);
    const values = [...x.dataSync()];
    const times = timeOperations();
    const same = [tf.cast(x, "float32"), tf.reshape(x, [2, 3]), tf.reshape(x, [2, -1])];
    assert.equal([...times.stop().keys()].length, 0);
    x.dispose();
    for (const tensor of same) {
      assert.deepEqual([tensor.dtype, tensor.shape], ["float32", [2, 3]]);
      assert.deepEqual([...tensor.dataSync()], values);
      tensor.dispose();
    }
    assert.deepEqual([...tf.cast(tf.tensor1d([1.5, -2.5]), "int32").dataSync()], [1, -2]);
    assert.deepEqual(tf.reshape(tf.ones([2, 3]), [3, 2]).shape, [3, 2]);
    const weight = tf.variable(tf.tensor1d([1, 2]));
    const before = tf.cast(weight, "float32");
    tf.train.momentum(1, 0).minimize(() => weight.sum(), false, [weight]);
    assert.deepEqual([...before.dataSync()], [1, 2], "an update in place does not reach it");
    assert.deepEqual([...weight.dataSync()], [0, 1]);
  },
);

/** The loss that a model trains with, as training leaves it in the model. */
function trainingLoss(): (target: tf.Tensor, output: tf.Tensor) => tf.Tensor {
  const input = tf.input({ shape: [3], name: "rows" });
  const model = tf.model({
    inputs: input,
    outputs: tf.layers.dense({ units: 3, name: "classes" }).apply(input) as never,
  });
  model.compile({ optimizer: "sgd", loss: "categoricalCrossentropy" });
  const inside = model as unknown as { makeTrainFunction(): void; lossFunctions: ReturnType<typeof trainingLoss>[] };
  inside.makeTrainFunction();
  return inside.lossFunctions[0];
}

Deno.test(
  "native: categorical cross-entropy of random rows is tfjs's, by one operation in each direction",
  own,
  async () => {
    await selectBackend("native");
    const loss = trainingLoss();
    for (let i = 0; i < 30; i++) {
      const shape = [from(1, 40), from(2, 30)];
      const f = (p: tf.Tensor, target: tf.Tensor) => loss(target, tf.abs(p)); // rows need not sum to 1
      const target = numbers(shape, i);
      const values = [...target.dataSync()].map(Math.abs);
      target.dispose();
      const withTarget = (p: tf.Tensor) => f(p, tf.tensor(values, shape));
      const { CategoricalCrossEntropy, CategoricalCrossEntropyGrad, Log } = await closeToPlain(
        withTarget,
        [shape],
        10 * i,
        1e-5,
      );
      assert.deepEqual([CategoricalCrossEntropy, CategoricalCrossEntropyGrad, Log], [1, 1, undefined]);
    }
  },
);

Deno.test("native: categorical cross-entropy clips as tfjs does, and a NaN stays one", own, async () => {
  await selectBackend("native");
  const loss = trainingLoss();
  const target = [1, 0, 0, 0, 1, 0, 0, 0, 1, 0.5, 0.5, 0];
  const of = async (backend: "native" | "cpu", p: number[]) => {
    await selectBackend(backend);
    const f = (p: tf.Tensor) => loss(tf.tensor(target, [4, 3]), p);
    const x = tf.tensor(p, [4, 3]);
    return [f(x), tf.grad(f)(x)].map((tensor) => [...tensor.dataSync()]);
  };
  const clipped = [1, 0, 0, 1, 0, 0, 1e-9, 1, 0, 1e-8, 1 - 1e-8, 0];
  close(await of("native", clipped), await of("cpu", clipped), 1e-5);
  const [value, gradient] = await of("native", [NaN, 0.5, 0.5, 0, 0, 0, ...clipped.slice(6)]);
  assert.deepEqual(value.map(Number.isNaN), [true, true, false, false]);
  assert.ok(gradient.slice(0, 6).every(Number.isNaN));
});

Deno.test(
  "native: categorical cross-entropy takes whole numbers as targets, and refuses other shapes",
  own,
  async () => {
    await selectBackend("native");
    const loss = trainingLoss();
    const p = tf.tensor2d([[0.25, 0.25, 0.5]]);
    close([[...loss(tf.tensor2d([[1, 0, 0]], [1, 3], "int32"), p).dataSync()]], [[Math.log(4)]], 1e-6);
    assert.throws(() => tf.grad((p) => tf.grad((t) => loss(p, t))(p).sum())(p), /gradient function not found/); // as in tfjs
    const [rows, other] = [numbers([2, 3], 1), numbers([2, 4], 1)];
    assert.throws(() => nativeOp("CategoricalCrossEntropy", [rows, other]), /rows of classes are needed/);
    assert.throws(
      () => nativeOp("CategoricalCrossEntropyGrad", [rows, rows, tf.ones([3])]),
      /rows of classes are needed/,
    );
  },
);
