import assert from "node:assert/strict";
import { cifar10Full, loadModel, miniGoogLeNet, saveModel, smallCnn, tf } from "../../lib/mod.ts";
import { dropoutMasks, seededDropout, setDropoutMasks } from "../../lib/models/seeded_dropout.ts";
import { allowed, withDirectory } from "../support.ts";

Deno.test("seededDropout() draws another mask each step, and the same ones again", () => {
  const masks = () => {
    const layer = seededDropout({ rate: 0.5, seed: 9 });
    const draw = () => tf.tidy(() => [...(layer.apply(tf.ones([1, 64]), { training: true }) as tf.Tensor).dataSync()]);
    return [draw(), draw()];
  };
  const [first, second] = masks();
  assert.notDeepEqual(first, second);
  assert.deepEqual(masks(), [first, second]);
});

const io = { ignore: !allowed("read", "write") };
Deno.test("saveModel() writes what loadModel() and tf.loadLayersModel() read", io, async () => {
  await withDirectory(async (directory) => {
    const model = miniGoogLeNet({ seed: 1, classes: 3 });
    await saveModel(model, directory);
    const loaded = await loadModel(directory);
    const sum = (m: tf.LayersModel) => m.getWeights().map((weight) => weight.sum().dataSync()[0]);
    assert.deepEqual(sum(loaded), sum(model));
    const { modelTopology } = JSON.parse(await Deno.readTextFile(`${directory}/model.json`));
    const classes = modelTopology.config.layers.map((layer: { class_name: string }) => layer.class_name);
    const stock = [
      "InputLayer",
      "Conv2D",
      "BatchNormalization",
      "Activation",
      "Concatenate",
      "MaxPooling2D",
      "AveragePooling2D",
      "Dropout",
      "Flatten",
      "Dense",
    ];
    assert.ok(classes.every((name: string) => stock.includes(name)), classes.join());
  });
});

Deno.test("loadModel() reads a model with a layer of this project's own", io, async () => {
  await withDirectory(async (directory) => {
    const model = cifar10Full({ seed: 1, classes: 3 });
    await saveModel(model, directory);
    const loaded = await loadModel(directory);
    assert.deepEqual(loaded.toJSON(null, false), model.toJSON(null, false));
    assert.deepEqual(
      loaded.getWeights().map((w) => [...w.dataSync()]),
      model.getWeights().map((w) => [...w.dataSync()]),
    );
  });
});

Deno.test("loadModel() refuses what is no model, and weights that lie elsewhere", io, async () => {
  await withDirectory(async (directory) => {
    await assert.rejects(() => loadModel(directory), /^NotFound: Cannot read .*model\.json: it must exist/);
    for (const json of ["{", "{}", "[]", '{"weightsManifest":[{"paths":["../x"],"weights":[]}]}']) {
      await Deno.writeTextFile(`${directory}/model.json`, json);
      await assert.rejects(() => loadModel(directory), /^InvalidData: Cannot load a model from /);
    }
  });
});

Deno.test("dropoutMasks() counts for each seeded layer, in nested models and wrappers, too", async () => {
  await tf.setBackend("cpu");
  const inner = tf.sequential({
    layers: [tf.layers.dense({ units: 3, inputShape: [3] }), seededDropout({ rate: 0.5, seed: 1 })],
  });
  const wrapped = tf.layers.timeDistributed({ layer: seededDropout({ rate: 0.5, seed: 2 }), inputShape: [2, 3] });
  const model = tf.sequential({
    layers: [wrapped, tf.layers.flatten(), tf.layers.dense({ units: 3 }), inner, tf.layers.dense({ units: 1 })],
  });
  assert.deepEqual(dropoutMasks(model), [0, 0]);
  setDropoutMasks(model, [4, 7]);
  assert.deepEqual(dropoutMasks(model), [4, 7]);
});

Deno.test("a model's layers start differently whatever the seed", () => {
  for (const seed of [Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 36_028_797_018_964]) {
    const model = smallCnn({ seed });
    // the kernels differ in size, and so in scale
    const starts = model.getWeights().filter(({ rank }) => rank === 4).map((kernel) => {
      const [first, second] = kernel.dataSync();
      return (first / second).toFixed(3);
    });
    assert.ok(starts.length > 1);
    assert.equal(new Set(starts).size, starts.length, `${seed}: ${starts}`);
  }
});
