import assert from "node:assert/strict";
import { EXPERIMENT_FLAGS } from "../../lib/cli/experiment_flags.ts";
import { experimentFromFlags } from "../../lib/cli/experiment_from_flags.ts";
import { parseFlags } from "../../lib/cli/flags.ts";
import * as core from "../../lib/core.ts";
import { planExperiment } from "../../lib/experiments/plan.ts";
import { DATASETS } from "../../lib/experiments/registries/datasets.ts";
import { SCHEDULES } from "../../lib/experiments/registries/schedules.ts";
import { codeLines, trainCommand } from "../../lib/lab/code.ts";
import { detailsOf, racerNames, racersOf } from "../../lib/lab/racers.ts";
import {
  BATCHES_PER_EPOCH,
  DEFAULTS,
  ITERATIONS,
  scheduleOf,
  scheduleSettings,
  type ScheduleValues,
} from "../../lib/lab/settings.ts";

/** Every schedule of the registry, as it is and with everything that it may take. */
const FORMS: ScheduleValues[] = Object.keys(SCHEDULES).flatMap((schedule) => [
  { ...DEFAULTS, schedule },
  { ...DEFAULTS, schedule, warmUp: 20, mirrored: true, decays: "bounds", power: 3, peakAt: 45, left: 5, stepSize: 35 },
]);
const label = ({ schedule, warmUp }: ScheduleValues) => `${schedule}, warm-up ${warmUp}`;

/** Both schedules give the same numbers throughout a run and beyond it. */
function assertSame(one: core.Schedule, other: core.Schedule, what: string): void {
  for (let i = 0; i < 1.2 * ITERATIONS; i++) {
    const [left, right] = [one(i), other(i)];
    assert.ok(
      Math.abs(left.learningRate - right.learningRate) < 1e-9,
      `${what}, ${i}: ${JSON.stringify([left, right])}`,
    );
    assert.equal(left.momentum === undefined, right.momentum === undefined, what);
    if (left.momentum !== undefined) assert.ok(Math.abs(left.momentum - right.momentum!) < 1e-9, what);
  }
}

for (const values of FORMS) {
  Deno.test(`the code of ${label(values)} makes the schedule that is drawn`, () => {
    const schedule = scheduleOf(values, ITERATIONS);
    const [imported, code] = codeLines(schedule).split("\n");
    const names = imported.match(/^import \{ (.*) \} from "\.\.\/lib\/mod\.ts";$/)![1].split(", ");
    const functions = names.map((name) => core[name as keyof typeof core]);
    assertSame(schedule, new Function(...names, `${code} return schedule;`)(...functions), code);
  });

  Deno.test(`deno task train takes the command of ${label(values)}, and plans the schedule that is drawn`, () => {
    const command = trainCommand(scheduleSettings(values, ITERATIONS), ITERATIONS);
    const [task, ...args] = command.split(" ").slice(2);
    assert.equal(task, "train");
    const experiment = experimentFromFlags(parseFlags(EXPERIMENT_FLAGS, args), "native");
    const plan = planExperiment(experiment, DATASETS.cifar10.facts!);
    assert.deepEqual([plan.iterations, plan.batchesPerEpoch], [ITERATIONS, BATCHES_PER_EPOCH]);
    assertSame(plan.schedule, scheduleOf(values, ITERATIONS), command);
  });
}

Deno.test("scheduleSettings() refuses NaN and negative numbers, and bounds and momenta in the wrong order", () => {
  for (
    const [values, message] of [
      [{ maxLr: NaN }, /^"Maximum rate" must be 0 or more, got NaN\.$/],
      [{ baseLr: -1 }, /^"Base rate" must be 0 or more, got -1\.$/],
      [{ schedule: "exp-range", left: 0 }, /^"Height left at the end" must be above 0 % and at most 100 %, got 0\.$/],
      [{ schedule: "exponential", left: 101 }, /at most 100 %, got 101/],
      [{ schedule: "one-cycle", peakAt: 0 }, /^"Rise ends after" must be above 0 % and below 100 % .*, got 0\.$/],
      [{ schedule: "slanted-triangular", peakAt: 100 }, /below 100 % of the run, got 100/],
      [{ baseLr: 0.1, maxLr: 0.01 }, /The base rate must not be above the maximum 0\.01, got 0\.1/],
      [{ mirrored: true, lowMomentum: 0.9, highMomentum: 0.8 }, /Momentum must rise .* got 0\.9 and 0\.8/],
      [{ mirrored: true, highMomentum: 1 }, /stay below 1/],
    ] as [Partial<ScheduleValues>, RegExp][]
  ) assert.throws(() => scheduleSettings({ ...DEFAULTS, ...values }, 240), { name: "RangeError", message });
  // what a schedule does not take is not looked at
  assert.deepEqual(scheduleSettings({ ...DEFAULTS, schedule: "fixed", baseLr: NaN }, 240), {
    name: "fixed",
    maxLr: 0.02,
  });
  assert.doesNotThrow(() => scheduleSettings({ ...DEFAULTS, mirrored: false, lowMomentum: NaN }, 240));
});

Deno.test("racerNames() tells schedules of one kind apart, and racersOf() says whose number is wrong", () => {
  const [a, b] = [{ schedule: "fixed", maxLr: 0.1 }, { schedule: "fixed", maxLr: 0.2 }];
  assert.deepEqual(racerNames([a, { schedule: "step", maxLr: 0.1 }]), ["fixed", "step"]);
  assert.deepEqual(racerNames([a, b, a, a]), ["fixed to 0.1", "fixed to 0.2", "fixed to 0.1 (2)", "fixed to 0.1 (3)"]);
  assert.throws(
    () => racersOf([DEFAULTS, { ...DEFAULTS, schedule: "fixed", maxLr: NaN }], 240),
    /^RangeError: fixed: /,
  );
  // what only the schedule itself checks
  for (const values of [{ schedule: "one-cycle", maxLr: 0 }, { stepSize: 0 }]) {
    assert.throws(
      () => racersOf([DEFAULTS, { ...DEFAULTS, ...values }], 240),
      /^RangeError: .*: Cannot create .* got 0$/,
    );
  }
});

Deno.test("detailsOf() tells what a schedule has beside its bounds", () => {
  const values: ScheduleValues = { ...DEFAULTS, schedule: "exp-range", warmUp: 5, mirrored: true };
  assert.equal(
    detailsOf(values),
    "half a cycle 60 iterations, 10 % of the height left at the end, warm-up of 5 iterations, momentum 0.95 to 0.85",
  );
  assert.equal(detailsOf({ ...DEFAULTS, schedule: "fixed" }), "");
  const other: ScheduleValues = { ...DEFAULTS, schedule: "exponential", decays: "bounds" }; // which it does not take
  assert.equal(detailsOf(other), "10 % of the height left at the end");
});
