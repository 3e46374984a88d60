import assert from "node:assert/strict";
import { experimentFromFlags } from "../../lib/cli/experiment_from_flags.ts";
import { cutCycleWarning, describeSchedule } from "../../lib/experiments/describe.ts";
import type { Experiment, ScheduleSettings } from "../../lib/experiments/experiment.ts";
import { fromOldConfig } from "../../lib/experiments/old_config.ts";
import { planExperiment } from "../../lib/experiments/plan.ts";
import { presetExperiment, PRESETS } from "../../lib/experiments/presets.ts";
import { DATASETS } from "../../lib/experiments/registries/datasets.ts";
import { SCHEDULES } from "../../lib/experiments/registries/schedules.ts";
import { identityOf, readExperiment } from "../../lib/experiments/saved.ts";
import { runExperiment } from "../../lib/experiments/trainer.ts";
import { tf } from "../../lib/mod.ts";
import { allowed, withDirectory } from "../support.ts";

const facts = DATASETS.cifar10.facts!;

Deno.test("every preset can be planned", () => {
  const iterations = Object.keys(PRESETS).map((name) => planExperiment(presetExperiment(name), facts).iterations);
  assert.deepEqual(iterations, [562, 74_976, 4680, 25_000]);
});

Deno.test("every schedule of the registry starts, runs and ends at rates that its words promise", () => {
  const rates = (name: string) => {
    const experiment = experimentFromFlags({ schedule: name, epochs: 4 }, "native");
    const { schedule, iterations } = planExperiment(experiment, facts);
    return [0, 0.25, 0.5, 1].map((part) => schedule(Math.min(iterations - 1, part * iterations)).learningRate);
  };
  // 4 epochs of 281 iterations, bounds 0.001 and 0.02, a step size of one epoch
  const near = (name: string, expected: (number | undefined)[]) => {
    rates(name).forEach((rate, index) => {
      const value = expected[index];
      if (value !== undefined) assert.ok(Math.abs(rate - value) < 2e-4, `${name}: ${rate} is not ${value}`);
    });
  };
  near("triangular", [0.001, 0.02, 0.001, 0.001]);
  near("triangular2", [0.001, 0.02, 0.001, 0.001]);
  near("exp-range", [0.001, 0.001 + 0.019 * 0.25 ** 0.25, 0.001, 0.001]);
  near("one-cycle", [0.02 / 25, undefined, undefined, 0]);
  near("slanted-triangular", [0, 0.02, 0.02 * 2 / 3, 0]);
  near("fixed", [0.02, 0.02, 0.02, 0.02]);
  near("step", [0.02, 0.02, 0.002, 0.0002]);
  near("linear", [0.02, 0.015, 0.01, 0]);
  near("decay", [0.02, 0.0105, 0.001, 0.001]);
  near("polynomial", [0.02, 0.02 * 0.75 ** 2, 0.005, 0]);
  near("cosine", [0.02, 0.01 * (1 + Math.SQRT1_2), 0.01, 0]);
  near("cosine-restarts", [0.02, 0.0105, 0.02, 0.001]);
  near("exponential", [0.02, 0.02 * 0.01 ** 0.25, 0.002, 0.0002]);
  near("inverse-square-root", [0, 0.02, 0.02 * Math.SQRT1_2, 0.01]);
  near("warmup-stable-decay", [0, 0.02, 0.02, 0]);
  near("staged", [0.001, 0.02, undefined, undefined]);
  near("staged-triangular2", [0.001, 0.02, undefined, undefined]);
  near("caffe-fixed", [0.02, 0.02, 0.02, 0.0002]);
  assert.equal(Object.keys(SCHEDULES).length, 18, "each schedule has its line above");
});

Deno.test("Smith's staged runs divide bounds by ten and step sizes by two at 16,000 and 22,000 iterations", () => {
  const at = [0, 2000, 6000, 16_000, 17_000, 19_000, 22_000, 22_500];
  const rates: Record<string, number[]> = {
    "staged": [0.001, 0.005, 0.005, 1e-4, 5e-4, 5e-4, 1e-5, 5e-5],
    "staged-triangular2": [0.001, 0.005, 0.003, 1e-4, 5e-4, 3e-4, 1e-5, 5e-5], // each stage starts at full height
  };
  for (const [name, expected] of Object.entries(rates)) {
    const settings = { name, baseLr: 0.001, maxLr: 0.005, stepSize: { iterations: 2000 } };
    const { schedule } = planExperiment({ ...presetExperiment("paper"), schedule: settings }, facts);
    at.forEach((iteration, index) =>
      assert.ok(Math.abs(schedule(iteration).learningRate - expected[index]) < 1e-12, `${name} at ${iteration}`)
    );
  }
});

