import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  type Batches,
  batches,
  cutout,
  findLearningRate,
  meanImage,
  randomFlip,
  randomShift,
  refreshBatchNorm,
  tf,
} from "../../lib/mod.ts";
import { smallImages } from "../support.ts";

await tf.setBackend("cpu");

const all = async (data: Batches) => {
  const list: number[][] = [];
  await data.forEachAsync(({ xs, ys }) => {
    list.push([...xs.dataSync(), ...ys.dataSync()]);
    tf.dispose([xs, ys]);
  });
  return list;
};

/** Takes the first `count` batches of a new pass, and stops. */
const peek = async (data: Batches, count = 1) => {
  const iterator = await data.iterator();
  const list: number[][] = [];
  for (let i = 0; i < count; i++) {
    const { value: { xs, ys } } = await iterator.next();
    list.push([...xs.dataSync(), ...ys.dataSync()]);
    tf.dispose([xs, ys]);
  }
  return list;
};

/** A tiny classifier; the weights after a fit tell which batches it saw, and in which order. */
function classifier() {
  const layers = [
    tf.layers.flatten({ inputShape: [4, 4, 3] }),
    tf.layers.dense({ units: 2, activation: "softmax", kernelInitializer: "zeros" }),
  ];
  const model = tf.sequential({ layers });
  model.compile({ optimizer: tf.train.sgd(1e-4), loss: "categoricalCrossentropy" });
  return model;
}
const weightsOf = (model: tf.LayersModel) => model.getWeights().map((weight) => [...weight.dataSync()]);
const training = (options = {}) =>
  batches(smallImages(26, 2, 4), { batchSize: 5, seed: 3, augment: [randomFlip()], ...options }); // 5 batches, 1 left

/** Fits a new classifier, two epochs, and gives its weights. */
async function fitted(data: Batches) {
  const model = classifier();
  await model.fitDataset(data, { epochs: 2, verbose: 0 });
  return weightsOf(model);
}

Deno.test("batches() repeats with a seed, differs between epochs, and drops the remainder", async () => {
  const images = smallImages(10, 2, 4);
  const make = () =>
    batches(images, { batchSize: 4, seed: 1, mean: meanImage(images), augment: [randomShift(), randomFlip()] });
  const [one, two] = [make(), make()];
  assert.equal(one.batchesPerEpoch, 2);
  const first = await all(one);
  assert.equal(first.length, 2);
  assert.deepEqual(await all(two), first);
  assert.notDeepEqual(await all(one), first);
});

Deno.test("batches() gives the same numbers in every version: runs are repeated and resumed by it", async () => {
  const images = smallImages(50, 5, 20);
  for (const prefetch of [0, 1, 3]) {
    const augment = [randomShift(), randomFlip()];
    const data = batches(images, { batchSize: 8, seed: 42, mean: meanImage(images), augment, prefetch });
    const hash = createHash("sha256");
    for (let epoch = 0; epoch < 3; epoch++) {
      for (const numbers of await all(data)) hash.update(new Uint8Array(Float32Array.from(numbers).buffer));
    }
    assert.equal(hash.digest("hex"), "8088c8bdfa201a72c02b384909aab0f83483bd5ebaa4f0da9b12a3f88135758a");
  }
});

Deno.test("batches() goes on in the middle of an epoch", async () => {
  const images = smallImages(12, 2, 4);
  const augment = [randomShift({ fill: "reflect", width: 0.5 }), randomShift({ fill: "zero" }), cutout({ size: 2 })];
  const make = () => batches(images, { batchSize: 3, seed: 5, augment, mean: meanImage(images), labelSmoothing: 0.1 });
  const whole = make();
  await all(whole);
  const second = await all(whole);
  const third = await all(whole);
  const resumed = make();
  resumed.startAt({ epoch: 1, batch: 2 });
  assert.deepEqual(resumed.position, { epoch: 1, batch: 2 });
  assert.deepEqual(await all(resumed), second.slice(2));
  assert.deepEqual(await all(resumed), third);
});

Deno.test("batches() started after an epoch's last batch gives an empty pass, then the next epoch", async () => {
  const data = training();
  await all(data);
  const second = await all(data);
  data.startAt({ epoch: 0, batch: 5 });
  assert.deepEqual(await all(data), []);
  assert.deepEqual(await all(data), second);
});

