import assert from "node:assert/strict";
import { cifar10Full, cifar10FullRateMultiplier, tf } from "../../lib/mod.ts";
import { close, numbers } from "../support.ts";

Deno.test("cifar10Full() is Caffe's network: shapes, fillers, penalties and rates of biases", () => {
  const model = cifar10Full({ seed: 1 });
  assert.equal(model.countParams(), 89_578);
  assert.deepEqual(
    model.layers.slice(1).map(({ name }) => name),
    [
      ...["conv1", "pool1", "relu1", "norm1"],
      ...["conv2", "relu2", "pool2", "norm2"],
      ...["conv3", "relu3", "pool3"],
      ...["flatten", "ip1"],
    ],
  );
  assert.deepEqual(
    ["conv1", "norm1", "conv2", "norm2", "conv3", "pool3"].map((name) =>
      (model.getLayer(name).outputShape as number[]).slice(1)
    ),
    [
      ...[[32, 32, 32], [16, 16, 32], [16, 16, 32]],
      ...[[8, 8, 32], [8, 8, 64], [4, 4, 64]],
    ],
  );
  // layer: deviation of the filler, decay of kernel and bias (weight_decay x decay_mult), multipliers of their rates
  const prototxt: Record<string, number[]> = {
    conv1: [0.0001, 0.004, 0.004, 1, 2],
    conv2: [0.01, 0.004, 0.004, 1, 2],
    conv3: [0.01, 0.004, 0.004, 1, 1],
    ip1: [0.01, 0.004 * 250, 0, 1, 2],
  };
  for (const [name, [deviation, kernelDecay, biasDecay, kernelRate, biasRate]] of Object.entries(prototxt)) {
    const layer = model.getLayer(name);
    const { kernelRegularizer, biasRegularizer } = layer as unknown as Record<
      string,
      { l1: number; l2: number } | null
    >;
    // the gradient of l2 w^2 is 2 l2 w
    assert.deepEqual([kernelRegularizer!.l1, 2 * kernelRegularizer!.l2], [0, kernelDecay]);
    assert.deepEqual(2 * (biasRegularizer?.l2 ?? 0), biasDecay);
    assert.deepEqual(["kernel", "bias"].map((weight) => cifar10FullRateMultiplier(`${name}/${weight}`)), [
      kernelRate,
      biasRate,
    ]);
    const [kernel, bias] = layer.getWeights();
    const { mean, variance } = tf.moments(kernel);
    const count = kernel.size;
    assert.ok(Math.abs(mean.dataSync()[0]) < 5 * deviation / Math.sqrt(count));
    assert.ok(Math.abs(Math.sqrt(variance.dataSync()[0]) / deviation - 1) < 5 / Math.sqrt(2 * count));
    assert.ok(bias.dataSync().every((value) => value === 0));
  }
});

Deno.test("cifar10Full() pools as Caffe does: windows from the corner on, clipped at the far side", async () => {
  await tf.setBackend("cpu");
  const model = cifar10Full();
  const x = numbers([1, 8, 8, 1], 4);
  const values = [...x.dataSync()];
  /** Caffe's pooling of 3x3 and stride 2, without padding: hend = min(hstart + 3, height). */
  const pooled = (pool: (window: number[]) => number) =>
    [0, 2, 4, 6].flatMap((top) =>
      [0, 2, 4, 6].map((left) =>
        pool(values.filter((_, index) => {
          const [row, column] = [index >> 3, index & 7];
          return row >= top && row < top + 3 && column >= left && column < left + 3;
        }))
      )
    );
  const output = (name: string) => {
    const { poolSize, strides, padding } = model.getLayer(name).getConfig() as Record<string, never>;
    const make = name === "pool1" ? tf.layers.maxPooling2d : tf.layers.averagePooling2d;
    return [...(make({ poolSize, strides, padding }).apply(x) as tf.Tensor).dataSync()];
  };
  const average = (window: number[]) => window.reduce((sum, value) => sum + value) / window.length;
  close([output("pool1")], [pooled((window) => Math.max(...window))], 1e-6);
  for (const name of ["pool2", "pool3"]) close([output(name)], [pooled(average)], 1e-6);
});

Deno.test("cifar10Full()'s penalty adds Caffe's weight decay to the gradients", async () => {
  await tf.setBackend("cpu");
  const model = cifar10Full({ inputShape: [8, 8, 3], classes: 2, seed: 1 });
  const weights = model.getWeights().map((weight, index) => numbers(weight.shape, index));
  model.setWeights(weights);
  const xs = tf.zeros([1, 8, 8, 3]);
  const before = weights.map((weight) => weight.dataSync());
  const [plain, penalized] = [false, true].map((penalize) => {
    const loss = () => {
      const losses = penalize ? model.calculateLosses() : [];
      return tf.addN([tf.neg(tf.log((model.apply(xs) as tf.Tensor).slice([0, 0], [1, 1]))).sum(), ...losses]);
    };
    const { grads } = tf.variableGrads(loss as () => tf.Scalar);
    return model.trainableWeights.map(({ name }) => grads[name].dataSync());
  });
  const decays = [0.004, 0.004, 0.004, 0.004, 0.004, 0.004, 1, 0];
  for (const [index, decay] of decays.entries()) {
    close([penalized[index]], [plain[index].map((g, i) => g + decay * before[index][i])], 1e-4);
  }
});

Deno.test("cifar10Full({ normalization: 'batch' }) normalizes before each ReLU, and leaves decay to the optimizer", () => {
  const model = cifar10Full({ normalization: "batch", batchNormMomentum: 0.8, seed: 1 });
  // scale, shift and two averages for 32, 32 and 64 channels
  assert.equal(model.countParams(), 89_578 + 4 * (32 + 32 + 64));
  assert.deepEqual(
    model.layers.slice(1).map(({ name }) => name),
    [
      ...["conv1", "pool1", "bn1", "relu1"],
      ...["conv2", "bn2", "relu2", "pool2"],
      ...["conv3", "bn3", "relu3", "pool3"],
      ...["flatten", "ip1"],
    ],
  );
  assert.equal(model.getLayer("bn2").getConfig().momentum, 0.8);
  assert.equal(model.calculateLosses().length, 0);
  assert.throws(
    () => cifar10Full({ normalization: "layer" as "batch" }),
    /Cannot create cifar10_full: normalization must be .*got "layer"/,
  );
});
