import assert from "node:assert/strict";
import { recordJobs } from "../../lib/cli/comparison_jobs.ts";
import { planExperiment } from "../../lib/experiments/plan.ts";
import { DATASETS } from "../../lib/experiments/registries/datasets.ts";
import type { Experiment } from "../../lib/experiments/experiment.ts";
import type { RacedRun, RaceOrder } from "../../lib/lab/protocol.ts";
import { endedLines, raceFigure } from "../../lib/lab/race_figure.ts";
import { openRecord, raceRecord } from "../../lib/lab/record.ts";
import { racersOf } from "../../lib/lab/racers.ts";
import { DEFAULTS, scheduleOf } from "../../lib/lab/settings.ts";
import type { TrainingHistory } from "../../lib/history/history.ts";
import { Plotly } from "../../lib/rendering/plotly.ts";
import { onPage } from "../../lib/lab/look.ts";
import { allowed } from "../support.ts";

const VALUES = [{ ...DEFAULTS }, { ...DEFAULTS, schedule: "one-cycle", mirrored: true }];

function order(iterations: number, madeUp = false): RaceOrder {
  return { racers: racersOf(VALUES, iterations), iterations, races: 2, seed: 42, madeUp };
}

/** Trainings as the worker tells of them. */
function ended(iterations: number, seeds: readonly number[]): RacedRun[] {
  return seeds.flatMap((seed) =>
    VALUES.map((values, index) => {
      const schedule = scheduleOf(values, iterations);
      const i = Array.from({ length: iterations }, (_, iteration) => iteration);
      const validations = [0.5, 1].map((part) => ({
        iteration: part * iterations,
        val_loss: 2,
        val_accuracy: part / 2,
      }));
      const loss = i.map((iteration) => 2.3 - iteration / iterations + Math.sin(seed * iteration) / 10);
      const history = { iterations: i, lr: i.map((at) => schedule(at).learningRate), loss, epochs: [], validations };
      return {
        ...{ name: values.schedule, seed, testAccuracy: 0.4 + index / 10, testLoss: index === 1 ? null : 1.7 },
        ...{ minutes: 0.5, history },
      };
    })
  );
}

const races = (iterations: number, seeds: readonly number[], madeUp = false) => ({
  ...{ order: order(iterations, madeUp), runs: ended(iterations, seeds) },
  ...{ hardware: "a GPU, WebGL in Chrome 150", versions: { tfjs: "4.22.0" } },
});

Deno.test("a race's record opens again, and deno task compare would repeat each of its runs", () => {
  const record = raceRecord(races(240, [42, 43]));
  const opened = openRecord(JSON.stringify(record));
  assert.deepEqual(opened.runs.map(({ name, seed }) => [name, seed]), [
    ["triangular", 42],
    ["one-cycle", 42],
    ["triangular", 43],
    ["one-cycle", 43],
  ]);
  assert.equal(opened.about, "Made on a GPU, WebGL in Chrome 150, by deno task compare --config lab-race.json.");
  for (const { name, seed, experiment } of recordJobs(record)) {
    const plan = planExperiment(experiment as Experiment, DATASETS.cifar10.facts!);
    assert.deepEqual([plan.iterations, plan.experiment.seed], [240, seed]);
    const drawn = scheduleOf(VALUES.find(({ schedule }) => schedule === name)!, 240);
    for (const i of [0, 17, 60, 239]) assert.deepEqual(plan.schedule(i), drawn(i));
  }
});

Deno.test("a record stays under 200 KB, however long and many the races are", () => {
  const seeds = Array.from({ length: 10 }, (_, index) => index);
  assert.ok(JSON.stringify(raceRecord(races(2000, seeds))).length < 200_000);
});

Deno.test("a record of made-up images is refused by deno task compare, in words", () => {
  const record = raceRecord(races(240, [42], true));
  assert.equal(record.command, "deno task lab");
  assert.throws(() => recordJobs(record), /dataset must be one of "cifar10", "folder", got "made-up"/);
});

