import assert from "node:assert/strict";
import { batches, exponentialRamp, findLearningRate, optimizerState, suggest, tf } from "../../lib/mod.ts";
import { smallImages, tinyBatches, tinyModel } from "../support.ts";

const near = (a: number, b: number) => assert.ok(Math.abs(a - b) <= 1e-9 * Math.abs(b), `${a} is not ${b}`);
/** A curve as range tests give: flat, a fall, a climb. */
const rates = Array.from({ length: 80 }, (_, i) => 1e-6 * 10 ** (i / 12));
const curve = rates.map((rate) => 2.3 - 1.2 / (1 + (0.01 / rate) ** 1.5) + (rate > 0.5 ? (rate - 0.5) ** 2 * 4 : 0));

// Expected: fastai's valley, slide, minimum and steep on this curve, worked out step by step from their definitions.
Deno.test("suggest.minimum() is a tenth of the rate at the least loss", () => {
  near(suggest.minimum(rates, curve), rates[curve.indexOf(Math.min(...curve))] / 10);
});

Deno.test("suggest.steepest() takes the slope over the logarithm of the rate", () => {
  // the fall's steepest place over log(rate) is at the middle of the logistic: 0.01
  const found = suggest.steepest(rates, curve);
  assert.ok(found > 0.006 && found < 0.012, `${found}`);
});

Deno.test("suggest.valley() is a third and a sixth into the longest fall", () => {
  // losses 5 5 5 | 4 3 2 1 0 0.5: the longest strictly falling subsequence has 6 members and ends at index 7
  const losses = [5, 5, 5, 4, 3, 2, 1, 0, 0.5];
  const index = (7 - 6) + 2 + 1; // start 1, section 2
  assert.equal(suggest.valley(losses.map((_, i) => i + 1), losses), index + 1);
});

Deno.test("suggest.slide() walks from the right while slopes 15 apart differ by more than 0.005", () => {
  const losses = [
    ...Array.from({ length: 30 }, (_, i) => 3 - 0.1 * i),
    ...Array.from({ length: 20 }, (_, i) => 0.1 + 0.1 * (i + 1) ** 2),
  ];
  const slope = (i: number) =>
    i === 0 ? losses[1] - losses[0] : i === 49 ? losses[49] - losses[48] : (losses[i + 1] - losses[i - 1]) / 2;
  let [right, expected] = [49, 34];
  for (let left = 34; left >= 0 && Math.abs(slope(right) - slope(left)) > 0.005; right--, left--) expected = left;
  assert.equal(suggest.slide(losses.map((_, i) => i), losses), expected);
});

Deno.test("suggest.* refuse NaN, too few points and unequal lengths", () => {
  for (const [name, least] of [["valley", 2], ["slide", 16], ["minimum", 1], ["steepest", 2]] as const) {
    const few = Array.from({ length: least - 1 }, (_, i) => i + 1);
    assert.throws(() => suggest[name](few, few), RangeError);
    const many = Array.from({ length: 20 }, (_, i) => i + 1);
    assert.throws(() => suggest[name](many, many.with(3, NaN)), RangeError);
    assert.throws(() => suggest[name](many, few), TypeError);
  }
});

const makers = {
  sgd: () => tf.train.sgd(0.03),
  momentum: () => tf.train.momentum(0.03, 0.8),
  adam: () => tf.train.adam(0.03, 0.7),
};
for (const [name, make] of Object.entries(makers)) {
  for (const ending of ["ends", "diverges", "throws", "is aborted"]) {
    Deno.test(`findLearningRate() gives ${name} and the weights back to the bit when it ${ending}`, async () => {
      await tf.setBackend("cpu");
      const model = tinyModel(make());
      await model.fitDataset(tinyBatches(3), { epochs: 1, verbose: 0 });
      const read = async () => ({
        weights: model.getWeights().map((weight) => [...weight.dataSync()]),
        optimizer: structuredClone(await optimizerState(model.optimizer)),
      });
      const before = await read();
      const tensors = tf.memory().numTensors;
      const controller = new AbortController();
      const test = () =>
        findLearningRate(model, tinyBatches(4), {
          startLr: 1e-4,
          endLr: ending === "diverges" ? 1e6 : 0.1,
          iterations: 40,
          signal: controller.signal,
          onProgress: ({ iteration }) => {
            if (ending === "throws" && iteration === 5) throw new Error("on purpose");
            if (ending === "is aborted" && iteration === 5) controller.abort();
          },
        });
      if (ending === "throws") await assert.rejects(test, /on purpose/);
      else if (ending === "is aborted") await assert.rejects(test, { name: "AbortError" });
      else assert.equal((await test()).stoppedEarly, ending === "diverges");
      assert.deepEqual(await read(), before);
      assert.equal(tf.memory().numTensors, tensors);
    });
  }
}

