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
import { line, rate, train, valuesOf } from "./line.ts";

const ready: Partial<Record<BackendName, boolean>> = {
  cpu: true,
  wasm: allowed("read", "env"),
  native: allowed("read", "env", "ffi", "sys") && !missingNativePart(),
};

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
