import assert from "node:assert/strict";
import { type BackendName, constant, LearningRateScheduler, selectBackend, tf } from "../../lib/mod.ts";
import { missingNativePart } from "../../lib/backend/native/setup/package.ts";
import { CIFAR10_CLASSES } from "../../lib/data/cifar10/classes.ts";
import { readCheckpoint, writeCheckpoint } from "../../lib/experiments/checkpoint.ts";
import { chooseData } from "../../lib/experiments/data.ts";
import type { Experiment } from "../../lib/experiments/experiment.ts";
import { compiledModel } from "../../lib/experiments/model.ts";
import { planExperiment } from "../../lib/experiments/plan.ts";
import { presetExperiment } from "../../lib/experiments/presets.ts";
import { DATASETS } from "../../lib/experiments/registries/datasets.ts";
import { type RunOptions, runTraining } from "../../lib/experiments/trainer.ts";
import { writeRunFiles } from "../../lib/experiments/run_files.ts";
import { ensemble, evaluate, loadModel } from "../../lib/mod.ts";
import { allowed, smallImages, tinyBatches, withDirectory } from "../support.ts";

const native = allowed("read", "write", "env", "ffi", "sys") && !missingNativePart();
/** 4 batches of 8 an epoch, 2 epochs, one cycle. */
const tiny: Experiment = {
  ...presetExperiment("quick"),
  data: { dataset: "cifar10", trainSize: 36, validationSize: 4, testSize: 10 },
  budget: { batchSize: 8, epochs: 2 },
};
const images = {
  train: { ...smallImages(60), classNames: CIFAR10_CLASSES },
  test: { ...smallImages(20), classNames: CIFAR10_CLASSES },
};

async function run(experiment: Experiment, options: RunOptions = {}) {
  const plan = planExperiment(experiment, DATASETS.cifar10.facts!);
  return await runTraining(plan, chooseData(plan, images), options);
}
const weightsOf = (model: tf.LayersModel) => model.getWeights().map((weight) => [...weight.dataSync().slice(0, 200)]);

for (const backend of ["native", "wasm"] as BackendName[]) {
  Deno.test(`a training from images to files ends well on ${backend}`, {
    ignore: backend === "native" ? !native : !allowed("read", "write", "env", "ffi", "sys"),
  }, async () => {
    await selectBackend(backend);
    const experiment = backend === "wasm"
      ? { ...tiny, data: { ...tiny.data, trainSize: 12 }, budget: { batchSize: 4, epochs: 1 } }
      : tiny;
    const { status, evaluation, scores, scheduler, model } = await run(experiment);
    assert.equal(status, "finished");
    assert.equal(evaluation!.predictions.length, 10);
    assert.ok(scheduler.history.loss.every(Number.isFinite));
    assert.ok(
      scheduler.history.epochs.every(({ val_loss, val_accuracy }) => Number.isFinite(val_loss) && val_accuracy >= 0),
    );
    await withDirectory(async (directory) => {
      const names = await writeRunFiles({
        directory,
        title: "tiny",
        history: scheduler.history,
        scores,
        classNames: CIFAR10_CLASSES,
        model,
      });
      assert.ok(names.includes("training_plot.png") && names.includes("plots.html") && names.includes("report.txt"));
      const loaded = await loadModel(`${directory}/model`);
      assert.deepEqual(weightsOf(loaded), weightsOf(model));
    });
  });
}

Deno.test("two runs with one seed give one history, number for number", { ignore: !native }, async () => {
  await selectBackend("native");
  const [one, two] = [await run(tiny), await run(tiny)];
  assert.deepEqual(one.scheduler.history, two.scheduler.history);
  assert.deepEqual(one.evaluation, two.evaluation);
});

Deno.test("two classes train by binary cross-entropy", { ignore: !native }, async () => {
  await selectBackend("native");
  const { evaluation, model } = await run({
    ...tiny,
    data: { dataset: "cifar10", classes: ["cat", "dog"], trainSize: 12, validationSize: 2, testSize: 4 },
    budget: { batchSize: 5, epochs: 2 },
  });
  assert.equal(model.loss, "binaryCrossentropy");
  assert.equal(evaluation!.confusion.length, 2);
});

Deno.test(
  "a NaN loss stops the run at once and keeps what was recorded",
  { ignore: !native },
  async () => {
    await selectBackend("native");
    const { status, scheduler, evaluation } = await run({
      ...tiny,
      schedule: { name: "triangular", baseLr: 1e30, maxLr: 1e30, stepSize: 1 },
      budget: { batchSize: 8, epochs: 8 },
    });
    assert.equal(status, "diverged");
    assert.equal(evaluation, undefined);
    assert.ok(scheduler.iteration >= 1 && scheduler.iteration <= 4, `${scheduler.iteration}`);
  },
);

