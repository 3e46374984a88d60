import assert from "node:assert/strict";
import {
  accuracyFigure,
  comparisonFigure,
  confusionFigure,
  cyclical,
  imageGridFigure,
  learningRateFigure,
  lossFigure,
  lossSurfaceFigure,
  modelFigure,
  rangeTestFigure,
  tf,
  trainingFigure,
} from "../../lib/mod.ts";
import { smallImages } from "../support.ts";

const history = { epoch: [0, 1], history: { loss: [2, 1], acc: [0.1, 0.2] } };
const curves = { learningRates: [0.1], losses: [1], smoothedLosses: [1] };
const images = smallImages(3);

Deno.test("figures refuse options that they do not know", () => {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
  const wrong = { titel: "x" } as never;
  const calls = [
    () => learningRateFigure(cyclical(), wrong),
    () => trainingFigure(history, wrong),
    () => lossFigure(history, wrong),
    () => accuracyFigure(history, wrong),
    () => rangeTestFigure(curves, wrong),
    () => comparisonFigure([{ name: "a", history }], wrong),
    () => confusionFigure([[1]], wrong),
    () => imageGridFigure(images, wrong),
    () => lossSurfaceFigure((x) => x, wrong),
    () => modelFigure(model, wrong),
  ];
  for (const call of calls) {
    assert.throws(call, /^TypeError: Cannot (draw|compare) .*title.* its options, got "titel"$/);
  }
});

Deno.test("imageGridFigure() refuses images, columns and captions that there cannot be", () => {
  for (const options of [{ columns: 0 }, { columns: 1.5 }, { indices: [3] }, { indices: [-1] }, { indices: [] }]) {
    assert.throws(() => imageGridFigure(images, options), /^RangeError: Cannot draw images: /, JSON.stringify(options));
  }
  assert.throws(() => imageGridFigure(images, { captions: ["a"] }), /captions must be 3 texts, got \["a"\]$/);
});

Deno.test("confusionFigure() refuses a matrix that is not square, and names that are not the classes'", () => {
  for (const wrong of [[], [[1, 2]], [[1, 2], [3]], [null]]) {
    assert.throws(() => confusionFigure(wrong as never), /^TypeError: Cannot draw a confusion matrix: it must have as/);
  }
  assert.throws(
    () => confusionFigure([[1]], { classNames: ["a", "b"] }),
    /classNames must be 1 names, got \["a","b"\]$/,
  );
});

Deno.test("lossSurfaceFigure() refuses another view, and ranges that do not rise", () => {
  assert.throws(
    () => lossSurfaceFigure((x) => x, { view: "2d" as never }),
    /view must be one of "3d", "map", got "2d"$/,
  );
  for (const xRange of [[1, 1], [1, 0], [0, Infinity]] as const) {
    assert.throws(() => lossSurfaceFigure((x) => x, { xRange }), /^RangeError: .* the width of xRange must be above 0/);
  }
});

Deno.test("lossSurfaceFigure() keeps small ranges apart, and its axes where the surface is", () => {
  const descents = [{ name: "sgd", path: [[0, 0], [1e6, 1e6]] as const }];
  const range = [0, 1e-5] as const;
  const { data, layout } = lossSurfaceFigure((x, y) => 1e5 * (x + y), { xRange: range, yRange: range, descents });
  assert.equal(new Set(data[0].x as number[]).size, 61);
  const { xaxis, yaxis, zaxis } = layout.scene as Record<"xaxis" | "yaxis" | "zaxis", { range: number[] }>;
  assert.deepEqual([xaxis.range, yaxis.range], [[...range], [...range]]);
  assert.deepEqual(zaxis.range.map((end) => Number(end.toFixed(9))), [-0.04, 2.04]);
  assert.deepEqual((lossSurfaceFigure((x) => x, { view: "map" }).data[0].x as number[]).slice(0, 2), [-2, -1.9333]);
});