Deno.test("settings that have no effect are refused, and so are names that no registry knows", () => {
  const quick = presetExperiment("quick");
  const cases: [object, RegExp][] = [
    [{ schedule: { name: "fixed", maxLr: 0.1, gamma: 0.5 } }, /"fixed" takes warmUp, maxLr, got "gamma"/],
    [{ model: { name: "resnet20", dropout: 0.5 } }, /"resnet20" takes batchNormMomentum, got "dropout"/],
    [{ optimizer: { name: "sgd", momentum: 0.9 } }, /"sgd" takes weightDecay, coupledDecay, got "momentum"/],
    [{ schedule: { name: "sawtooth" } }, /name must be one of "triangular", .*, got "sawtooth"/],
    [{ model: { name: "vgg" } }, /model must be one of "mini-googlenet", .*, got "vgg"/],
    [{ budget: { batchSize: 32, epochs: 2, iterations: 5 } }, /the budget takes either epochs or iterations/],
    [{ budget: { batchSize: 32 } }, /the budget takes either epochs or iterations/],
    [{ data: { dataset: "folder" } }, /the data set "folder" needs a directory/],
    [{ loss: { labelSmoothing: 1 } }, /labelSmoothing must be 0 or more and below 1, got 1/],
    [{ augmentation: { ...quick.augmentation, shift: 1 } }, /shift must be 0 or more and below 1, got 1/],
    [{ augmentation: { ...quick.augmentation, cutout: 99 } }, /cutout must be at most 32, .*, got 99/],
    [{ optimizer: { name: "momentum", coupledDecay: true } }, /coupledDecay has no effect without weightDecay/],
    [
      { optimizer: { name: "sgd" }, schedule: { ...quick.schedule, momentumRange: [0.8, 0.9] } },
      /momentumRange needs an optimizer with momentum, got "sgd"/,
    ],
    [{ companions: { average: { every: "cycle", decay: 0.9 } } }, /cycles' ends takes no decay, got 0.9/],
    [{ companions: { average: { every: 0 } } }, /average\.every must be a whole number of 1 or more, got 0/],
    [
      { companions: { average: { every: "cycle" } }, schedule: { name: "fixed", maxLr: 0.1 } },
      /an average of cycles' ends must have a schedule with cycles, got none/,
    ],
    [
      { companions: { snapshots: true }, budget: { batchSize: 32, epochs: 1 } },
      /snapshots of cycles' ends must have one within 281 iterations, got the first at 562/,
    ],
    [{ companions: { average: { every: 563 } } }, /average\.every must be at most the 562 iterations .*, got 563/],
    [{ data: { dataset: "cifar10", directory: "photos" } }, /"cifar10" takes no directory, got "photos"/],
    [{ data: { dataset: "cifar10", imageSize: 64 } }, /"cifar10" takes no imageSize, got 64/],
    [{ colour: "red" }, /are its options, got "colour"/],
  ];
  for (const [change, message] of cases) {
    assert.throws(() => planExperiment({ ...quick, ...change } as never, facts), message);
  }
});

Deno.test("a budget in iterations may cut its last epoch, and a length may count iterations", () => {
  const plan = planExperiment({
    ...presetExperiment("quick"),
    schedule: { name: "triangular", baseLr: 0, maxLr: 1, stepSize: { iterations: 50 }, warmUp: { iterations: 10 } },
    budget: { batchSize: 32, iterations: 300, validateEvery: 0.5 },
  }, facts);
  assert.deepEqual([plan.iterations, plan.epochs, plan.batchesPerEpoch, plan.validateEvery], [300, 2, 281, 140.5]);
  assert.equal(plan.schedule(50).learningRate, 1);
  assert.ok(Math.abs(plan.schedule(5).learningRate - 0.1 * 0.5) < 1e-12);
});

Deno.test("a schedule's own config is an experiment's schedule too", () => {
  const config = { schedule: "constant", learningRate: 0.25 };
  const plan = planExperiment({ ...presetExperiment("quick"), schedule: config }, facts);
  assert.equal(plan.schedule(7).learningRate, 0.25);
});

Deno.test("another schedule or optimizer keeps what it can use of the preset, and flags go over it", () => {
  const { schedule, optimizer } = experimentFromFlags({ schedule: "one-cycle", optimizer: "adam" }, "native");
  assert.deepEqual(schedule, { maxLr: 0.002, name: "one-cycle" }, "adam's rates are a tenth of momentum's");
  assert.deepEqual(optimizer, { name: "adam" });
  const quick = presetExperiment("quick");
  const saved = { ...quick, schedule: { ...quick.schedule, momentumRange: [0.85, 0.95] } } as Experiment;
  for (const [name, kept] of [["adam", [0.85, 0.95]], ["sgd", undefined]] as const) {
    const changed = experimentFromFlags({ optimizer: name }, "native", saved).schedule as ScheduleSettings;
    assert.deepEqual(changed.momentumRange, kept, `${name} ${kept ? "has" : "has no"} momentum to cycle`);
  }
  const plan = planExperiment(experimentFromFlags({ mode: "exp_range", gamma: 0.999 }, "native"), facts);
  assert.equal(
    describeSchedule(plan),
    "exp-range, 0.001 to 0.02, half a cycle 281 iterations (1 epoch), gamma 0.999, momentum 0.9",
  );
});

Deno.test("presetExperiment() and runExperiment() refuse what they do not know", async () => {
  assert.throws(() => presetExperiment("slow"), /Cannot find a preset: it must be one of "quick", .*, got "slow"/);
  await assert.rejects(
    () => runExperiment({ ...presetExperiment("quick"), data: { dataset: "mnist" } }),
    /dataset must be one of "cifar10", "folder", got "mnist"/,
  );
  await assert.rejects(
    () => runExperiment({} as never),
    /^RangeError: Cannot plan a run: preset must be one of/,
  );
});

Deno.test("flags over a saved experiment change it; a broken one and a preset beside it are refused", () => {
  const saved = presetExperiment("paper");
  assert.equal(experimentFromFlags({ seed: 7 }, "native", saved).seed, 7);
  assert.throws(
    () => experimentFromFlags({ preset: "quick" }, "native", saved),
    /a saved experiment replaces it, got --preset/,
  );
  const broken = { ...saved, optimizer: undefined } as never;
  assert.throws(() => experimentFromFlags({ optimizer: "adam" }, "native", broken), /options must be an object/);
  assert.throws(() => experimentFromFlags({ augment: true, "no-augment": true }, "native"), /got both/);
});

/** A config as runs wrote it before experiments had groups. */
const OLD = {
  ...{ mode: "triangular2", batchSize: 32, classes: facts.classNames, momentum: 0.9, gamma: 0.99994, seed: 42 },
  ...{ augment: true, precision: "float32", preset: "quick", baseLr: 0.001, maxLr: 0.02, stepSize: 1, epochs: 2 },
  ...{ trainSize: 10_000, validationSize: 1000, testSize: 2000 },
};

Deno.test("a config.json from before experiments had groups is the same run", {
  ignore: !allowed("read", "write"),
}, async () => {
  await withDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}/config.json`, JSON.stringify({ config: OLD, about: { backend: "native" } }));
    const { experiment, raw } = await readExperiment(`${directory}/config.json`);
    assert.deepEqual(experiment, fromOldConfig(OLD as never));
    const plan = planExperiment(experiment, facts);
    assert.deepEqual([plan.iterations, plan.schedule(281).learningRate], [562, 0.02]);
    assert.deepEqual(plan.schedule.config!.mode, "triangular2");
    // its checkpoints know it by the settings as they stand in the file
    assert.equal(identityOf(raw, "native"), identityOf(OLD, "native"));
    for (const text of ["{}", "[]", "null", "nonsense", '{"config":3}', '{"experiment":{},"runs":[]}']) {
      await Deno.writeTextFile(`${directory}/config.json`, text);
      await assert.rejects(
        () => readExperiment(`${directory}/config.json`),
        /^TypeError: Cannot use .*: it must be a run's config\.json or a record/,
      );
    }
  });
});

Deno.test("stages have no cycle of one length, so nothing is said about where they end", () => {
  const experiment = presetExperiment("quick");
  experiment.schedule = { name: "staged", maxLr: 0.02, stepSize: 1 } as never;
  const plan = planExperiment(experiment, DATASETS.cifar10.facts!);
  assert.equal(cutCycleWarning(plan), undefined);
});

Deno.test("runExperiment() refuses an experiment of another precision than the backend's", async () => {
  await tf.setBackend("cpu");
  const experiment = { ...presetExperiment("quick"), precision: "bfloat16" as const };
  await assert.rejects(runExperiment(experiment), /precision must be "float32", .* got "bfloat16"; select the backend/);
});
