import assert from "node:assert/strict";
import {
  type AnyCallback,
  averageWeights,
  callbacks,
  constant,
  cyclical,
  CyclicLR,
  LearningRateScheduler,
  optimizerState,
  refreshBatchNorm,
  restoreOptimizer,
  snapshots,
  stopAtCycleEnd,
  stopOnNaN,
  tf,
  type WeightAverageState,
} from "../../lib/mod.ts";
import { randomFrom } from "../../lib/data/random.ts";
import { close, tinyBatches, tinyModel } from "../support.ts";
import { testOnBackends } from "../support_backends.ts";

const quiet = { verbose: 0 } as const;
const DIGITS = 1e-6;

/** y = w x from w = 1, which learns that 0 is right: each update makes w (1 - 2 rate) times what it was. */
function shrinking(optimizer: tf.Optimizer = tf.train.sgd(0.01)): tf.LayersModel {
  const model = tf.sequential({
    layers: [tf.layers.dense({ units: 1, inputShape: [1], useBias: false, kernelInitializer: "ones" })],
  });
  model.compile({ optimizer, loss: "meanSquaredError" });
  return model;
}

/** The weights of a {@linkcode shrinking} model before the first update and after each. */
function shrunk(rate: (iteration: number) => number, updates: number): number[] {
  const weights = [1];
  for (let i = 0; i < updates; i++) weights.push(weights[i] * (1 - 2 * rate(i)));
  return weights;
}

/** One batch an update. */
async function fitShrinking(model: tf.LayersModel, updates: number, ...items: AnyCallback[]) {
  const [x, y] = [tf.ones([updates, 1]), tf.zeros([updates, 1])];
  await model.fit(x, y, { batchSize: 1, epochs: 1, callbacks: callbacks(...items), ...quiet });
  tf.dispose([x, y]);
}