Deno.test("a run that is stopped anywhere goes on bit for bit", { ignore: !native }, async (t) => {
  await selectBackend("native");
  const whole = await run(tiny);
  for (const stopAfter of [1, 3, 4, 6, 8]) {
    await t.step(`after iteration ${stopAfter} of 8`, async () => {
      await withDirectory(async (directory) => {
        const checkpoints = { directory, everyMs: 0, run: "this" };
        const controller = new AbortController();
        let batches = 0;
        const stopped = await run(tiny, {
          checkpoints,
          signal: controller.signal,
          callbacks: [{ onBatchBegin: () => void (++batches === stopAfter && controller.abort()) }],
        });
        assert.equal(stopped.status, "interrupted");
        assert.equal(stopped.scheduler.iteration, stopAfter);
        const resumed = await run(tiny, { checkpoints, resume: true });
        assert.equal(resumed.status, "finished");
        assert.deepEqual(resumed.scheduler.history, whole.scheduler.history);
        assert.deepEqual(weightsOf(resumed.model), weightsOf(whole.model));
        assert.deepEqual(resumed.evaluation, whole.evaluation);
      });
    });
  }
});

Deno.test("a run with weight decay, an average and snapshots goes on bit for bit, and scores all three", {
  ignore: !native,
}, async (t) => {
  await selectBackend("native");
  const rich: Experiment = {
    ...tiny,
    loss: { labelSmoothing: 0.1 },
    optimizer: { name: "momentum", momentum: 0.9, weightDecay: 0.01 },
    schedule: { name: "triangular", baseLr: 1e-3, maxLr: 2e-2, stepSize: { iterations: 1 } },
    companions: { average: { every: 2, decay: 0.5 }, snapshots: true, refreshBatchNorm: true, flipAtTest: true },
    budget: { ...tiny.budget, validateEvery: { iterations: 3 } },
  };
  await withDirectory(async (home) => {
    const whole = await run(rich, { snapshotDirectory: `${home}/whole` });
    assert.deepEqual(whole.scores.map(({ name }) => name), [
      ...["model", "model, mirror images too", "average", "average, mirror images too", "snapshots"],
    ]);
    assert.deepEqual(whole.scheduler.history.validations!.map(({ iteration }) => iteration), [3, 6]);
    for (const stopAfter of [1, 4, 5]) {
      await t.step(`after iteration ${stopAfter} of 8`, async () => {
        const snapshotDirectory = `${home}/${stopAfter}`;
        const checkpoints = { directory: `${snapshotDirectory}-checkpoints`, everyMs: 0, run: "this" };
        const controller = new AbortController();
        let batches = 0;
        await run(rich, {
          ...{ checkpoints, snapshotDirectory, signal: controller.signal },
          callbacks: [{ onBatchBegin: () => void (++batches === stopAfter && controller.abort()) }],
        });
        const resumed = await run(rich, { checkpoints, snapshotDirectory, resume: true });
        assert.deepEqual(resumed.scheduler.history, whole.scheduler.history);
        assert.deepEqual(weightsOf(resumed.model), weightsOf(whole.model));
        assert.deepEqual(resumed.scores, whole.scores);
      });
    }
  });
});

Deno.test("a part of an epoch comes round evenly, though it is no whole number of updates", {
  ignore: !native,
}, async () => {
  await selectBackend("native");
  const { scheduler } = await run({ ...tiny, budget: { ...tiny.budget, validateEvery: 0.375 } }); // 1.5 updates of 4
  assert.deepEqual(scheduler.history.validations!.map(({ iteration }) => iteration), [2, 3, 5, 6]);
  assert.deepEqual(scheduler.history.epochs.map(({ iteration }) => iteration), [4, 8]);
});

Deno.test("snapshots from before a stop are kept beside the checkpoints, and score with the later ones", {
  ignore: !native,
}, async () => {
  await selectBackend("native");
  const shots: Experiment = {
    ...tiny,
    schedule: { name: "triangular", baseLr: 1e-3, maxLr: 2e-2, stepSize: { iterations: 1 } },
    companions: { snapshots: true },
  };
  const whole = await run(shots);
  assert.equal(whole.snapshots!.models.length, 4, "without checkpoints they are in memory");
  whole.snapshots!.dispose();
  await withDirectory(async (directory) => {
    const checkpoints = { directory, everyMs: 0, run: "this" };
    const controller = new AbortController();
    let batches = 0;
    await run(shots, {
      ...{ checkpoints, signal: controller.signal },
      callbacks: [{ onBatchBegin: () => void (++batches === 5 && controller.abort()) }],
    });
    const resumed = await run(shots, { checkpoints, resume: true });
    assert.deepEqual(resumed.scores, whole.scores);
  });
});

