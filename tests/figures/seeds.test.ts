import assert from "node:assert/strict";
import { comparisonFigure, sensitivityFigure, type Trace, type TrainingHistory } from "../../lib/mod.ts";

/** A history of epochs alone, as a record may hold it: [iteration, accuracy] each. */
function epochsOnly(points: readonly (readonly [number, number])[], lr?: number): TrainingHistory {
  const epochs = points.map(([iteration, accuracy], epoch) => ({
    epoch,
    iteration,
    test_accuracy: accuracy,
    ...(lr !== undefined && { lr }),
  }));
  return { iterations: [], lr: [], loss: [], epochs: epochs as unknown as TrainingHistory["epochs"] };
}
const metric = "test_accuracy";
const named = (data: Trace[], name: string) => data.find((trace) => trace.name === name)!;
const numbers = (value: unknown) => (value as number[]).map((number) => Number(number.toFixed(10)));

Deno.test("comparisonFigure() draws one line a schedule: the seeds' mean, and a band of their deviation", () => {
  const accuracies = [[0.3, 0.5], [0.4, 0.7], [0.5, 0.6]];
  const runs = accuracies.flatMap(([early, late], seed) =>
    ["step", "fixed"].map((name) => ({ name, seed, history: epochsOnly([[10, early], [20, late]]) }))
  );
  const { data, layout } = comparisonFigure(runs, { metric });
  assert.equal(data.length, 4); // two means, two bands
  const line = named(data, "step");
  assert.deepEqual(line.x, [10, 20]);
  assert.deepEqual(numbers(line.y), [0.4, 0.6]);
  assert.ok((line.line as { width: number }).width >= 2.5);
  // both epochs deviate by sqrt((0.1^2 + 0 + 0.1^2) / 2) = 0.1
  const band = named(data, "step: mean ± standard deviation");
  assert.deepEqual(band.x, [10, 20, 20, 10]);
  assert.deepEqual(numbers(band.y), [0.5, 0.7, 0.5, 0.3]);
  assert.equal(band.fill, "toself");
  assert.match((layout.legend as { title: { text: string } }).title.text, /mean of 3 seeds/);
});

Deno.test("comparisonFigure() draws one run as it is, without a band", () => {
  const { data, layout } = comparisonFigure([{ name: "step", history: epochsOnly([[10, 0.3], [20, 0.4]]) }], {
    metric,
  });
  assert.deepEqual(data.map(({ name }) => name), ["step"]);
  assert.deepEqual(data[0].y, [0.3, 0.4]);
  assert.match((layout.legend as { title: { text: string } }).title.text, /one seed each/);
});

Deno.test("comparisonFigure() reads seeds validated at other iterations off the lines between", () => {
  const runs = [
    { name: "step", seed: 1, history: epochsOnly([[10, 0.2], [30, 0.4]]) },
    { name: "step", seed: 2, history: epochsOnly([[10, 0.4], [20, 0.5], [30, 0.6]]) },
  ];
  const line = named(comparisonFigure(runs, { metric }).data, "step");
  assert.deepEqual(line.x, [10, 20, 30]);
  assert.deepEqual(numbers(line.y), [0.3, 0.4, 0.5]); // at 20 the first is read as 0.3
});

Deno.test("comparisonFigure() ends the mean where the shortest run ends, so that none is left out unseen", () => {
  const runs = [
    { name: "step", seed: 1, history: epochsOnly([[10, 0.2], [20, 0.4], [30, 0.8]]) },
    { name: "step", seed: 2, history: epochsOnly([[10, 0.4], [20, 0.1]]) },
  ];
  assert.deepEqual(named(comparisonFigure(runs, { metric }).data, "step").x, [10, 20]);
});

Deno.test("comparisonFigure() says in the legend when a run has no value to show", () => {
  const runs = [
    { name: "step", seed: 1, history: epochsOnly([[10, 0.2]]) },
    { name: "step", seed: 2, history: epochsOnly([]) },
  ];
  assert.deepEqual(comparisonFigure(runs, { metric }).data.map(({ name }) => name), ["step (1 of 2 runs)"]);
});

Deno.test("comparisonFigure() takes schedules of different lengths and draws their rates beneath", () => {
  const reduced = {
    ...epochsOnly([[25, 0.5], [50, 0.8]]),
    iterations: [0, 25, 49],
    lr: [0.1, 0.2, 0.1],
    loss: [null, null, null],
  };
  const runs = [
    { name: "triangular", history: reduced },
    { name: "fixed", history: epochsOnly([[50, 0.3], [100, 0.6]], 0.05) },
  ];
  const { data, layout } = comparisonFigure(runs, { metric });
  const rates = data.filter(({ yaxis }) => yaxis === "y2");
  assert.deepEqual(rates.map(({ name, x, y }) => [name, x, y]), [
    ["triangular", [0, 25, 49], [0.1, 0.2, 0.1]],
    ["fixed", [50, 100], [0.05, 0.05]],
  ]);
  assert.equal((layout.xaxis as { anchor: string }).anchor, "y2");
  assert.match((layout.xaxis as { title: { text: string } }).title.text, /iteration/);
  assert.equal((layout.yaxis as { title: { text: string } }).title.text, "test accuracy");
});

Deno.test("comparisonFigure() says so where no run has the metric", () => {
  const { layout } = comparisonFigure([{ name: "step", history: epochsOnly([[1, 1]]) }], { metric: "val_loss" });
  assert.match(JSON.stringify(layout.annotations), /no run has recorded the validation loss/);
});