Deno.test("a look at the first batches changes nothing: what fit sees next is the same", async () => {
  for (const prefetch of [0, 1, 4, 20]) {
    const expected = await fitted(training());
    const data = training({ prefetch });
    const [first] = await peek(data);
    assert.deepEqual(await peek(data, 4), await peek(data, 4));
    assert.deepEqual(data.position, { epoch: 0, batch: 0 });
    assert.deepEqual(await fitted(data), expected);
    assert.deepEqual(data.position, { epoch: 2, batch: 0 });
    assert.notDeepEqual((await peek(data))[0], first);
  }
});

Deno.test("a range test changes nothing, be it shorter or longer than an epoch", async () => {
  const expected = await fitted(training());
  for (const iterations of [3, 5, 12]) {
    const [data, heldOut] = [training(), training()];
    heldOut.startAt({ epoch: 7, batch: 1 });
    const model = classifier();
    await findLearningRate(model, data, { iterations, heldOut });
    model.dispose();
    assert.deepEqual([data.position, heldOut.position], [{ epoch: 0, batch: 0 }, { epoch: 7, batch: 1 }]);
    assert.deepEqual(await fitted(data), expected);
  }
});

Deno.test("a range test that is aborted changes nothing either", async () => {
  const data = training();
  const controller = new AbortController();
  const onProgress = ({ iteration }: { iteration: number }) => void (iteration === 7 && controller.abort());
  await assert.rejects(() => findLearningRate(classifier(), data, { onProgress, signal: controller.signal }));
  assert.deepEqual(data.position, { epoch: 0, batch: 0 });
});

Deno.test("refreshing batch normalization changes nothing, over a part of an epoch or all of it", async () => {
  const layers = [tf.layers.flatten({ inputShape: [4, 4, 3] }), tf.layers.batchNormalization()];
  const model = tf.sequential({ layers });
  for (const taken of [2, 5, undefined]) {
    const data = training();
    await refreshBatchNorm(model, data, { batches: taken });
    assert.deepEqual(data.position, { epoch: 0, batch: 0 });
    assert.deepEqual(await all(data), await all(training()));
  }
});

Deno.test("two fits go on: the second starts with the third epoch", async () => {
  const expected = classifier();
  await expected.fitDataset(training(), { epochs: 4, verbose: 0 });
  const [data, model] = [training(), classifier()];
  await model.fitDataset(data, { epochs: 2, verbose: 0 });
  assert.deepEqual(data.position, { epoch: 2, batch: 0 });
  await model.fitDataset(data, { epochs: 4, initialEpoch: 2, verbose: 0 });
  assert.deepEqual(weightsOf(model), weightsOf(expected));
});

/** Fits and stops after a batch of the first epoch, counted from 0. */
async function fitUntil(data: Batches, last: number) {
  const model = classifier();
  const stopThere = new tf.CustomCallback({
    onBatchEnd: (batch) => Promise.resolve(void (batch === last && (model.stopTraining = true))),
  });
  await model.fitDataset(data, { epochs: 3, verbose: 0, callbacks: stopThere });
}

Deno.test("a fit that stops in the middle of an epoch leaves it for the next fit, from its start", async () => {
  const data = training();
  await fitUntil(data, 2);
  assert.deepEqual(data.position, { epoch: 0, batch: 0 });
  assert.deepEqual(await fitted(data), await fitted(training()));
});

Deno.test("a fit that stops at an epoch's last batch has done that epoch", async () => {
  for (const prefetch of [0, 1, 3]) {
    const data = training({ prefetch });
    await fitUntil(data, 4);
    assert.deepEqual(data.position, { epoch: 1, batch: 0 });
  }
});

Deno.test("take() of fewer batches than an epoch has gives the same ones each time", async () => {
  const data = training();
  const two = data.take(2) as Batches;
  assert.deepEqual(await all(two), await all(two));
  assert.deepEqual(await all(two), (await all(data)).slice(0, 2));
});

