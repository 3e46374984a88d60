import assert from "node:assert/strict";
import {
  type BackendName,
  callbacks,
  findLearningRate,
  LearningRateScheduler,
  optimizerState,
  restoreOptimizer,
  selectBackend,
  setHyperparameters,
  tf,
  type WeightDecayOptions,
  withWeightDecay,
} from "../../lib/mod.ts";
import { missingNativePart } from "../../lib/backend/native/setup/package.ts";
import { timeOperations } from "../../lib/backend/operation_times.ts";
import { randomFrom } from "../../lib/data/random.ts";
import { readCheckpoint, writeCheckpoint } from "../../lib/experiments/checkpoint.ts";
import { allowed, close, OPTIMIZERS, tinyBatches, tinyModel, withDirectory } from "../support.ts";

const ready: Partial<Record<BackendName, boolean>> = {
  cpu: true,
  wasm: allowed("read", "env"),
  native: allowed("read", "env", "ffi", "sys") && !missingNativePart(),
};

/** A rate that moves: 0.02, 0.04, 0.06, 0.08, and again. */
const rate = (iteration: number) => 0.02 * (1 + iteration % 4);
const X = [[1, 2], [-1, 0.5], [0.5, -1.5]];
const Y = [1, -0.5, 2];

/** A kernel, a bias, and the loss of the line that they make. */
function line() {
  const kernel = tf.variable(tf.tensor2d([0.8, -0.4], [2, 1]));
  const bias = tf.variable(tf.tensor1d([0.3]));
  const loss = () =>
    tf.tidy(() => tf.tensor2d(X).matMul(kernel as tf.Tensor2D).add(bias).sub(tf.tensor2d(Y, [3, 1])).square().mean());
  return { kernel, bias, loss: loss as () => tf.Scalar };
}
const valuesOf = (...tensors: tf.Tensor[]) => tensors.flatMap((tensor) => [...tensor.dataSync()]);

/** The line's kernel and bias after 20 steps at {@linkcode rate}. */
function train(optimizer: tf.Optimizer): number[] {
  const { kernel, bias, loss } = line();
  for (let i = 0; i < 20; i++) {
    setHyperparameters(optimizer, { learningRate: rate(i) });
    optimizer.minimize(loss);
  }
  return valuesOf(kernel, bias);
}

for (const [name, make] of Object.entries(OPTIMIZERS)) {
  for (const coupled of [false, true]) {
    const how = coupled ? "coupled" : "decoupled";

    Deno.test(`withWeightDecay() of ${name}, ${how}, is the plain optimizer with the decay done by hand`, async () => {
      await tf.setBackend("cpu");
      const { kernel, bias, loss } = line();
      const plain = make();
      for (let i = 0; i < 20; i++) {
        setHyperparameters(plain, { learningRate: rate(i) });
        const { grads } = plain.computeGradients(loss);
        if (coupled) grads[kernel.name] = tf.add(grads[kernel.name], tf.mul(0.5, kernel));
        else kernel.assign(tf.sub(kernel, tf.mul(rate(i) * 0.5, kernel)));
        plain.applyGradients(grads);
      }
      const undecayed = train(make());
      const decayed = train(withWeightDecay(make(), { weightDecay: 0.5, coupled }));
      close([decayed], [valuesOf(kernel, bias)], 1e-5);
      assert.ok(decayed.some((value, k) => Math.abs(value - undecayed[k]) > 1e-3), "the decay shows");
    });

    Deno.test(`withWeightDecay() of ${name}, ${how}, goes on from a state to the bit`, async () => {
      await tf.setBackend("cpu");
      const optimizer = () => withWeightDecay(make(), { weightDecay: (iteration) => 0.1 / (1 + iteration), coupled });
      const fit = (model: tf.LayersModel) => model.fitDataset(tinyBatches(5), { epochs: 1, verbose: 0 });
      const whole = tinyModel(optimizer());
      await fit(whole);
      const state = structuredClone(await optimizerState(whole.optimizer));
      const weights = whole.getWeights().map((weight) => weight.clone());
      await fit(whole);

      const resumed = tinyModel(optimizer());
      resumed.setWeights(weights);
      restoreOptimizer(resumed.optimizer, state);
      await fit(resumed);
      assert.equal(resumed.optimizer.iterations, 10);
      assert.deepEqual(valuesOf(...resumed.getWeights()), valuesOf(...whole.getWeights()));

      const again = tinyModel(optimizer()); // and all of it repeats
      await fit(again);
      await fit(again);
      assert.deepEqual(valuesOf(...again.getWeights()), valuesOf(...whole.getWeights()));
    });
  }

  Deno.test(`setHyperparameters() sets rate and weight decay of a decayed ${name}`, async () => {
    await tf.setBackend("cpu");
    const optimizer = withWeightDecay(make(), { weightDecay: 0.3 });
    const kernel = tf.variable(tf.ones([1, 1]));
    const update = () => optimizer.applyGradients([{ name: kernel.name, tensor: tf.zeros([1, 1]) }]);
    update(); // each optimizer starts at a rate of 0.01
    setHyperparameters(optimizer, { learningRate: 0.1 });
    update();
    setHyperparameters(optimizer, { learningRate: 0.2, weightDecay: 0.5 });
    update();
    close([kernel.dataSync()], [[(1 - 0.01 * 0.3) * (1 - 0.1 * 0.3) * (1 - 0.2 * 0.5)]], 1e-6);
  });
}

