import assert from "node:assert/strict";
import { type BackendName, selectBackend, type tf } from "../../lib/mod.ts";
import { missingNativePart } from "../../lib/backend/native/setup/package.ts";
import { CIFAR10_CLASSES } from "../../lib/data/cifar10/classes.ts";
import { readCheckpoint } from "../../lib/experiments/checkpoint.ts";
import { chooseData } from "../../lib/experiments/data.ts";
import type { Experiment } from "../../lib/experiments/experiment.ts";
import { planExperiment } from "../../lib/experiments/plan.ts";
import { presetExperiment } from "../../lib/experiments/presets.ts";
import { DATASETS } from "../../lib/experiments/registries/datasets.ts";
import { type RunOptions, runTraining } from "../../lib/experiments/trainer.ts";
import { writeRunFiles } from "../../lib/experiments/run_files.ts";
import { loadModel } from "../../lib/mod.ts";
import { allowed, smallImages, withDirectory } from "../support.ts";

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
  for (const stopAfter of [1, 3, 4, 6]) {
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
        /^InvalidData: Cannot resume from .*: it must hold a whole checkpoint/,
      );
      await Deno.remove(`${directory}/${names[0]}`);
      await Deno.remove(newest);
      assert.equal(await readCheckpoint(directory, "this"), undefined);
      await run(tiny, { checkpoints: { directory, everyMs: 1e9, run: "another" } });
      await assert.rejects(
        () => readCheckpoint(directory, "this"),
        /^TypeError: Cannot resume from .*: it must be of this model, data and config/,
      );
    });
  },
);