Deno.test("findLearningRate() gives weights back to the bit though a constraint would change them", async () => {
  await tf.setBackend("cpu");
  const kernelConstraint = tf.constraints.unitNorm({ axis: 0 });
  const line = tf.layers.dense({ units: 1, inputShape: [2], kernelInitializer: "ones", kernelConstraint });
  const model = tf.sequential({ layers: [line] });
  model.compile({ optimizer: tf.train.sgd(0.01), loss: "meanSquaredError" });
  await model.fitDataset(tinyBatches(3), { epochs: 1, verbose: 0 }); // tfjs does not apply the constraint here
  const read = () => model.getWeights().map((weight) => [...weight.dataSync()]);
  const before = read();
  await findLearningRate(model, tinyBatches(4), { iterations: 5 });
  assert.deepEqual(read(), before);
});

Deno.test("findLearningRate() trains at the ramp's rates", async () => {
  const model = tinyModel(tf.train.sgd(0.01));
  const { learningRates } = await findLearningRate(model, tinyBatches(4), {
    startLr: 1e-4,
    endLr: 1e-2,
    iterations: 20,
  });
  const ramp = exponentialRamp({ from: 1e-4, to: 1e-2, iterations: 20 });
  assert.deepEqual(learningRates, learningRates.map((_, i) => ramp(i).learningRate));
  assert.equal(learningRates.length, 20);
});

Deno.test("findLearningRate() gives bounds on a curve that falls", async () => {
  const model = tinyModel(tf.train.sgd(0.01));
  const { bounds, suggestions, reason } = await findLearningRate(model, tinyBatches(4), {
    startLr: 1e-5,
    endLr: 10,
    smoothing: 0.5,
  });
  assert.ok(bounds && bounds.baseLr < bounds.maxLr && bounds.maxLr < 10, String(reason));
  assert.ok(Object.values(suggestions).every((rate) => rate > 1e-5 && rate < 10));
});

Deno.test("findLearningRate() gives no number on a flat curve, and says why", async () => {
  const model = tinyModel(tf.train.sgd(0.01));
  const found = await findLearningRate(model, tinyBatches(4), { startLr: 1e-12, endLr: 1e-10 });
  assert.deepEqual(found.suggestions, {});
  assert.equal(found.bounds, undefined);
  assert.match(found.reason!, /flat/);
});

Deno.test("findLearningRate() gives no number from too few points, and says why", async () => {
  const model = tinyModel(tf.train.sgd(0.01));
  const found = await findLearningRate(model, tinyBatches(4), { iterations: 12, endLr: 0.1 });
  assert.equal(found.bounds, undefined);
  assert.match(found.reason!, /too few points/);
});

Deno.test("findLearningRate() measures the error rate, and on held-out batches", async () => {
  await tf.setBackend("cpu");
  const layer = tf.layers.dense({ units: 2, inputShape: [2], kernelInitializer: "identity", activation: "softmax" });
  const model = tf.sequential({ layers: [layer] }); // it says which of two numbers is larger
  model.compile({ optimizer: tf.train.sgd(0.01), loss: "categoricalCrossentropy", metrics: ["accuracy"] });
  /** Four images, of which the first ones are classified right. */
  const batch = (right: number) => {
    const xs = [[1, 0], [0, 1], [1, 0], [0, 1]];
    const ys = xs.map(([one, other], i) => i < right ? [one, other] : [other, one]);
    const make = function* () {
      yield { xs: tf.tensor2d(xs), ys: tf.tensor2d(ys) };
    };
    return tf.data.generator(make as unknown as () => Iterator<tf.TensorContainer>) as ReturnType<typeof tinyBatches>;
  };
  const options = { startLr: 1e-12, endLr: 1e-11, iterations: 3, metric: "errorRate" } as const;
  const ofTraining = await findLearningRate(model, batch(4), options);
  const ofHeldOut = await findLearningRate(model, batch(4), { ...options, heldOut: batch(1) });
  assert.deepEqual([ofTraining.losses, ofHeldOut.losses], [[0, 0, 0], [0.75, 0.75, 0.75]]);
});

