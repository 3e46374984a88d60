import assert from "node:assert/strict";
import {
  batches,
  caffeMomentum,
  cifar10Full,
  miniGoogLeNet,
  resnet20,
  selectBackend,
  smallCnn,
  tf,
} from "../../lib/mod.ts";
import { copyModel } from "../../lib/models/copy.ts";
import { close, numbers, smallImages } from "../support.ts";
import { testOnBackends } from "../support_backends.ts";

/** The builders, and the smallest images that are quick on every backend. */
const BUILDERS = { miniGoogLeNet, cifar10Full, resnet20, smallCnn };
const SIDES = { miniGoogLeNet: 31, cifar10Full: 8, resnet20: 8, smallCnn: 8 };
type Name = keyof typeof BUILDERS;
const NAMES = Object.keys(BUILDERS) as Name[];

/** A model for small images of three classes. */
const small = (name: Name, seed?: number) =>
  BUILDERS[name]({ inputShape: [SIDES[name], SIDES[name], 3], classes: 3, seed });
const valuesOf = (model: tf.LayersModel) => model.getWeights().map((weight) => [...weight.dataSync()]);
const trainable = (model: tf.LayersModel) =>
  model.trainableWeights.reduce((sum, { shape }) => sum + tf.util.sizeFromShape(shape as number[]), 0);
const shapeOf = (model: tf.LayersModel, layer: string) => (model.getLayer(layer).outputShape as number[]).slice(1);

for (const name of NAMES) {
  Deno.test(`${name}() goes from images of any shape to probabilities of the classes`, async () => {
    await tf.setBackend("cpu");
    const model = small(name);
    assert.deepEqual(model.inputs[0].shape, [null, SIDES[name], SIDES[name], 3]);
    const probabilities = model.predict(numbers([2, SIDES[name], SIDES[name], 3], 1)) as tf.Tensor;
    assert.deepEqual(probabilities.shape, [2, 3]);
    close([probabilities.sum(1).dataSync()], [[1, 1]], 1e-5);
    tf.dispose(probabilities);
    model.dispose();
    assert.deepEqual(BUILDERS[name]().outputs[0].shape, [null, 10]);
  });

  Deno.test(`${name}() repeats its weights with a seed, and each weight has its own`, () => {
    const weights = (seed?: number) => {
      const model = small(name, seed);
      const values = valuesOf(model);
      model.dispose();
      return values;
    };
    assert.deepEqual(weights(3), weights(3));
    assert.notDeepEqual(weights(3), weights(4));
    assert.notDeepEqual(weights(), weights());
    const drawn = weights(3).filter((values) => new Set(values).size > 1).map(([first, second]) => second / first);
    assert.ok(drawn.length > 3 && new Set(drawn).size === drawn.length);
  });

  Deno.test(`${name}() is the same model after it was saved and loaded`, async () => {
    const model = small(name, 5);
    const loaded = await copyModel(model);
    assert.deepEqual(loaded.toJSON(null, false), model.toJSON(null, false));
    assert.deepEqual(valuesOf(loaded), valuesOf(model));
    const x = numbers([1, SIDES[name], SIDES[name], 3], 2);
    const predicted = (m: tf.LayersModel) => [...(m.predict(x) as tf.Tensor).dataSync()];
    assert.deepEqual(predicted(loaded), predicted(model));
  });

  Deno.test(`${name}() refuses what it cannot build`, () => {
    const refused: [unknown, RegExp][] = [
      [{ classes: 1 }, /^RangeError: Cannot create .*: classes must be a whole number of 2 or more, got 1$/],
      [{ classes: "10" }, /^TypeError: .*classes must be a number, got "10"$/],
      [{ seed: 0.5 }, /^RangeError: .*seed must be a whole number, got 0.5$/],
      [{ inputShape: [32, 32] }, /^TypeError: .*inputShape must be \[height, width, channels\], got \[32,32\]$/],
      [{ inputShape: 32 }, /^TypeError: .*inputShape must be \[height, width, channels\], got 32$/],
      [{ inputShape: [32, 32, 0] }, /^RangeError: .*inputShape\[2\] must be a whole number of 1 or more, got 0$/],
      [{ inputShape: [0, 32, 3] }, /^RangeError: .*inputShape\[0\] must be a whole number of \d+ or more, got 0$/],
      [{ inputShape: [32, NaN, 3] }, /^RangeError: .*inputShape\[1\] must be a whole number of \d+ or more, got NaN$/],
      [{ layers: 3 }, /^TypeError: .*are its options, got "layers"$/],
      [null, /^TypeError: .*the options must be an object, got null$/],
    ];
    for (const [options, message] of refused) assert.throws(() => BUILDERS[name](options as never), message);
  });
}