const values = (model: tf.LayersModel) => model.getWeights().map((weight) => [...weight.dataSync()]);
const mean = (list: number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;

testOnBackends("without decay, it is the mean of the weights at the cycles' ends", async () => {
  const options = { baseLr: 0.01, maxLr: 0.1, stepSize: 2 };
  const model = shrinking();
  const average = averageWeights();
  await fitShrinking(model, 14, average, new CyclicLR(options));
  const weights = shrunk((i) => cyclical(options)(i).learningRate, 14);
  assert.equal(average.count, 3);
  await average.swap(model);
  close(values(model), [[mean([weights[4], weights[8], weights[12]])]], DIGITS);
  await average.swap(model);
  close(values(model), [[weights[14]]], DIGITS);
});

testOnBackends("without decay, it is the mean of the weights at every n-th update", async () => {
  const model = shrinking(tf.train.sgd(0.1));
  const average = averageWeights({ every: 3 });
  await fitShrinking(model, 10, average);
  const weights = shrunk(() => 0.1, 10);
  await average.swap(model);
  close(values(model), [[mean([weights[3], weights[6], weights[9]])]], DIGITS);
});

testOnBackends("with decay, it is an exponential average with bias correction", async () => {
  const decay = 0.8;
  const model = shrinking(tf.train.sgd(0.1));
  const average = averageWeights({ every: 2, decay });
  await fitShrinking(model, 8, average);
  const weights = shrunk(() => 0.1, 8);
  const sum = [8, 6, 4, 2].reduce((sum, update, age) => sum + (1 - decay) * decay ** age * weights[update], 0);
  await average.swap(model);
  close(values(model), [[sum / (1 - decay ** 4)]], DIGITS);
});

testOnBackends(
  "it averages what a momentum optimizer, which may update in place, has made of the weights",
  async () => {
    const model = tinyModel(tf.train.momentum(0.01, 0.9));
    const average = averageWeights({ every: 1 });
    const seen: number[][][] = [];
    const watch = { onBatchEnd: () => void seen.push(values(model)) };
    await model.fitDataset(tinyBatches(5), { epochs: 2, callbacks: callbacks(average, watch), ...quiet });
    const last = values(model);
    await average.swap(model);
    assert.equal(seen.length, 10);
    close(values(model), last.map((list, w) => list.map((_, i) => mean(seen.map((all) => all[w][i])))), 1e-5);
    await average.swap(model);
    assert.deepEqual(values(model), last);
  },
);

testOnBackends(
  "a run that is taken up from its state ends with the uninterrupted run's average, to the bit",
  async () => {
    for (const options of [{}, { every: 2 }, { every: 3, decay: 0.9 }]) {
      const fit = (model: tf.LayersModel, ...items: AnyCallback[]) =>
        model.fitDataset(tinyBatches(7), { epochs: 1, callbacks: callbacks(...items), ...quiet });
      const model = tinyModel(tf.train.momentum(0.01, 0.9));
      const [clr, average] = [new CyclicLR({ stepSize: 2 }), averageWeights(options)];
      await fit(model, average, clr);
      const saved = structuredClone({
        weights: values(model),
        optimizer: await optimizerState(model.optimizer),
        average: await average.state(),
      });
      const scheduler = JSON.parse(JSON.stringify(clr));
      await fit(model, average, clr);

      const again = tinyModel(tf.train.momentum(0.01, 0.9));
      again.setWeights(again.getWeights().map((weight, index) => tf.tensor(saved.weights[index], weight.shape)));
      restoreOptimizer(again.optimizer, saved.optimizer);
      const resumed = averageWeights(options);
      resumed.restore(saved.average);
      await fit(again, resumed, CyclicLR.fromJSON(scheduler));
      assert.deepEqual(await resumed.state(), await average.state());
      assert.ok(resumed.count > saved.average.count);
    }
  },
);

testOnBackends(
  "swapped out, a model is what it was to the bit: constraints, refreshed statistics and all",
  async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.dense({ units: 3, inputShape: [2], kernelConstraint: tf.constraints.unitNorm({ axis: 0 }) }),
        tf.layers.batchNormalization(),
        tf.layers.dense({ units: 1 }),
      ],
    });
    model.compile({ optimizer: tf.train.adam(0.05), loss: "meanSquaredError" });
    const average = averageWeights({ every: 1, decay: 0.5 });
    await model.fitDataset(tinyBatches(6), { epochs: 1, callbacks: callbacks(average), ...quiet });
    const own = values(model);
    const before = tf.memory().numTensors;
    for (let i = 0; i < 2; i++) {
      await average.swap(model);
      assert.notDeepEqual(values(model).slice(0, 6), own.slice(0, 6));
      assert.deepEqual(values(model).slice(6), own.slice(6)); // the statistics stay
      await refreshBatchNorm(model, tinyBatches(3));
      assert.notDeepEqual(values(model).slice(6), own.slice(6));
      await average.swap(model);
      assert.deepEqual(values(model), own);
    }
    assert.equal(tf.memory().numTensors, before);
  },
);

testOnBackends("twenty cycles of an average leak no tensor, and dispose() frees it", async () => {
  const model = tinyModel(tf.train.momentum(0.01, 0.9));
  const clr = new CyclicLR({ stepSize: 1 });
  await model.fitDataset(tinyBatches(2), { epochs: 1, callbacks: callbacks(clr), ...quiet });
  const before = tf.memory().numTensors;
  const average = averageWeights();
  await model.fitDataset(tinyBatches(20), { epochs: 2, callbacks: callbacks(clr, average), ...quiet });
  assert.equal(average.count, 20);
  assert.equal(tf.memory().numTensors, before + 2); // a kernel and a bias
  average.restore(await average.state());
  assert.equal(tf.memory().numTensors, before + 2);
  average.dispose();
  assert.equal(tf.memory().numTensors, before);
  assert.equal(average.count, 0);
});