// worked out once in float64: 20 steps of the line above, by PyTorch 2.14.1 and Keras 3.15.1, biases exempt
const REFERENCES: [string, () => tf.Optimizer, boolean, number[]][] = [
  ["PyTorch's AdamW", () => tf.train.adam(1, 0.9, 0.999, 1e-7), false, [1.0330742, -0.4416222, 0.9430479]],
  ["PyTorch's Adam", () => tf.train.adam(1, 0.9, 0.999, 1e-7), true, [0.8047658, -0.3774569, 0.9672352]],
  ["PyTorch's SGD", () => tf.train.sgd(1), true, [0.8094437, -0.3548417, 0.7517865]],
  ["PyTorch's SGD with momentum", () => tf.train.momentum(1, 0.9), true, [0.8060789, -0.3452948, 0.6618604]],
  [
    "PyTorch's SGD with Nesterov momentum",
    () => tf.train.momentum(1, 0.9, true),
    true,
    [0.8046966, -0.3590226, 0.7609657],
  ],
  ["Keras's AdamW", () => tf.train.adam(1, 0.9, 0.999, 1e-7), false, [1.0330741, -0.4416225, 0.9430478]],
  ["Keras's SGD", () => tf.train.sgd(1), false, [0.8094437, -0.3548417, 0.7517865]],
  ["Keras's Adagrad", () => tf.train.adagrad(1), false, [0.7357421, -0.3419979, 0.5920054]],
  ["Keras's RMSprop", () => tf.train.rmsprop(1), false, [1.0328316, -0.4226644, 0.8024816]],
  ["Keras's Adamax", () => tf.train.adamax(1), false, [0.9381543, -0.4231815, 0.8396325]],
];

for (const [name, make, coupled, expected] of REFERENCES) {
  Deno.test(`withWeightDecay() is ${name} with weight decay over 20 steps`, async () => {
    await tf.setBackend("cpu");
    close([train(withWeightDecay(make(), { weightDecay: 0.5, coupled }))], [expected], 1e-6);
  });
}

Deno.test("withWeightDecay() of adam is AdamW's formula in float64, the decay a function of the iteration", async () => {
  await tf.setBackend("cpu");
  const weightDecay = (iteration: number) => 1 - iteration / 20;
  const actual = train(withWeightDecay(tf.train.adam(1), { weightDecay }));

  const weights = [0.8, -0.4, 0.3]; // the last is the bias
  const [m, v] = [[0, 0, 0], [0, 0, 0]];
  for (let i = 0; i < 20; i++) {
    const errors = X.map(([a, b], row) => a * weights[0] + b * weights[1] + weights[2] - Y[row]);
    const gradient = [0, 1, 2].map((k) =>
      errors.reduce((sum, error, row) => sum + 2 / 3 * error * (X[row][k] ?? 1), 0)
    );
    for (const [k, g] of gradient.entries()) {
      if (k < 2) weights[k] -= rate(i) * weightDecay(i) * weights[k];
      m[k] = 0.9 * m[k] + 0.1 * g;
      v[k] = 0.999 * v[k] + 0.001 * g ** 2;
      weights[k] -= rate(i) * m[k] / (1 - 0.9 ** (i + 1)) / (Math.sqrt(v[k] / (1 - 0.999 ** (i + 1))) + 1e-7);
    }
  }
  close([actual], [weights], 1e-5);
});