Deno.test("openRecord() opens the project's own records, and refuses other files in words", {
  ignore: !allowed("read"),
}, async () => {
  const own = await Deno.readTextFile(new URL("../../notebooks/results/paper-staged.json", import.meta.url));
  assert.equal(openRecord(own).runs[0].name, "staged");
  // seven maxima of each schedule, with the same three seeds
  const varied = await Deno.readTextFile(new URL("../../notebooks/results/sensitivity.json", import.meta.url));
  const { runs } = openRecord(varied);
  assert.ok(runs.some(({ name }) => name === "one-cycle at 0.0014"));
  assert.equal(new Set(runs.map(({ name, seed }) => `${name}, ${seed}`)).size, runs.length);
  for (const text of ["", "nonsense", "null", "{}", `{"runs": []}`, `{"runs": [{"seed": 1}]}`, `{"runs": 3}`]) {
    assert.throws(() => openRecord(text), { name: "TypeError", message: /^This file is not a record: it must / });
  }
});

/** The lines of one training in the panels of loss and rate. */
function linesOf(history: Partial<TrainingHistory>) {
  const whole = { iterations: [], lr: [], loss: [], epochs: [], ...history };
  const lines = endedLines([{ name: "fixed", history: whole }], ["fixed"]);
  return ["y", "y3"].map((panel) => lines.find(({ yaxis }) => yaxis === panel)) as { x: number[]; y: number[] }[];
}

Deno.test("endedLines() lets the past fade with the iterations that a record leaves out", () => {
  const [{ x, y }] = linesOf({ iterations: [0, 1, 31], lr: [0.1, 0.1, 0.1], loss: [2, 2, 1] });
  assert.deepEqual(x, [1, 2, 32]);
  assert.ok(Math.abs(y[1] - 2) < 1e-9 && y[2] > 1 && y[2] < 1.05, `${y}`);
});

Deno.test("endedLines() draws the epochs of a record that has no iterations", () => {
  const epochs = [{ epoch: 0, iteration: 9, lr: 0.1, loss: 2 }, { epoch: 1, iteration: 18, lr: 0.2, loss: 1 }];
  assert.deepEqual(linesOf({ epochs }).map(({ x, y }) => [x, y]), [[[9, 18], [2, 1]], [[9, 18], [0.1, 0.2]]]);
});

Deno.test("long races are drawn with as many points as a screen can show", () => {
  const iterations = Array.from({ length: 20_000 }, (_, index) => index);
  const loss = iterations.map((i) => 2 + Math.sin(i ** 2));
  const runs = ["a", "b"].map((name) => ({ name, history: { iterations, lr: loss, loss, epochs: [] } }));
  const { data } = raceFigure(endedLines([runs[0]], ["a", "b"]), [runs[1]], { iterations: 20_000, order: ["a", "b"] });
  for (const { x } of data as { x: number[] }[]) assert.ok(x.length <= 4 * 761, `${x.length}`);
});

Deno.test("raceFigure() has a line a schedule in three panels, a band for several races, one entry a schedule", {
  ignore: !allowed("read", "env", "sys", "ffi"),
}, async () => {
  const names = ["triangular", "one-cycle"];
  const [first, second, third] = [42, 43, 44].map((seed) => ended(240, [seed]));
  const running = third.map((run) => ({ ...run, history: { ...run.history, validations: [] } }));
  const figures = {
    empty: raceFigure([], [], { iterations: 240, order: [] }),
    "first race": raceFigure([], first, { iterations: 240, order: names }),
    "third race": raceFigure(endedLines([...first, ...second], names), running, { iterations: 240, order: names }),
  };
  const count = (figure: typeof figures.empty, test: (trace: Record<string, unknown>) => unknown) =>
    figure.data.filter(test).length;
  assert.equal(count(figures.empty, ({ showlegend }) => showlegend), 0);
  for (const name of ["first race", "third race"] as const) {
    assert.equal(count(figures[name], ({ showlegend }) => showlegend), 2, name);
    for (const yaxis of ["y", "y2", "y3"]) {
      assert.ok(count(figures[name], (trace) => trace.yaxis === yaxis) >= 2, yaxis);
    }
  }
  assert.equal(count(figures["first race"], ({ fill }) => fill), 0);
  for (const yaxis of ["y", "y2"]) {
    assert.equal(count(figures["third race"], (trace) => trace.fill && trace.yaxis === yaxis), 2, `bands on ${yaxis}`);
  }
  using plotly = await Plotly.open();
  for (const [name, figure] of Object.entries(figures)) {
    for (const place of [{ width: 800, dark: false }, { width: 360, dark: true }]) {
      const { data, layout } = onPage(figure, place);
      assert.deepEqual(plotly.validate({ data, layout }), [], name);
    }
  }
});