Deno.test(
  "a run that cuts its last epoch ends with a checkpoint of its last iteration",
  { ignore: !native },
  async () => {
    await selectBackend("native");
    const cut: Experiment = { ...tiny, budget: { batchSize: 8, iterations: 6 } };
    await withDirectory(async (directory) => {
      const checkpoints = { directory, everyMs: 1e9, run: "this" };
      const { scores, scheduler } = await run(cut, { checkpoints });
      assert.equal((await readCheckpoint(directory, "this"))!.scheduler.iteration, 6);
      const again = await run(cut, { checkpoints, resume: true });
      assert.deepEqual([again.scores, again.scheduler.history], [scores, scheduler.history]);
    });
  },
);

Deno.test("the average that is saved is the one that was scored, its batch normalization refreshed", {
  ignore: !native,
}, async () => {
  await selectBackend("native");
  const plan = planExperiment({ ...tiny, companions: { average: { every: 2, decay: 0.5 } } }, DATASETS.cifar10.facts!);
  const data = chooseData(plan, images);
  const { scores, scheduler, model, average } = await runTraining(plan, data);
  await withDirectory(async (directory) => {
    await writeRunFiles({
      ...{ directory, title: "tiny", history: scheduler.history, scores, classNames: CIFAR10_CLASSES, model },
      averaged: { average: average!, data },
    });
    const loaded = await loadModel(`${directory}/average`);
    loaded.compile({ optimizer: "sgd", loss: "categoricalCrossentropy" });
    const { loss } = await evaluate(loaded, data.test, { mean: data.mean });
    assert.equal(loss, scores.find(({ name }) => name === "average")!.evaluation.loss);
  });
  assert.deepEqual((await evaluate(model, data.test, { mean: data.mean })).loss, scores[0].evaluation.loss);
});

Deno.test("a user's module builds the model, and what is wrong with it is said", {
  ignore: !allowed("read", "write", "env", "sys"),
}, async () => {
  await selectBackend("cpu");
  await withDirectory(async (directory) => {
    const built = async (code: string) => {
      const path = `${directory}/${crypto.randomUUID()}.ts`;
      await Deno.writeTextFile(path, code);
      const plan = planExperiment({ ...tiny, model: { name: path } }, DATASETS.cifar10.facts!);
      return await compiledModel(plan);
    };
    const linear = (classes: string) => `
      export default ({ inputShape, classes }) => globalThis.tf.sequential({ layers: [
        globalThis.tf.layers.flatten({ inputShape }), globalThis.tf.layers.dense({ units: ${classes}, activation: "softmax" })] });`;
    Object.assign(globalThis, { tf });
    assert.equal((await built(linear("classes"))).countParams(), 30_730);
    const rejected = (code: string, message: RegExp) => assert.rejects(() => built(code), message);
    await rejected(
      linear("7"),
      /TypeError: Cannot use the model .*: it must go from \[32,32,3\] to \[10\] probabilities/,
    );
    await rejected("export const model = 1;", /its default export must build a model; it failed with: /);
    await rejected("export default () => { throw new Error('boom'); };", /it failed with: boom/);
    await rejected("export default () => 3;", /it must go from \[32,32,3\] to \[10\] probabilities/);
    await rejected("export default (", /it failed with: /);
  });
});

Deno.test("a signal at any moment of a batch ends the run with a checkpoint of its last iteration", {
  ignore: !native,
}, async () => {
  await selectBackend("native");
  for (let looks = 1; looks <= 8; looks++) {
    await withDirectory(async (directory) => {
      let left = looks; // the signal comes after so many looks at it, between one callback's and the next one's too
      const signal = {
        get aborted() {
          return --left < 0;
        },
      } as AbortSignal;
      const { status, scheduler } = await run(tiny, { checkpoints: { directory, everyMs: 1e9, run: "this" }, signal });
      assert.equal(status, "interrupted");
      assert.equal(
        (await readCheckpoint(directory, "this"))!.scheduler.iteration,
        scheduler.iteration,
        `${looks} looks`,
      );
    });
  }
});