Deno.test("withWeightDecay() decays kernels; biases, normalization and weights without a gradient stay", async () => {
  await tf.setBackend("cpu");
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ filters: 2, kernelSize: 2, inputShape: [4, 4, 1], biasInitializer: "ones" }),
      tf.layers.batchNormalization(),
      tf.layers.flatten(),
      tf.layers.dense({ units: 3, biasInitializer: "ones" }),
    ],
  });
  const optimizer = withWeightDecay(tf.train.sgd(0.1), { weightDecay: 0.5 });
  const weights = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const before = weights.map((weight) => [...weight.dataSync()]);
  const ranks = weights.map(({ rank }) => rank);
  assert.deepEqual(ranks, [4, 1, 1, 1, 2, 1]);
  optimizer.applyGradients(Object.fromEntries(weights.map((weight) => [weight.name, tf.zerosLike(weight)])));
  const decayed = before.map((list, index) => ranks[index] >= 2 ? list.map((value) => value * 0.95) : list);
  close(weights.map((weight) => weight.dataSync()), decayed, 1e-7);

  const rest = weights.map((weight) => [...weight.dataSync()]);
  // minimize() hands over undefined for a weight that the loss does not depend on
  optimizer.applyGradients(weights.map(({ name }) => ({ name, tensor: undefined as unknown as tf.Tensor })));
  assert.deepEqual(weights.map((weight) => [...weight.dataSync()]), rest);
});

Deno.test("withWeightDecay(), coupled, trains as a layer's L2 regularizer of half the decay does", async () => {
  await tf.setBackend("cpu");
  const fit = async (optimizer: tf.Optimizer, l2: number) => {
    const kernelRegularizer = tf.regularizers.l2({ l2 });
    const dense = tf.layers.dense({ units: 1, inputShape: [2], kernelInitializer: "ones", kernelRegularizer });
    const model = tf.sequential({ layers: [dense] });
    model.compile({ optimizer, loss: "meanSquaredError" });
    await model.fitDataset(tinyBatches(20), { epochs: 1, verbose: 0 });
    return valuesOf(...model.getWeights());
  };
  const decayed = withWeightDecay(tf.train.momentum(0.01, 0.9), { weightDecay: 0.5, coupled: true });
  close([await fit(decayed, 0)], [await fit(tf.train.momentum(0.01, 0.9), 0.25)], 1e-5);
});

Deno.test("withWeightDecay() follows the rate that adamax lowers by itself", async () => {
  await tf.setBackend("cpu");
  const optimizer = withWeightDecay(tf.train.adamax(0.1, 0.9, 0.999, 1e-7, 0.5), { weightDecay: 1 });
  const kernel = tf.variable(tf.ones([1, 1]));
  for (let i = 0; i < 3; i++) optimizer.applyGradients([{ name: kernel.name, tensor: tf.zeros([1, 1]) }]);
  close([kernel.dataSync()], [[(1 - 0.1) * (1 - 0.1 / 1.5) * (1 - 0.1 / 2)]], 1e-6);
});

