import assert from "node:assert/strict";
import {
  type Figure,
  learningRateFigure,
  lossFigure,
  rangeTestFigure,
  type Trace,
  trainingFigure,
} from "../../lib/mod.ts";
import { line } from "../../lib/figures/figure.ts";

const axisTitle = ({ layout }: Figure) => (layout.xaxis as { title: { text: string } }).title.text;
const named = (data: Trace[], name: string) => data.filter((trace) => trace.name === name);

Deno.test("a history of epochs and validations alone, as a record holds it, is drawn by iteration", () => {
  const history = {
    ...{ iterations: [], lr: [], loss: [] },
    epochs: [10, 20].map((iteration, epoch) => ({ epoch, iteration, lr: 0.1, loss: 2, val_loss: 2 })),
    validations: [{ iteration: 15, val_loss: 1, val_accuracy: 0.5 }],
  };
  for (const figure of [trainingFigure(history), lossFigure(history)]) {
    assert.deepEqual(named(figure.data, "training, mean of the epoch")[0].x, [9, 19]);
    assert.deepEqual(named(figure.data, "validation").find(({ yaxis }) => yaxis !== "y2")!.x, [9, 14, 19]);
    assert.match(axisTitle(figure), /iteration/);
  }
  const rates = learningRateFigure(history);
  assert.deepEqual(rates.data[0].x, [9, 19]);
  assert.match(axisTitle(rates), /iteration/);
});

Deno.test("tfjs's own History is drawn by epoch", () => {
  const figure = lossFigure({ epoch: [0, 1], history: { loss: [2, 1] } });
  assert.deepEqual([figure.data[0].x, axisTitle(figure)], [[1, 2], "epoch"]);
});

Deno.test("trainingFigure() draws a validation's accuracy without a training's, and names each line once", () => {
  const { data } = trainingFigure({ epoch: [0, 1], history: { loss: [2, 1], val_loss: [2, 1], val_acc: [0.1, 0.2] } });
  assert.deepEqual(named(data, "validation").map(({ y, showlegend }) => [y, showlegend]), [
    [[0.1, 0.2], false],
    [[2, 1], true],
  ]);
  const alone = trainingFigure({ epoch: [0, 1], history: { loss: [2, 1], val_acc: [0.1, 0.2] } });
  assert.equal(named(alone.data, "validation")[0].showlegend, true);
});

Deno.test("lossFigure() leaves the axis to Plotly if losses are negative", () => {
  const { layout } = lossFigure({ epoch: [0, 1], history: { loss: [-0.1, -0.9] } });
  assert.equal((layout.yaxis as { range?: unknown }).range, undefined);
});

Deno.test("a point without neighbours gets a marker, an ordinary line none", () => {
  assert.equal(line("a", [0, 1, 2], [1, 2, 3]).mode, "lines");
  for (const y of [[1, null, 2], [NaN, 1, null], [1]]) {
    assert.equal(line("a", y.map((_, i) => i), y).mode, "lines+markers", `${y}`);
  }
});

Deno.test("rangeTestFigure() has a logarithmic axis, unless a rate is 0", () => {
  const figure = (learningRates: number[]) =>
    rangeTestFigure({ learningRates, losses: [2, 1], smoothedLosses: [2, 1], bounds: { baseLr: 0.1, maxLr: 0.4 } });
  const read = ({ layout }: Figure) => [
    (layout.xaxis as { type?: string }).type,
    (layout.annotations as { x: number }[])[0].x,
  ];
  assert.deepEqual(read(figure([0.01, 1])), ["log", -1]);
  assert.deepEqual(read(figure([0, 1])), [undefined, 0.1]);
});