// MiniGoogLeNet takes the plain backend half a minute; it is tested with the kernels
for (const name of NAMES.filter((name) => name !== "miniGoogLeNet")) {
  testOnBackends(`${name}() trains as on the plain backend, repeats number for number, and leaks nothing`, async () => {
    const train = async () => {
      const model = small(name, 1);
      model.compile({ optimizer: caffeMomentum({ learningRate: 0.001 }), loss: "categoricalCrossentropy" });
      const data = batches(smallImages(4, 3, SIDES[name]), { batchSize: 2, seed: 1 });
      const { history } = await model.fitDataset(data, { epochs: 1, verbose: 0 });
      const before = tf.memory().numTensors;
      await model.fitDataset(data, { epochs: 1, verbose: 0 });
      assert.equal(tf.memory().numTensors, before);
      const weights = valuesOf(model);
      model.optimizer.dispose();
      model.dispose();
      return [history.loss as number[], ...weights];
    };
    const values = await train();
    assert.deepEqual(await train(), values);
    assert.ok(values.flat().every(Number.isFinite));
    if (tf.getBackend() === "cpu") return;
    await selectBackend("cpu");
    close(values, await train(), 1e-3);
  });
}

Deno.test("miniGoogLeNet() has the article's parameters and shapes", () => {
  const model = miniGoogLeNet();
  assert.equal(model.countParams(), 1_656_250);
  assert.deepEqual(shapeOf(model, "inception_2"), [32, 32, 80]);
  assert.deepEqual(shapeOf(model, "downsample_1"), [15, 15, 160]);
  assert.deepEqual(shapeOf(model, "downsample_2"), [7, 7, 240]);
  assert.deepEqual(shapeOf(model, "inception_8"), [7, 7, 336]);
  assert.equal(model.getLayer("dropout").getConfig().rate, 0.5);
  assert.equal(model.getLayer("conv_bn").getConfig().momentum, 0.99);
  assert.throws(
    () => miniGoogLeNet({ inputShape: [16, 32, 3] }),
    /inputShape\[0\] must be a whole number of 31 or more, got 16/,
  );
});

Deno.test("miniGoogLeNet() has the same weights with and without dropout", () => {
  const model = (dropout: number) => miniGoogLeNet({ inputShape: [31, 31, 3], seed: 2, dropout });
  const [none, some] = [model(0), model(0.25)];
  assert.deepEqual(valuesOf(none), valuesOf(some));
  assert.ok(none.layers.every((layer) => layer.getClassName() !== "Dropout"));
  assert.equal(some.getLayer("dropout").getConfig().rate, 0.25);
});

Deno.test("models with batch normalization or dropout take their fractions, and refuse others", () => {
  for (const build of [miniGoogLeNet, resnet20, smallCnn]) {
    const model = build({ batchNormMomentum: 0.75, classes: 2 });
    const averages = model.layers.filter((layer) => layer.getClassName() === "BatchNormalization");
    assert.ok(averages.length >= 3 && averages.every((layer) => layer.getConfig().momentum === 0.75));
    for (const batchNormMomentum of [1, -0.1, NaN]) {
      assert.throws(
        () => build({ batchNormMomentum }),
        /^RangeError: .*batchNormMomentum must be 0 or more and below 1, got /,
      );
    }
  }
  for (const build of [miniGoogLeNet, smallCnn]) {
    assert.equal(build({ dropout: 0.25 }).getLayer("dropout").getConfig().rate, 0.25);
    for (const dropout of [1, -0.1, NaN]) {
      assert.throws(() => build({ dropout }), /^RangeError: .*dropout must be 0 or more and below 1, got /);
    }
  }
});

Deno.test("resnet20() has 20 layers with weights, no biases before batch normalization, and its parameters", () => {
  const model = resnet20({ seed: 1 });
  assert.equal(trainable(model), 272_474);
  const layers = (kind: string) => model.layers.filter((layer) => layer.getClassName() === kind);
  const convolutions = layers("Conv2D");
  // 19 and the dense layer are the 20; the two shortcuts are not counted
  assert.equal(convolutions.filter(({ name }) => !name.endsWith("_shortcut")).length + layers("Dense").length, 20);
  assert.equal(convolutions.length, 21);
  assert.equal(layers("BatchNormalization").length, 21);
  assert.ok(convolutions.every((layer) => layer.getWeights().length === 1));
  assert.deepEqual(
    ["conv_relu", "stage1_block3_relu", "stage2_block1_relu", "stage3_block3_relu"].map((name) => shapeOf(model, name)),
    [[32, 32, 16], [32, 32, 16], [16, 16, 32], [8, 8, 64]],
  );
});

Deno.test("smallCnn() is small", () => {
  const model = smallCnn({ seed: 1 });
  assert.equal(model.countParams(), 95_210);
  assert.equal(model.countParams() - trainable(model), 448);
  assert.deepEqual(["conv1_relu", "conv2_relu", "conv3_relu"].map((name) => shapeOf(model, name)), [
    [32, 32, 32],
    [16, 16, 64],
    [8, 8, 128],
  ]);
  assert.throws(
    () => smallCnn({ inputShape: [3, 32, 3] }),
    /inputShape\[0\] must be a whole number of 4 or more, got 3/,
  );
});