Deno.test("withWeightDecay() takes its decay from a scheduler among other callbacks", async () => {
  await tf.setBackend("cpu");
  const schedule = (iteration: number) => ({ learningRate: 0.1 + 0.1 * iteration, weightDecay: 0.5 / (1 + iteration) });
  const model = tinyModel(withWeightDecay(tf.train.sgd(1), { weightDecay: 0 }));
  const scheduler = new LearningRateScheduler(schedule);
  let batches = 0;
  // inputs of zeros, so that the kernel has no gradient but the decay
  await model.fit(tf.zeros([6, 2]), tf.ones([6, 1]), {
    ...{ batchSize: 2, epochs: 1, verbose: 0 },
    callbacks: callbacks(scheduler, { onBatchEnd: () => void batches++ }),
  });
  assert.equal(batches, 3);
  const kept = [0, 1, 2].map(schedule).reduce(
    (all, { learningRate, weightDecay }) => all * (1 - learningRate * weightDecay),
    1,
  );
  close([model.getWeights()[0].dataSync()], [[kept, kept]], 1e-6);
});

Deno.test("withWeightDecay() counts on after a range test as if there had been none", async () => {
  await tf.setBackend("cpu");
  const counts: number[] = [];
  const weightDecay = (iteration: number) => {
    counts.push(iteration);
    return 0.01;
  };
  const model = tinyModel(withWeightDecay(tf.train.momentum(0.01, 0.9), { weightDecay }));
  await findLearningRate(model, tinyBatches(5), { iterations: 3 });
  await model.fitDataset(tinyBatches(2), { epochs: 1, verbose: 0 });
  assert.deepEqual(counts, [0, 0, 1, 2, 0, 1]); // the first is the check of the function when the decay is added
});

const files = { ignore: !allowed("read", "write") };
Deno.test("a checkpoint keeps the weight decay in force", files, async () => {
  await tf.setBackend("cpu");
  await withDirectory(async (directory) => {
    const optimizer = () => withWeightDecay(tf.train.adam(0.01), { weightDecay: 0.5 });
    const model = tinyModel(optimizer());
    setHyperparameters(model.optimizer, { learningRate: 0.01, weightDecay: 0.25 });
    await model.fitDataset(tinyBatches(3), { epochs: 1, verbose: 0 });
    const scheduler = new LearningRateScheduler(() => ({ learningRate: 0.01 })).toJSON();
    await writeCheckpoint(directory, model, { run: "decayed", position: { epoch: 1, batch: 0 }, scheduler });
    const restored = tinyModel(optimizer());
    (await readCheckpoint(directory, "decayed"))!.restore(restored);
    const { numbers } = await optimizerState(restored.optimizer);
    assert.deepEqual([numbers.weightDecay, numbers.iterations_], [0.25, 3]);
  });
});

for (const backend of ["cpu", "wasm", "native"] as const) {
  const runs = { ignore: !ready[backend] };
  for (const coupled of [false, true]) {
    Deno.test(
      `${backend}: withWeightDecay() (coupled: ${coupled}) leaks nothing over 20 steps of any optimizer`,
      runs,
      async () => {
        await selectBackend(backend);
        for (const [name, make] of Object.entries(OPTIMIZERS)) {
          const optimizer = withWeightDecay(make(), { weightDecay: (iteration) => 0.1 * (iteration % 2), coupled });
          const { kernel, bias, loss } = line();
          const step = (i: number) => {
            setHyperparameters(optimizer, { learningRate: rate(i) });
            optimizer.minimize(loss);
          };
          step(0);
          step(1);
          const before = tf.memory().numTensors;
          for (let i = 0; i < 20; i++) step(i);
          assert.equal(tf.memory().numTensors, before, name);
          tf.dispose([kernel, bias]);
        }
      },
    );

    Deno.test(`${backend}: withWeightDecay() (coupled: ${coupled}) trains as on the plain backend`, runs, async () => {
      for (const [name, make] of Object.entries(OPTIMIZERS)) {
        await selectBackend("cpu");
        const expected = train(withWeightDecay(make(), { weightDecay: 0.5, coupled }));
        const optimizer = withWeightDecay(make(), { weightDecay: 0.5, coupled });
        const { epsilon } = optimizer as unknown as { epsilon?: number };
        assert.ok(epsilon === undefined || epsilon === 1e-7, name);
        await selectBackend(backend);
        close([train(optimizer)], [expected], 1e-4);
      }
    });
  }
}