Deno.test("comparisonFigure() refuses no runs, runs without a name, and what is no history", () => {
  for (const wrong of [[], null, {}, [{ history: epochsOnly([]) }], [null]]) {
    assert.throws(() => comparisonFigure(wrong as never), /^TypeError: Cannot compare runs: there must be one or more/);
  }
  assert.throws(() => comparisonFigure([{ name: "x", history: 3 as never }]), /^TypeError: Cannot draw a figure/);
});

Deno.test("comparisonFigure() refuses to mix runs that count iterations with runs that count epochs", () => {
  const byEpoch = { epoch: [0, 1], history: { val_acc: [0.1, 0.2] } };
  const runs = [{ name: "step", history: epochsOnly([[10, 0.2], [20, 0.4]]) }, { name: "fixed", history: byEpoch }];
  const message = /^TypeError: Cannot compare runs: all must count iterations, or all epochs, got both$/;
  assert.throws(() => comparisonFigure(runs, { metric }), message);
  // a run that ended before its first epoch counts nothing
  comparisonFigure([{ name: "step", history: epochsOnly([]) }, { name: "fixed", history: byEpoch }]);
});

Deno.test("comparisonFigure() draws the rate of the seed that was trained longest", () => {
  const runs = [[[10, 0.2]], [[10, 0.2], [20, 0.4]], [[10, 0.3]]].map((points, seed) => ({
    ...{ name: "step", seed },
    history: epochsOnly(points as [number, number][], 0.1),
  }));
  const { data } = comparisonFigure(runs, { metric });
  assert.deepEqual(data.filter(({ yaxis }) => yaxis === "y2").map(({ x }) => x), [[10, 20]]);
});

const scores = ([
  ["step", 1, [0.50, 0.60, 0.30]],
  ["step", 2, [0.54, 0.62, 0.34]],
  ["triangular", 1, [0.45, 0.59, 0.60]],
  ["triangular", 2, [0.47, 0.61, 0.60]],
] as const).flatMap(([name, seed, accuracies]) =>
  accuracies.map((score, i) => ({ name, seed, value: [0.001, 0.01, 0.1][i], score }))
);

Deno.test("sensitivityFigure() draws the mean and the band against the value, on a logarithmic axis", () => {
  const { data, layout } = sensitivityFigure(scores, { parameter: "max-lr" });
  const line = named(data, "step");
  assert.deepEqual(line.x, [0.001, 0.01, 0.1]);
  assert.deepEqual(numbers(line.y), [0.52, 0.61, 0.32]);
  const half = Math.sqrt(2 * 0.02 ** 2); // of 0.50 and 0.54 around 0.52
  const band = named(data, "step: mean ± standard deviation");
  assert.ok(Math.abs((band.y as number[])[0] - (0.52 + half)) < 1e-12);
  const axis = layout.xaxis as { type: string; title: { text: string }; tickvals: number[]; ticktext: string[] };
  assert.equal(axis.type, "log");
  assert.equal(axis.title.text, "maximum learning rate");
  assert.deepEqual(axis.tickvals, [0.001, 0.01, 0.1]);
  assert.deepEqual(axis.ticktext, ["0.001", "0.01", "0.1"]);
});

Deno.test("sensitivityFigure() marks the values within 2 points of the best mean of all", () => {
  const { data, layout } = sensitivityFigure(scores, { parameter: "max-lr" });
  const bars = data.filter(({ yaxis }) => yaxis === "y2");
  // the best mean is 0.61: step comes within 0.02 at 0.01 alone, triangular at 0.01 (0.60) and at 0.1 (0.60)
  assert.deepEqual(bars.map(({ name, y }) => [name, y]), [
    ["step", [null, 0, null]],
    ["triangular", [null, 1, 1]],
  ]);
  assert.match(JSON.stringify(layout.annotations), /within 2 points of the best mean, 61.0 %/);
});

Deno.test("sensitivityFigure() marks nothing for a loss, and reads values from 0 on a linear axis", () => {
  const runs = [0, 1e-4].map((value) => ({ name: "step", value, score: 2 }));
  const { data, layout } = sensitivityFigure(runs, { parameter: "weight-decay", metric: "loss" });
  assert.equal(data.length, 1);
  assert.equal((layout.xaxis as { type: string }).type, "linear");
});

Deno.test("sensitivityFigure() shows a run without a score as a gap, not as the mean of the others", () => {
  const runs = scores.map((run) =>
    run.name === "step" && run.seed === 2 && run.value === 0.1 ? { ...run, score: null } : run
  );
  const { data } = sensitivityFigure(runs, { parameter: "max-lr" });
  assert.deepEqual(numbers((named(data, "step").y as number[]).slice(0, 2)), [0.52, 0.61]);
  assert.equal((named(data, "step").y as number[])[2], null);
});

Deno.test("sensitivityFigure() refuses wrong runs and options", () => {
  const options = { parameter: "max-lr" };
  for (const wrong of [[], null, [null], [{ name: "a", value: "b", score: 1 }], [{ name: "a", value: 1 }]]) {
    assert.throws(() => sensitivityFigure(wrong as never, options), /^TypeError: Cannot draw the sensitivity: /);
  }
  assert.throws(() => sensitivityFigure([{ name: "a", value: NaN, score: 1 }], options), RangeError);
  assert.throws(() => sensitivityFigure(scores, {} as never), /parameter must be a string, got undefined/);
  assert.throws(() => sensitivityFigure(scores, { ...options, unknown: 1 } as never), /are its options, got "unknown"/);
});