Deno.test("findLearningRate() smooths without a bias, raises the rate linearly too, and stops by its factor", async () => {
  const options = { startLr: 0, endLr: 2, iterations: 41, ramp: "linear", smoothing: 0.5, stopFactor: 2 } as const;
  const { learningRates, losses, smoothedLosses, stoppedEarly } = await findLearningRate(
    tinyModel(tf.train.sgd(0.01)),
    tinyBatches(4),
    options,
  );
  learningRates.forEach((rate, i) => assert.ok(Math.abs(rate - 2 * i / 40) < 1e-12, `${rate}`));
  let average = 0;
  let best = Infinity;
  const ends = losses.findIndex((loss, i) => {
    average = 0.5 * average + 0.5 * loss;
    const smoothed = average / (1 - 0.5 ** (i + 1));
    assert.ok(Math.abs(smoothedLosses[i] - smoothed) < 1e-6 * smoothed, `${smoothed}`);
    best = Math.min(best, smoothed);
    return smoothed > 2 * best;
  });
  assert.deepEqual([stoppedEarly, losses.length], [true, ends + 1]);
});

Deno.test("findLearningRate() takes what batches() gives, and what tf.data.generator gives, as they are", async () => {
  const model = tf.sequential({
    layers: [
      tf.layers.flatten({ inputShape: [4, 4, 3] }),
      // random weights could make the loss of such large inputs diverge at once
      tf.layers.dense({ units: 2, activation: "softmax", kernelInitializer: "zeros" }),
    ],
  });
  model.compile({ optimizer: tf.train.sgd(0.01), loss: "categoricalCrossentropy" });
  const data = batches(smallImages(8, 2, 4), { batchSize: 4 });
  const generated = tf.data.generator(function* () {
    yield { xs: tf.ones([2, 4, 4, 3]), ys: tf.tensor2d([[1, 0], [0, 1]]) };
  });
  for (const source of [data, generated]) {
    const { losses } = await findLearningRate(model, source, { iterations: 3, endLr: 1e-4, heldOut: data });
    assert.equal(losses.length, 3);
  }
});

Deno.test("findLearningRate() refuses wrong options", async () => {
  const model = tinyModel(tf.train.sgd(0.01));
  for (const options of [{ iterations: 1 }, { startLr: 0 }, { endLr: 1e-9 }, { smoothing: 1 }, { stopFactor: 1 }]) {
    await assert.rejects(() => findLearningRate(model, tinyBatches(4), options), RangeError);
  }
  await assert.rejects(() => findLearningRate(model, tinyBatches(0)), /there must be one batch or more, got 0/);
});

Deno.test("findLearningRate() refuses what is no data set before it copies the weights", async () => {
  const model = tinyModel(tf.train.sgd(0.01));
  const tensors = tf.memory().numTensors;
  for (const [wrong, got] of [[smallImages(2), "an object with images, labels"], [undefined, "undefined"]] as const) {
    const message = new RegExp(`must be a tf.data.Dataset, such as \`batches\` makes, got ${got}`);
    await assert.rejects(() => findLearningRate(model, wrong as never), message);
    if (wrong) {
      await assert.rejects(() => findLearningRate(model, tinyBatches(2), { heldOut: wrong as never }), message);
    }
  }
  assert.equal(tf.memory().numTensors, tensors);
});

Deno.test("findLearningRate() runs on while a negative loss falls", async () => {
  const model = tinyModel(tf.train.sgd(0.01));
  model.compile({ optimizer: tf.train.sgd(0.01), loss: (_truth, prediction) => prediction.mean().neg() });
  const { losses, stoppedEarly } = await findLearningRate(model, tinyBatches(4), { endLr: 0.01, iterations: 20 });
  assert.ok(losses[0] < 0);
  assert.deepEqual([losses.length, stoppedEarly], [20, false]);
});