Deno.test(
  "native: a decayed momentum optimizer still updates by one operation",
  { ignore: !ready.native },
  async () => {
    await selectBackend("cpu");
    const optimizer = withWeightDecay(tf.train.momentum(0.1, 0.9), { weightDecay: 0.5 });
    await selectBackend("native");
    const operations = timeOperations();
    train(optimizer);
    const times = operations.stop();
    assert.equal(times.get("ResourceApplyMomentum")?.calls, 40); // 20 steps of a kernel and a bias
  },
);

Deno.test("withWeightDecay() refuses bad input and leaves the optimizer as it was", () => {
  const optimizer = tf.train.sgd(0.1);
  const refuse = (options: unknown, error: RegExp) =>
    assert.throws(() => withWeightDecay(optimizer, options as WeightDecayOptions), error);
  refuse({ weightDecay: -0.1 }, /^RangeError: Cannot add weight decay: weightDecay must be 0 or more, got -0.1$/);
  refuse({ weightDecay: NaN }, /^RangeError: .* got NaN$/);
  refuse({ weightDecay: Infinity }, /^RangeError: .* got Infinity$/);
  refuse({ weightDecay: "0.1" }, /^TypeError: Cannot add weight decay: weightDecay must be a number, got "0.1"$/);
  refuse({}, /^TypeError: .* weightDecay must be a number, got undefined$/);
  refuse({ weightDecay: () => -1 }, /^RangeError: .* weightDecay\(0\) must be 0 or more, got -1$/);
  refuse({ weightDecay: () => ({ learningRate: 1 }) }, /^TypeError: .* weightDecay\(0\) must be a number/);
  refuse({ weightDecay: 0.1, coupled: "yes" }, /^TypeError: .* coupled must be true or false, got "yes"$/);
  refuse({ weightDecay: 0.1, decay: 0.1 }, /^TypeError: .* got "decay"$/);
  refuse(0.1, /^TypeError: Cannot add weight decay: the options must be an object, got 0.1$/);
  for (const none of ["sgd", null, undefined, {}]) {
    assert.throws(
      () => withWeightDecay(none as unknown as tf.Optimizer, { weightDecay: 0.1 }),
      /^TypeError: Cannot add weight decay: the optimizer must be one that tf.train makes, got ("sgd"|null|undefined|\{\})$/,
    );
  }
  assert.equal(Object.hasOwn(optimizer, "applyGradients"), false);

  assert.equal(withWeightDecay(optimizer, { weightDecay: 0 }), optimizer);
  refuse({ weightDecay: 0.1 }, /^TypeError: .* must be without weight decay, got one with weightDecay 0$/);
});

Deno.test("withWeightDecay() takes any options that are junk for a clear error", () => {
  const random = randomFrom(14);
  const junk = [NaN, -1, -0.001, Infinity, -Infinity, "", "1", null, undefined, true, [], {}, [0.1], Symbol("decay")];
  const pick = () => junk[Math.floor(random() * junk.length)];
  for (let i = 0; i < 200; i++) {
    const value = pick();
    const options = [value, { weightDecay: value }, { weightDecay: () => value }, { coupled: value }][i % 4];
    const optimizer = tf.train.sgd(0.1);
    assert.throws(
      () => withWeightDecay(optimizer, options as WeightDecayOptions),
      /^(Type|Range)Error: Cannot add weight decay: .*, got /,
    );
    assert.equal(Object.hasOwn(optimizer, "applyGradients"), false);
  }
});

Deno.test("withWeightDecay() stops an update whose decay turns out to be no number, before it changes a weight", async () => {
  await tf.setBackend("cpu");
  const optimizer = withWeightDecay(tf.train.sgd(0.1), { weightDecay: (iteration) => iteration < 2 ? 0.1 : NaN });
  const { kernel, bias, loss } = line();
  optimizer.minimize(loss);
  optimizer.minimize(loss);
  const before = valuesOf(kernel, bias);
  assert.throws(() => optimizer.minimize(loss), /^RangeError: .* weightDecay\(2\) must be 0 or more, got NaN$/);
  assert.deepEqual(valuesOf(kernel, bias), before);
});
