import assert from "node:assert/strict";
import { localResponseNormalization, tf } from "../../lib/mod.ts";
import { copyModel } from "../../lib/models/copy.ts";
import { close, numbers } from "../support.ts";
import { testOnBackends } from "../support_backends.ts";

type Options = Required<Pick<Parameters<typeof localResponseNormalization>[0] & object, "size" | "alpha" | "beta">>;

/** The formula, one number after the other, in double precision. */
function normalized(x: number[], shape: number[], { size, alpha, beta }: Options): number[] {
  const [, height, width, channels] = shape;
  const margin = (size - 1) / 2;
  return x.map((value, index) => {
    const channel = index % channels;
    const pixel = Math.floor(index / channels);
    const image = Math.floor(pixel / (height * width));
    const [row, column] = [Math.floor(pixel / width) % height, pixel % width];
    let squares = 0;
    for (let r = row - margin; r <= row + margin; r++) {
      for (let c = column - margin; c <= column + margin; c++) {
        if (r < 0 || r >= height || c < 0 || c >= width) continue;
        squares += x[((image * height + r) * width + c) * channels + channel] ** 2;
      }
    }
    return value * (1 + alpha * squares / size ** 2) ** -beta;
  });
}

const layerOf = (options: Options) => (x: tf.Tensor) => localResponseNormalization(options).apply(x) as tf.Tensor;
const CASES: [number[], Options][] = [
  [[2, 4, 5, 3], { size: 3, alpha: 3, beta: 0.75 }],
  [[1, 6, 3, 2], { size: 5, alpha: 20, beta: 0.5 }],
  [[2, 2, 2, 1], { size: 3, alpha: 1, beta: 2 }],
  [[1, 3, 3, 2], { size: 1, alpha: 1, beta: 1 }],
  [[1, 4, 4, 2], { size: 3, alpha: 0, beta: 0.75 }],
];

testOnBackends("local response normalization divides by nine also at the borders", async () => {
  const ones = tf.ones([1, 3, 3, 1]);
  const y = layerOf({ size: 3, alpha: 9, beta: 1 })(ones);
  // sums of squares: 4 in a corner, 6 at an edge, 9 in the middle
  const [corner, edge, middle] = [1 / 5, 1 / 7, 1 / 10];
  close([await y.data()], [[corner, edge, corner, edge, middle, edge, corner, edge, corner]], 1e-6);
  tf.dispose([ones, y]);
});

testOnBackends("local response normalization is the formula's, number for number", async () => {
  for (const [shape, options] of CASES) {
    const x = numbers(shape, 5);
    const y = layerOf(options)(x);
    close([await y.data()], [normalized([...await x.data()], shape, options)], 1e-6);
    tf.dispose([x, y]);
  }
});

testOnBackends("the gradient of local response normalization is the numerical one", async () => {
  for (const [shape, options] of CASES) {
    const [x, dy] = [numbers(shape, 5), numbers(shape, 6)];
    const gradient = tf.grad(layerOf(options))(x, dy);
    const [at, weights] = [[...await x.data()], await dy.data()];
    const sum = (values: number[]) =>
      normalized(values, shape, options).reduce((total, value, index) => total + value * weights[index], 0);
    const step = 1e-5;
    const numerical = at.map((value, index) =>
      (sum(at.with(index, value + step)) - sum(at.with(index, value - step))) / (2 * step)
    );
    close([await gradient.data()], [numerical], 1e-5);
    tf.dispose([x, dy, gradient]);
  }
});

testOnBackends("local response normalization leaks no tensor", () => {
  const layer = localResponseNormalization();
  const gradient = tf.grad((x: tf.Tensor) => layer.apply(x) as tf.Tensor);
  const x = numbers([1, 3, 3, 2], 1);
  const before = tf.memory().numTensors;
  for (let i = 0; i < 3; i++) tf.dispose([layer.apply(x) as tf.Tensor, gradient(x)]);
  assert.equal(tf.memory().numTensors, before);
  return Promise.resolve();
});

Deno.test("a model with local response normalization is saved and loaded with its options", async () => {
  await tf.setBackend("cpu");
  const layer = localResponseNormalization({ size: 5, alpha: 2, beta: 0.5, name: "norm" });
  const input = tf.input({ shape: [4, 4, 2] });
  const model = tf.model({ inputs: input, outputs: layer.apply(input) as tf.SymbolicTensor });
  assert.deepEqual(model.outputs[0].shape, [null, 4, 4, 2]);
  assert.equal(model.countParams(), 0);
  const loaded = await copyModel(model);
  const { size, alpha, beta, name } = loaded.getLayer("norm").getConfig();
  assert.deepEqual({ size, alpha, beta, name }, { size: 5, alpha: 2, beta: 0.5, name: "norm" });
  const values = (m: tf.LayersModel) => [...(m.predict(numbers([1, 4, 4, 2], 1)) as tf.Tensor).dataSync()];
  assert.deepEqual(values(loaded), values(model));
});

Deno.test("localResponseNormalization() refuses what it cannot use", () => {
  const refused: [unknown, RegExp][] = [
    [{ size: 2 }, /^RangeError: Cannot create a local response normalization: size must be an odd number .*, got 2$/],
    [{ size: -1 }, /^RangeError: .*got -1$/],
    [{ size: 1.5 }, /^RangeError: .*got 1.5$/],
    [{ alpha: -1 }, /^RangeError: .*alpha must be 0 or more, got -1$/],
    [{ beta: NaN }, /^RangeError: .*beta must be 0 or more, got NaN$/],
    [{ beta: "1" }, /^TypeError: .*beta must be a number, got "1"$/],
    [{ name: 1 }, /^TypeError: .*name must be a string, got 1$/],
    [{ depth: 1 }, /^TypeError: .*are its options, got "depth"$/],
    [null, /^TypeError: .*the options must be an object, got null$/],
  ];
  for (const [options, message] of refused) assert.throws(() => localResponseNormalization(options as never), message);
  assert.throws(
    () => localResponseNormalization().apply(tf.input({ shape: [4, 4] })),
    /its input must be \[n, height, width, channels\], got \[null,4,4\]/,
  );
});
