import assert from "node:assert/strict";
import {
  callbacks,
  CyclicLR,
  ensemble,
  loadModel,
  loadSnapshots,
  snapshots,
  stopOnInterrupt,
  tf,
} from "../../lib/mod.ts";
import { snapshots as portableSnapshots } from "../../lib/callbacks/snapshots.ts";
import { copyModel } from "../../lib/models/copy.ts";
import { seededDropout } from "../../lib/models/seeded_dropout.ts";
import { allowed, numbers, tinyBatches, tinyModel, withDirectory } from "../support.ts";
import { testOnBackends } from "../support_backends.ts";

const quiet = { verbose: 0 } as const;
const io = { ignore: !allowed("read", "write") };
const values = (model: tf.LayersModel) => model.getWeights().map((weight) => [...weight.dataSync()]);

testOnBackends("snapshots() keeps the models of the cycles' ends as they were, and frees them", async () => {
  const model = tinyModel(tf.train.momentum(0.01, 0.9));
  const clr = new CyclicLR({ stepSize: 2 });
  const ends: number[][][] = [];
  clr.onCycleEnd = () => void ends.push(values(model));
  await model.fitDataset(tinyBatches(1), { epochs: 1, callbacks: callbacks(clr), ...quiet });
  const before = tf.memory().numTensors;
  const shots = snapshots();
  await model.fitDataset(tinyBatches(13), { epochs: 1, callbacks: callbacks(shots, clr), ...quiet });
  assert.equal(ends.length, 3);
  assert.deepEqual(shots.models.map(values), ends);
  assert.notDeepEqual(ends[0], ends[1]);
  assert.equal(tf.memory().numTensors, before + 3 * 2); // a kernel and a bias each
  shots.dispose();
  assert.equal(tf.memory().numTensors, before);
  assert.deepEqual(shots.models, []);
});