Deno.test(
  "a checkpoint gives weights back to the bit though a constraint would change them, and refuses another shape",
  {
    ignore: !native,
  },
  async () => {
    await selectBackend("native");
    const line = (units: number) => {
      const kernelConstraint = tf.constraints.unitNorm({ axis: 0 });
      const layers = [tf.layers.dense({ units, inputShape: [2], kernelInitializer: "ones", kernelConstraint })];
      const model = tf.sequential({ layers });
      model.compile({ optimizer: tf.train.sgd(0.01), loss: "meanSquaredError" });
      return model;
    };
    await withDirectory(async (directory) => {
      const model = line(1);
      await model.fitDataset(tinyBatches(3), { epochs: 1, verbose: 0 }); // tfjs does not apply the constraint here
      const before = weightsOf(model);
      const scheduler = new LearningRateScheduler(constant({ learningRate: 0.01 })).toJSON();
      await writeCheckpoint(directory, model, { run: "this", scheduler, position: { epoch: 1, batch: 0 } });
      const checkpoint = (await readCheckpoint(directory, "this"))!;
      checkpoint.restore(model);
      assert.deepEqual(weightsOf(model), before);
      assert.throws(
        () => checkpoint.restore(line(2)),
        /^TypeError: .* a weight ".*kernel.*" of shape \[2,1\], got \[2,2\]$/,
      );
    });
  },
);

Deno.test("a new run refuses a directory with checkpoints, and going on needs one", { ignore: !native }, async () => {
  await selectBackend("native");
  await withDirectory(async (directory) => {
    const checkpoints = { directory, everyMs: 1e9, run: "this" };
    await run(tiny, { checkpoints });
    await assert.rejects(
      () => run(tiny, { checkpoints }),
      /^TypeError: .*: it must have no checkpoints yet, .* got some$/,
    );
    assert.equal((await run(tiny, { checkpoints, resume: true })).status, "finished");
  });
  await assert.rejects(
    () => run(tiny, { resume: true }),
    /^TypeError: Cannot resume a run: checkpoints must say where/,
  );
});

Deno.test(
  "checkpoints: two are kept, a damaged one is passed over, another run's is refused",
  { ignore: !native },
  async () => {
    await selectBackend("native");
    await withDirectory(async (directory) => {
      await run(tiny, { checkpoints: { directory, everyMs: 0, run: "this" } });
      const names = [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
      assert.equal(names.length, 2);
      assert.equal((await readCheckpoint(directory, "this"))!.scheduler.iteration, 8);
      const newest = `${directory}/${names[1]}`;
      const bytes = await Deno.readFile(newest);
      bytes[bytes.length >> 1] ^= 1;
      await Deno.writeFile(newest, bytes);
      assert.equal((await readCheckpoint(directory, "this"))!.scheduler.iteration, 7);
      await Deno.writeFile(`${directory}/${names[0]}`, bytes.subarray(0, 1000));
      await assert.rejects(
        () => readCheckpoint(directory, "this"),
        /^InvalidData: Cannot resume from .*: it must hold an undamaged checkpoint/,
      );
      await Deno.remove(`${directory}/${names[0]}`);
      await Deno.remove(newest);
      assert.equal(await readCheckpoint(directory, "this"), undefined);
      await run(tiny, { checkpoints: { directory, everyMs: 1e9, run: "another" } });
      await assert.rejects(
        () => readCheckpoint(directory, "this"),
        /^TypeError: Cannot resume from .*: it must belong to this model, data and config/,
      );
    });
  },
);

Deno.test(
  "snapshots are scored with fresh statistics where the experiment asks for them",
  { ignore: !native },
  async () => {
    await selectBackend("native");
    const shots: Experiment = {
      ...tiny,
      model: { name: "small-cnn" },
      schedule: { name: "triangular", baseLr: 1e-3, maxLr: 2e-2, stepSize: { iterations: 2 } },
      companions: { snapshots: true, refreshBatchNorm: true },
    };
    const { scores, snapshots } = await run(shots);
    // the last cycle ends with the run, so its snapshot is the model, whose statistics are fresh
    const last = snapshots!.models.at(-1)!;
    const data = chooseData(planExperiment(shots, DATASETS.cifar10.facts!), images);
    const { loss } = await evaluate(ensemble([last]), data.test, { mean: data.mean });
    assert.equal(loss, scores.find(({ name }) => name === "model")!.evaluation.loss);
    snapshots!.dispose();
  },
);

Deno.test("a new run refuses a directory with snapshots, which it would score", { ignore: !native }, async () => {
  await selectBackend("native");
  const shots: Experiment = { ...tiny, companions: { snapshots: true } };
  await withDirectory(async (snapshotDirectory) => {
    await run(shots, { snapshotDirectory });
    await assert.rejects(run(shots, { snapshotDirectory }), /^TypeError: Cannot start a run: .* no snapshots yet/);
  });
});
