import assert from "node:assert/strict";
import { selectBackend, setHyperparameters, tf } from "../../lib/mod.ts";
import { computedLate, held, heldAsBfloat16 } from "../../lib/backend/native/held_tensors.ts";
import { missingNativePart } from "../../lib/backend/native/setup/package.ts";
import { DTYPES, nativeBackend, nativeOp } from "../../lib/backend/native/ops.ts";
import { allowed, close, numbers } from "../support.ts";

const io = { ignore: !allowed("read", "env", "ffi", "sys") || missingNativePart() !== undefined };

Deno.test(
  "a late tensor is computed once, when it is read, from its needs as they were, and else not at all",
  io,
  async () => {
    await selectBackend("native");
    const { numTensors, numDataBuffers } = tf.memory();
    const variable = tf.tidy(() => tf.variable(tf.tensor1d([1, 2, 3])));
    let computed = 0;
    const late = () =>
      computedLate(nativeBackend(), [3], [variable], ([then]) => {
        computed++;
        return nativeOp("Add", [then, then])[0];
      });
    const [read, unread] = [late(), late()];
    tf.tidy(() => variable.assign(tf.tensor1d([7, 8, 9])));
    assert.equal(computed, 0);
    assert.deepEqual([...read.dataSync()], [2, 4, 6]);
    assert.deepEqual([...tf.tidy(() => tf.add(read, 1).dataSync())], [3, 5, 7]);
    const clone = read.clone();
    read.dispose();
    assert.deepEqual([...clone.dataSync()], [2, 4, 6]);
    unread.dispose();
    assert.equal(computed, 1);
    tf.dispose([clone, variable]);
    assert.deepEqual([tf.memory().numTensors, tf.memory().numDataBuffers], [numTensors, numDataBuffers]);
  },
);

Deno.test("a tensor's bfloat16 form rounds to 8 bits, and both forms go with the tensor", io, async () => {
  await selectBackend("native");
  const before = tf.memory().numDataBuffers;
  const x = tf.tensor1d([1, 1.001, 1.5, -3.14159]);
  const entry = held(nativeBackend(), x);
  assert.ok(entry.has("float32") && !entry.has("bfloat16"));
  assert.notEqual(entry.handle("bfloat16"), entry.handle("float32"));
  assert.ok(entry.has("bfloat16"));
  assert.deepEqual([...x.dataSync()], [...new Float32Array([1, 1.001, 1.5, -3.14159])]);
  const { bfloat16, float32 } = entry.surrender();
  nativeBackend().binding.deleteTensor(float32!);
  x.dispose();
  const rounded = heldAsBfloat16(nativeBackend(), { id: bfloat16!, dtype: DTYPES.bfloat16, shape: [4] });
  assert.deepEqual([...rounded.dataSync()], [1, 1, 1.5, -3.140625]);
  rounded.dispose();
  assert.equal(tf.memory().numDataBuffers, before);
});

Deno.test("what comes before ReLU can still be read, with and without a gradient", io, async () => {
  const values = async (backend: "native" | "cpu") => {
    await selectBackend(backend);
    const normalize = tf.layers.batchNormalization({ inputShape: [4, 4, 3] });
    const rectify = tf.layers.activation({ activation: "relu" });
    tf.sequential({ layers: [normalize, rectify] }); // so that ReLU is what comes next, as the layer sees it
    const before = (x: tf.Tensor) => normalize.apply(x, { training: true }) as tf.Tensor;
    const x = numbers([5, 4, 4, 3], 1);
    const y = before(x);
    const rectified = rectify.apply(y) as tf.Tensor;
    const both = (t: tf.Tensor) => tf.tidy(() => tf.add(tf.mul(before(t), 3), tf.relu(before(t))));
    const tensors = [rectified, y, tf.grad(both)(x, numbers(x.shape, 2)), ...normalize.getWeights()];
    x.dispose();
    return tensors.map((tensor) => tensor.dataSync());
  };
  const expected = await values("cpu");
  close(await values("native"), expected, 1e-4);
});

const optimizers = {
  momentum: () => tf.train.momentum(0.1, 0.9),
  "Nesterov's momentum": () => tf.train.momentum(0.1, 0.9, true),
  Adam: () => tf.train.adam(0.1),
  "Adam with a large epsilon": () => tf.train.adam(0.1, 0.9, 0.99, 0.1),
};
for (const [name, makeOptimizer] of Object.entries(optimizers)) {
  Deno.test(`${name} in TensorFlow's variables is tfjs's own`, io, async () => {
    const train = async (backend: "native" | "cpu") => {
      await selectBackend(backend);
      const weight = tf.variable(numbers([3, 4], 1), true, `w_${backend}_${crypto.randomUUID()}`);
      const optimizer = makeOptimizer();
      const step = () => optimizer.minimize(() => tf.square(tf.sub(weight, numbers([3, 4], 2))).sum() as tf.Scalar);
      const seen: tf.Tensor[] = [];
      for (let i = 0; i < 6; i++) {
        setHyperparameters(optimizer, { learningRate: 0.1 / (i + 1), momentum: 0.8 + 0.02 * i });
        seen.push(weight.clone()); // keeps its numbers while the weight moves on
        step();
        if (i === 2) weight.assign(numbers([3, 4], 3));
      }
      const { numTensors } = tf.memory();
      step();
      assert.equal(tf.memory().numTensors, numTensors);
      const state = await optimizer.getWeights();
      return [...seen, weight, ...state.slice(1).map(({ tensor }) => tensor)].map((tensor) => tensor.dataSync());
    };
    const expected = await train("cpu");
    const actual = await train("native");
    close(actual, expected, 1e-5);
    assert.notDeepEqual(actual[0], actual[1]);
  });
}