Deno.test("startAt() refuses what is no position", () => {
  const data = training();
  for (
    const position of [{ epoch: -1, batch: 0 }, { epoch: 0.5, batch: 0 }, { epoch: 0, batch: 6 }, {
      epoch: 0,
      batch: NaN,
    }]
  ) {
    assert.throws(
      () => data.startAt(position),
      /^RangeError: Cannot start at a position: (epoch|batch) must be a whole/,
    );
  }
  assert.throws(() => data.startAt({ epoch: 0 } as never), /batch must be a number, got undefined/);
  assert.deepEqual(data.position, { epoch: 0, batch: 0 });
});

Deno.test("batches() without a seed keeps the order and the remainder", async () => {
  const images = smallImages(5, 5, 1);
  const data = batches(images, { batchSize: 2 });
  const list = await all(data);
  assert.equal(list.length, 3);
  assert.deepEqual(list[2].slice(0, 3), [...images.images.subarray(12, 15)]);
  assert.deepEqual(list[2].slice(3), [0, 0, 0, 0, 1]);
  assert.deepEqual(await all(data), list);
});

Deno.test("batches() subtracts the mean image", async () => {
  const images = smallImages(4, 2, 2);
  const mean = meanImage(images);
  const list = await all(batches(images, { batchSize: 4, mean }));
  const sums = mean.map((_, pixel) => [0, 1, 2, 3].reduce((sum, i) => sum + list[0][i * 12 + pixel], 0));
  assert.ok(sums.every((sum) => Math.abs(sum) < 1e-3));
});

Deno.test("what an augmentation empties is zero for the network, to half a grey level", async () => {
  const images = smallImages(6, 2, 4);
  const augment = [cutout({ size: 8 })]; // around any pixel, that is the whole image
  const withMean = await all(batches(images, { batchSize: 6, seed: 1, augment, mean: meanImage(images) }));
  assert.ok(withMean[0].slice(0, 6 * 48).every((value) => Math.abs(value) <= 0.5));
  const without = await all(batches(images, { batchSize: 6, seed: 1, augment }));
  assert.deepEqual(without[0].slice(0, 6 * 48), new Array(6 * 48).fill(0));
});

Deno.test("labelSmoothing spreads its share over all classes", async () => {
  const images = smallImages(5, 5, 1);
  const [[...numbers]] = await all(batches(images, { batchSize: 5, labelSmoothing: 0.1 }));
  numbers.slice(15).forEach((target, index) => {
    const onehot = index % 5 === images.labels[Math.floor(index / 5)] ? 1 : 0;
    assert.equal(target, Math.fround((1 - 0.1) * onehot + 0.1 / 5));
  });
});

Deno.test("batches() refuses a batch larger than the data set and augmentation without a seed", () => {
  const images = smallImages(4, 2, 2);
  assert.throws(
    () => batches(images, { batchSize: 5 }),
    /batchSize must be a whole number from 1 to 4, the number of images, got 5/,
  );
  assert.throws(() => batches(images, { batchSize: 2, augment: [randomFlip()] }), /augmentation needs a seed/);
  assert.throws(() => batches(images, { batchSize: 2, mean: new Float32Array(3) }), TypeError);
});

Deno.test("batches() refuses a smoothing that is not from 0 to below 1, and a broken prefetch", () => {
  const make = (options: Record<string, unknown>) => () => batches(smallImages(4, 2, 2), { batchSize: 2, ...options });
  for (const labelSmoothing of [1, -0.1, NaN, Infinity]) {
    assert.throws(make({ labelSmoothing }), /labelSmoothing must be 0 or more and below 1, got/);
  }
  assert.throws(make({ labelSmoothing: "0.1" }), /labelSmoothing must be a number, got "0\.1"/);
  assert.throws(make({ prefetch: 1.5 }), /prefetch must be a whole number of 0 or more, got 1\.5/);
});

Deno.test("batches() leaks no tensor, not even where a pass stops and more were prepared", async () => {
  for (const prefetch of [1, 4]) {
    const data = batches(smallImages(20, 2, 4), { batchSize: 4, seed: 1, prefetch });
    await all(data);
    const before = tf.memory().numTensors;
    await all(data);
    await peek(data, 2);
    assert.equal(tf.memory().numTensors, before);
  }
});