Deno.test("a custom loop tells the average of its updates, also inside of a tidy", async () => {
  await tf.setBackend("cpu");
  const model = shrinking();
  const average = averageWeights({ every: 2 });
  const before = tf.memory().numTensors;
  for (const value of [5, 1, 5, 2, 5]) {
    tf.tidy(() => {
      model.setWeights([tf.fill([1, 1], value)]);
      average.update(model);
    });
  }
  await average.swap(model);
  assert.deepEqual(values(model), [[1.5]]);
  await average.swap(model);
  assert.deepEqual(values(model), [[5]]);
  average.dispose();
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("layers that are frozen are not averaged", async () => {
  await tf.setBackend("cpu");
  const frozen = tf.layers.dense({ units: 1, inputShape: [2], trainable: false });
  const model = tf.sequential({ layers: [frozen, tf.layers.dense({ units: 1 })] });
  const average = averageWeights({ every: 1 });
  average.update(model);
  assert.deepEqual((await average.state()).tensors.map(({ shape }) => shape), [[1, 1], [1]]);
  model.trainable = false;
  assert.throws(() => average.update(model), /^TypeError: .*the model must have trainable weights, got none$/);
});

Deno.test("averages, snapshots and stops share a fit in any order, and hear of the cycles of that fit alone", async () => {
  await tf.setBackend("cpu");
  const make = () => [averageWeights(), averageWeights({ every: 1, decay: 0.9 }), snapshots(), stopOnNaN()] as const;
  for (const order of [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [2, 5, 0, 4, 1, 3]]) {
    const model = tinyModel(tf.train.sgd(0.01));
    const clr = new CyclicLR({ stepSize: 2 });
    const items = make();
    const all = [clr, ...items, stopAtCycleEnd({ monitor: "loss", patience: 9 })];
    let own = 0;
    clr.onCycleEnd = () => void own++;
    for (const fits of [1, 2]) {
      const list = callbacks(...order.map((place) => all[place]));
      await model.fitDataset(tinyBatches(4), { epochs: 3, callbacks: list, ...quiet });
      assert.deepEqual(
        [own, items[0].count, items[1].count, items[2].models.length],
        [3, 3, 12, 3].map((n) => n * fits),
      );
    }
    await model.fitDataset(tinyBatches(4), { epochs: 1, callbacks: callbacks(clr), ...quiet });
    assert.deepEqual([own, items[0].count, items[2].models.length], [7, 6, 6]);
    items[2].dispose();
  }
});

Deno.test("a fit that ended in an error leaves no listener behind", async () => {
  await tf.setBackend("cpu");
  const model = tinyModel(tf.train.sgd(0.01));
  const clr = new CyclicLR({ stepSize: 2 });
  const lost = averageWeights();
  const fails = { onBatchEnd: (batch: number) => assert.ok(batch < 5, "enough") };
  const fit = (...items: AnyCallback[]) =>
    model.fitDataset(tinyBatches(8), { epochs: 1, callbacks: callbacks(clr, ...items), ...quiet });
  await assert.rejects(() => fit(lost, fails), /enough/);
  assert.equal(lost.count, 1);
  const average = averageWeights();
  await fit(average); // updates 6 to 13 with the ends of cycles 2 and 3
  assert.deepEqual([lost.count, average.count], [1, 2]);
});

Deno.test("averageWeights() by cycles needs a scheduler with cycles, and says so before it trains", async () => {
  await tf.setBackend("cpu");
  const model = tinyModel(tf.train.sgd(0.01));
  const before = values(model);
  for (const items of [[], [new LearningRateScheduler(constant({ learningRate: 0.1 }))]]) {
    await assert.rejects(
      () => model.fitDataset(tinyBatches(3), { epochs: 1, callbacks: callbacks(...items, averageWeights()), ...quiet }),
      /^TypeError: Cannot average weights: the fit must have a scheduler with cycles, got none$/,
    );
  }
  const bare = [{ onEpochEnd: () => {} }, averageWeights({ every: 1 })] as unknown as tf.CustomCallback[];
  await assert.rejects(
    () => model.fitDataset(tinyBatches(2), { epochs: 1, callbacks: bare, ...quiet }),
    /Cannot train with this callback after a plain object: combine them with callbacks/,
  );
  assert.deepEqual(values(model), before);
});

Deno.test("averageWeights() refuses what is no option", () => {
  for (const every of [0, -1, 1.5, NaN, Infinity]) assert.throws(() => averageWeights({ every }), RangeError);
  for (const decay of [-0.1, 1, NaN, Infinity]) assert.throws(() => averageWeights({ every: 1, decay }), RangeError);
  for (const every of ["epoch", null, [], true]) assert.throws(() => averageWeights({ every } as never), TypeError);
  assert.throws(
    () => averageWeights({ decay: 0.9 }),
    /^TypeError: Cannot average weights: every must be a number if there is a decay, got "cycle"$/,
  );
  assert.throws(() => averageWeights({ every: 1, decay: "0.9" } as never), TypeError);
  assert.throws(() => averageWeights({ step: 1 } as never), /every, decay are its options, got "step"/);
});

Deno.test("an average refuses to be swapped where that would lose weights", async () => {
  await tf.setBackend("cpu");
  const [model, other] = [shrinking(), shrinking()];
  const average = averageWeights({ every: 1 });
  await assert.rejects(
    () => average.swap(model),
    /^RangeError: Cannot swap in an average: weights must have been taken into it, got none$/,
  );
  average.update(model);
  const wrong = /^TypeError: Cannot average weights: the model must have the 1 weights .*, got one of shape \[2,1\]$/;
  await assert.rejects(() => average.swap(tinyModel(tf.train.sgd(0.1))), wrong);
  assert.throws(() => average.update(tinyModel(tf.train.sgd(0.1))), wrong);
  assert.equal(average.count, 1);
  await average.swap(model);
  await assert.rejects(() => average.swap(other), /^TypeError: .*swapped out of its model first, got another model$/);
  const held = /^TypeError: .*the model must get its own weights back by swap\(model\), got the average$/;
  const state = await average.state();
  for (const work of [() => average.update(model), () => average.dispose(), () => average.restore(state)]) {
    assert.throws(work, held);
  }
  await assert.rejects(() => fitShrinking(model, 1, average), held);
  await average.swap(model);
  await fitShrinking(model, 1, average);
});

Deno.test("an average restores 500 spoilt states or refuses them in words, and what was refused changes nothing", async () => {
  await tf.setBackend("cpu");
  const average = averageWeights({ every: 1 });
  average.update(tinyModel(tf.train.sgd(0.1)));
  const good = await average.state();
  const random = randomFrom(14);
  const junk = [
    null,
    undefined,
    NaN,
    -1,
    0.5,
    2,
    "x",
    {},
    [],
    [{}],
    [null],
    [-2],
    [1, 1, 1],
    new Float32Array(3),
    1e300,
  ];
  let refused = 0;
  for (let i = 0; i < 500; i++) {
    const state = structuredClone(good) as unknown as Record<string, unknown>;
    const tensor = (state.tensors as Record<string, unknown>[])[i % 2];
    const [place, names] = i % 3 ? [tensor, ["shape", "values"]] : [state, ["updates", "count", "tensors"]];
    place[names[Math.floor(names.length * random())]] = junk[Math.floor(junk.length * random())];
    const spoilt = (i % 50 ? state : junk[Math.floor(junk.length * random())]) as WeightAverageState;
    const [before, tensors] = [await average.state(), tf.memory().numTensors];
    try {
      average.restore(spoilt);
      average.restore(good);
    } catch (error) {
      refused++;
      assert.match(`${error}`, /^(Type|Range)Error: Cannot restore an average: [^\n]*, got /);
      assert.deepEqual(await average.state(), before);
    }
    assert.equal(tf.memory().numTensors, tensors);
  }
  assert.ok(refused > 350 && refused < 500, `${refused}`);
});