testOnBackends("a copy of a model predicts the same, to the bit", async () => {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ filters: 3, kernelSize: 3, activation: "relu", inputShape: [5, 5, 2] }),
      tf.layers.batchNormalization({ gammaInitializer: "randomNormal", movingMeanInitializer: "randomNormal" }),
      seededDropout({ rate: 0.5, seed: 1 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 2 }),
    ],
  });
  const x = numbers([4, 5, 5, 2], 1);
  const predict = (model: tf.LayersModel) => tf.tidy(() => [...(model.predict(x) as tf.Tensor).dataSync()]);
  predict(model);
  const before = tf.memory().numTensors;
  const copy = await copyModel(model);
  assert.deepEqual(predict(copy), predict(model));
  copy.dispose();
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("twenty cycles of snapshots that are saved elsewhere leak nothing, and count on over a reset", async () => {
  await tf.setBackend("cpu");
  const model = tinyModel(tf.train.sgd(0.01));
  const clr = new CyclicLR({ stepSize: 1 });
  await model.fitDataset(tinyBatches(1), { epochs: 1, callbacks: callbacks(clr), ...quiet });
  clr.reset();
  const before = tf.memory().numTensors;
  const saved: number[] = [];
  const shots = portableSnapshots({
    save: (one, cycle) => {
      assert.deepEqual(values(one), values(model)); // of a sequential model, tfjs trains the model inside
      saved.push(cycle);
    },
  });
  const fit = () => model.fitDataset(tinyBatches(20), { epochs: 1, callbacks: callbacks(clr, shots), ...quiet });
  await fit();
  clr.reset();
  await fit();
  assert.deepEqual(saved, Array.from({ length: 20 }, (_, index) => index + 1));
  assert.deepEqual(shots.models, []);
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("snapshots() in a directory are loaded in the order of their cycles", io, async () => {
  await tf.setBackend("cpu");
  await withDirectory(async (directory) => {
    const path = `${directory}/run/snapshots`;
    const model = tinyModel(tf.train.sgd(0.01));
    const clr = new CyclicLR({ stepSize: 1 });
    const ends: number[][][] = [];
    clr.onCycleEnd = async ({ cycle }) => {
      ends.push(values(model));
      // a directory that is gone is made again
      if (cycle === 5) await Deno.remove(`${directory}/run`, { recursive: true });
    };
    const shots = snapshots({ directory: path });
    await model.fitDataset(tinyBatches(24), { epochs: 1, callbacks: callbacks(clr, shots), ...quiet });
    assert.deepEqual(shots.models, []);
    await Deno.mkdir(`${path}/cycle-other`);
    const names = (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name).sort();
    assert.deepEqual(names.slice(0, 2), ["cycle-005", "cycle-006"]);
    const models = await loadSnapshots(path);
    assert.deepEqual(models.map(values), ends.slice(4));
    assert.deepEqual(values(await loadModel(`${path}/cycle-012`)), ends[11]);
    assert.deepEqual(ensemble(models).models, models);

    await Deno.remove(`${path}/cycle-012/model.json`);
    const before = tf.memory().numTensors;
    await assert.rejects(
      () => loadSnapshots(path),
      /^NotFound: Cannot read .*cycle-012.*model\.json: it must exist, got/,
    );
    assert.equal(tf.memory().numTensors, before);
    await assert.rejects(() => loadSnapshots(`${directory}/none`), /^NotFound: Cannot read .*none: it must exist, got/);
  });
});

Deno.test("a snapshot that cannot be saved ends the fit with the reason; weights and history are kept, and a fit goes on", async () => {
  await tf.setBackend("cpu");
  const model = tinyModel(tf.train.sgd(0.01));
  const clr = new CyclicLR({ stepSize: 2 });
  let [full, at] = [true, undefined as number[][] | undefined];
  const saved: number[] = [];
  const shots = snapshots({
    save: (one, cycle) => {
      if (full && cycle === 2) {
        at = values(one);
        throw new Error("Cannot write cycle-002: free some disk space, got No space left on device (os error 28)");
      }
      saved.push(cycle);
    },
  });
  const fit = (epochs: number) =>
    model.fitDataset(tinyBatches(5), { epochs, callbacks: callbacks(clr, shots), ...quiet });
  await assert.rejects(() => fit(3), /^Error: Cannot write cycle-002: free some disk space/);
  assert.equal(clr.iteration, 8);
  assert.equal(clr.history.loss.length, 8);
  assert.deepEqual(values(model), at);
  full = false;
  await fit(1); // to update 13
  assert.equal(clr.iteration, 13);
  assert.deepEqual(saved, [1, 3]);
});

Deno.test("snapshots() on a disk that may not be written says what to do", io, async () => {
  await tf.setBackend("cpu");
  await withDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}/file`, "not a directory");
    const model = tinyModel(tf.train.sgd(0.01));
    const list = callbacks(new CyclicLR({ stepSize: 1 }), snapshots({ directory: `${directory}/file/snapshots` }));
    await assert.rejects(
      () => model.fitDataset(tinyBatches(3), { epochs: 1, callbacks: list, ...quiet }),
      /Cannot write .*cycle-001.*weights\.bin: .+, got /,
    );
  });
});

Deno.test("snapshots() needs a scheduler with cycles, and options that are", async () => {
  await tf.setBackend("cpu");
  const model = tinyModel(tf.train.sgd(0.01));
  await assert.rejects(
    () => model.fitDataset(tinyBatches(2), { epochs: 1, callbacks: callbacks(snapshots()), ...quiet }),
    /^TypeError: Cannot take snapshots: the fit must have a scheduler with cycles, got none$/,
  );
  const save = () => {};
  for (
    const options of [{ directory: "" }, { directory: 3 }, { save: "x" }, { save, directory: "x" }, { dir: "x" }, []]
  ) {
    assert.throws(() => snapshots(options as never), /^TypeError: Cannot take snapshots: .*, got /);
  }
  assert.throws(() => portableSnapshots({ directory: "x" } as never), /save are its options, got "directory"/);
});

Deno.test("a fit that is interrupted keeps the snapshots so far", async () => {
  await tf.setBackend("cpu");
  const model = tinyModel(tf.train.sgd(0.01));
  const [clr, shots, stop] = [new CyclicLR({ stepSize: 1 }), snapshots(), new AbortController()];
  const abort = { onBatchEnd: (batch: number) => void (batch === 4 && stop.abort()) };
  const list = callbacks(abort, stopOnInterrupt({ signal: stop.signal }), shots, clr);
  await model.fitDataset(tinyBatches(9), { epochs: 9, callbacks: list, ...quiet });
  assert.equal(shots.models.length, 2);
  shots.dispose();
});
