import assert from "node:assert/strict";
import { decode, type DecodedPng } from "fast-png";
import {
  accuracyFigure,
  comparisonFigure,
  confusionFigure,
  cyclical,
  CyclicLR,
  type Figure,
  imageDataset,
  imageGridFigure,
  learningRateFigure,
  lossFigure,
  lossSurfaceFigure,
  miniGoogLeNet,
  modelFigure,
  oneCycle,
  rangeTestFigure,
  saveFigure,
  scheduleExplorer,
  sensitivityFigure,
  trainingFigure,
  type TrainingHistory,
} from "../../lib/mod.ts";
import { reduceLine } from "../../lib/figures/reduce.ts";
import { figuresPage } from "../../lib/rendering/page.ts";
import { Plotly } from "../../lib/rendering/plotly.ts";
import { svgToPng } from "../../lib/rendering/png.ts";
import { historyCsv } from "../../lib/experiments/run_files.ts";
import { allowed, smallImages, withDirectory } from "../support.ts";

/** A history as long as the article's run. */
function longHistory(iterations = 74_976): TrainingHistory {
  const rate = cyclical({
    baseLr: 1e-7,
    maxLr: 1e-2,
    stepSize: iterations / 12,
    baseMomentum: 0.85,
    maxMomentum: 0.95,
  });
  const all = Array.from({ length: iterations }, (_, i) => i);
  const loss = all.map((i) => 2.3 * Math.exp(-i / 30_000) + 0.1 * Math.sin(i * 12.9898) * Math.sin(i * 78.233));
  const epochs = Array.from({ length: 96 }, (_, epoch) => {
    const iteration = Math.round((epoch + 1) * iterations / 96);
    return {
      epoch,
      iteration,
      lr: 0.001,
      loss: loss[iteration - 1],
      accuracy: epoch / 100,
      val_loss: 1,
      val_accuracy: epoch / 110,
    };
  });
  const hyperparameters = all.map((i) => rate(i));
  return {
    iterations: all,
    lr: hyperparameters.map(({ learningRate }) => learningRate),
    momentum: hyperparameters.map(({ momentum }) => momentum!),
    loss,
    accuracy: all.map((i) => 1 - Math.exp(-i / 30_000)),
    epochs,
  };
}

const history = longHistory();
const test = {
  learningRates: Array.from({ length: 60 }, (_, i) => 1e-6 * 10 ** (i / 10)),
  losses: Array.from({ length: 60 }, (_, i) => i > 50 ? 20 * i : 2.3 - i / 50),
  smoothedLosses: Array.from({ length: 60 }, (_, i) => i > 55 ? NaN : 2.3 - i / 50),
  suggestions: { valley: 1e-3, minimum: 1e-2 },
  bounds: { baseLr: 1e-4, maxLr: 1e-2 },
};
const figures: Record<string, Figure> = {
  learningRateFigure: learningRateFigure(history),
  "learningRateFigure of schedules": learningRateFigure({
    triangular: cyclical(),
    exp_range: cyclical({ mode: "exp_range", gamma: 0.999 }),
  }),
  "learningRateFigure of schedules with momentum": learningRateFigure({
    triangular: cyclical({ stepSize: 100, baseMomentum: 0.85, maxMomentum: 0.95 }),
    "one cycle": oneCycle({ maxLr: 0.006, totalSteps: 1000 }),
  }),
  "learningRateFigure, annotated": learningRateFigure(cyclical(), { annotate: true }),
  trainingFigure: trainingFigure(history),
  "trainingFigure of tfjs's History": trainingFigure({
    epoch: [0, 1],
    history: { loss: [2, 1], acc: [0.1, 0.2], val_loss: [2, 1.5], lr: [0.1, 0.2] },
  }),
  lossFigure: lossFigure(history),
  accuracyFigure: accuracyFigure(history),
  rangeTestFigure: rangeTestFigure(test),
  comparisonFigure: comparisonFigure([{ name: "triangular", history }, { name: "fixed", history }]),
  "comparisonFigure of several seeds": comparisonFigure(
    [1, 2, 3].flatMap((seed) =>
      ["triangular", "fixed"].map((name) => ({
        name,
        seed,
        history: {
          iterations: [],
          lr: [],
          loss: [],
          epochs: [1, 2].map((n) => ({ epoch: n - 1, iteration: 100 * n, lr: 0.1, test_accuracy: (n + seed) / 10 })),
        },
      }))
    ),
    { metric: "test_accuracy" },
  ),
  sensitivityFigure: sensitivityFigure(
    [1, 2].flatMap((seed) =>
      [0.001, 0.01, 0.1].map((value, i) => ({ name: "step", seed, value, score: (4 - i + seed / 10) / 10 }))
    ),
    { parameter: "max-lr" },
  ),
  modelFigure: modelFigure(miniGoogLeNet()),
  scheduleExplorer: scheduleExplorer(),
  confusionFigure: confusionFigure([[3, 1], [0, 4]], { classNames: ["cat", "dog"] }),
  imageGridFigure: imageGridFigure(smallImages(12)),
  "lossSurfaceFigure as a map": lossSurfaceFigure((x, y) => x * x - y * y, {
    view: "map",
    descents: [{ name: "sgd", path: [[0, 1], [0, 2]] }],
  }),
};

const io = { ignore: !allowed("read", "env", "ffi", "sys") };
Deno.test("every figure is valid for plotly.js, and is drawn", io, async (t) => {
  using plotly = await Plotly.open();
  for (const [name, figure] of Object.entries(figures)) {
    await t.step(name, async () => {
      // a slider's and a menu's arguments are copied, which Plotly.validate takes for a change
      const found = [...plotly.validate(figure)].filter((text) => !/\.args\[\d\] \(set to .* got reset/.test(text));
      assert.deepEqual(found, []);
      const svg = await plotly.svg(figure);
      assert.match(svg, /^<svg/);
      assert.doesNotMatch(svg, /NaN/);
      const png = await svgToPng(svg);
      assert.deepEqual([...png.subarray(1, 4)], [...new TextEncoder().encode("PNG")]);
    });
  }
  await t.step("lossSurfaceFigure in 3D is valid", () => {
    assert.deepEqual(plotly.validate(lossSurfaceFigure((x, y) => x * y)), []);
  });
});

Deno.test("every figure has a title and named axes, plain numbers, and is small", () => {
  for (const [name, figure] of Object.entries(figures)) {
    const json = JSON.stringify(figure);
    assert.ok(json.length < 100_000, `${name}: ${json.length} bytes`);
    assert.doesNotMatch(json, /NaN|Infinity/);
    const layout = figure.layout as Record<string, { text?: string; title?: { text: string }; visible?: boolean }>;
    assert.ok(layout.title.text, name);
    for (const axis of Object.keys(layout).filter((key) => /^[xy]axis/.test(key))) {
      assert.ok(layout[axis].visible === false || layout[axis].title?.text, `${name} ${axis}`);
    }
  }
});

Deno.test("every trace has a legend entry that says what it is, or shares one with its group", () => {
  // cells, images and the map say it by their axes, captions and colour bar
  const drawn = Object.entries(figures).filter(([name]) => !/confusion|imageGrid|lossSurface/.test(name));
  for (const [name, { data, layout }] of drawn) {
    assert.equal(layout.showlegend, true, name);
    const entries = data.filter((trace) => trace.showlegend !== false);
    for (const trace of data) {
      const entry = entries.find((one) => one === trace || one.legendgroup && one.legendgroup === trace.legendgroup);
      assert.ok(trace.name && entry?.name, `${name}: ${trace.name}`);
    }
    assert.equal(new Set(entries.map((entry) => entry.name)).size, entries.length, `${name}: one entry each`);
  }
});

Deno.test("imageGridFigure() draws square pixels, few images or many, wide or high", () => {
  const blank = (height: number, width: number) =>
    imageDataset({
      images: new Uint8Array(height * width * 3),
      labels: new Uint8Array(1),
      shape: [height, width, 3],
      classNames: ["blank"],
    });
  const grids: [ReturnType<typeof blank>, number][] = [
    ...[[1, 10], [3, 10], [12, 10], [20, 5]].map(([size, columns]): [ReturnType<typeof blank>, number] => [
      smallImages(size),
      columns,
    ]),
    [blank(16, 48), 10],
    [blank(48, 16), 10],
  ];
  for (const [images, columns] of grids) {
    const { layout } = imageGridFigure(images, { columns });
    const { width, height, margin, xaxis, yaxis } = layout as Record<string, never> & {
      width: number;
      height: number;
      margin: Record<"l" | "r" | "t" | "b", number>;
      xaxis: { range: number[] };
      yaxis: { range: number[] };
    };
    const across = (width - margin.l - margin.r) / xaxis.range[1];
    const down = (height - margin.t - margin.b) / yaxis.range[0];
    assert.ok(
      Math.abs(across / down - 1) < 0.01,
      `${images.shape} x ${images.size} in ${columns}: ${across} and ${down}`,
    );
  }
});

Deno.test("reduceLine() keeps every corner of a full run's rates", () => {
  const { x, y } = reduceLine(history.iterations, history.lr);
  assert.ok(x.length < 30, `${x.length} points`);
  for (let i = 0; i < 74_976; i += 6248) assert.ok(x.includes(i), `${i}`);
  assert.equal(Math.max(...(y as number[])), 0.01);
});

Deno.test("reduceLine() keeps the lowest and the highest point of every pixel's column", () => {
  const { x, y } = reduceLine(history.iterations, history.loss);
  const columns = 760;
  const extremes = (xs: number[], ys: (number | null)[]) => {
    const found = new Map<number, [number, number]>();
    xs.forEach((at, i) => {
      const column = Math.floor(at / 74_975 * columns);
      const value = Number(ys[i]!.toPrecision(5));
      const [low, high] = found.get(column) ?? [Infinity, -Infinity];
      found.set(column, [Math.min(low, value), Math.max(high, value)]);
    });
    return found;
  };
  assert.deepEqual(extremes(x, y), extremes(history.iterations, history.loss));
});

/** Pixels of a picture of red, green and blue that no pixel of another, one pixel of the plot away at most, is as dark as. */
function unmatched(picture: DecodedPng, other: DecodedPng): number {
  const { width, height, channels } = picture;
  const light = ({ data }: DecodedPng, pixel: number) =>
    data[pixel * channels] + data[pixel * channels + 1] + data[pixel * channels + 2];
  const away = 2; // the picture has twice the plot's size
  let count = 0;
  for (let y = away; y < height - away; y++) {
    for (let x = away; x < width - away; x++) {
      const own = light(picture, y * width + x);
      if (light(other, y * width + x) <= own + 60) continue; // 60 of 765: the edge of a line, smoothed otherwise
      const matched = Array.from({ length: (2 * away + 1) ** 2 }).some((_, near) => {
        const [row, column] = [y - away + Math.floor(near / 5), x - away + near % 5];
        return light(other, row * width + column) <= own + 60;
      });
      if (!matched) count++;
    }
  }
  return count;
}

Deno.test("the picture of 75,000 reduced iterations is that of all of them, to a pixel of the plot", {
  ignore: !allowed("read", "env", "ffi", "sys"),
}, async () => {
  using plotly = await Plotly.open();
  const draw = async (figure: Figure) => decode(await svgToPng(await plotly.svg(figure)));
  for (const [figure, y] of [[learningRateFigure(history), history.lr], [lossFigure(history), history.loss]] as const) {
    const whole = structuredClone(figure);
    Object.assign(whole.data[0], { x: history.iterations, y });
    assert.ok((figure.data[0].x as number[]).length < y.length / 10);
    const [reduced, all] = [await draw(figure), await draw(whole)];
    assert.equal(unmatched(reduced, all) + unmatched(all, reduced), 0);
    // and the measure sees a line that is elsewhere
    const moved = structuredClone(figure);
    moved.data[0].y = (moved.data[0].y as number[]).map((value) => value * 0.9);
    assert.ok(unmatched(await draw(moved), all) > 100);
  }
});

Deno.test("a figure takes a scheduler, its history, or a saved one, and refuses anything else", () => {
  const scheduler = new CyclicLR();
  assert.deepEqual(trainingFigure(scheduler), trainingFigure(JSON.parse(JSON.stringify(scheduler.history))));
  for (const wrong of [null, 5, "x", {}, { history: 3 }, { epoch: 1, history: {} }]) {
    assert.throws(() => trainingFigure(wrong as never), /^TypeError: Cannot draw a figure: it needs a scheduler/);
  }
});

Deno.test(
  "saveFigure() writes what the file's ending says",
  { ignore: !allowed("read", "write", "env", "ffi", "sys") },
  async () => {
    await withDirectory(async (directory) => {
      const figure = figures.lossFigure;
      for (const ending of ["png", "svg", "html", "json"]) await saveFigure(figure, `${directory}/sub/loss.${ending}`);
      assert.deepEqual(
        JSON.parse(await Deno.readTextFile(`${directory}/sub/loss.json`)),
        JSON.parse(JSON.stringify(figure)),
      );
      assert.match(await Deno.readTextFile(`${directory}/sub/loss.html`), /Plotly\.newPlot/);
      await assert.rejects(
        () => saveFigure(figure, `${directory}/loss.jpg`),
        /must end in \.png, \.svg, \.html or \.json, got "\.jpg"/,
      );
      const surface = lossSurfaceFigure((x, y) => x * y);
      for (const ending of ["png", "svg"]) {
        await assert.rejects(
          () => saveFigure(surface, `${directory}/surface.${ending}`),
          /^TypeError: Cannot save a figure in 3D: the file must end in \.html or \.json .*, got "\.(png|svg)"$/,
        );
      }
      assert.deepEqual([...Deno.readDirSync(directory)].map(({ name }) => name), ["sub"]);
    });
  },
);

Deno.test("figuresPage() cannot be broken out of by a title", { ignore: !allowed("read") }, async () => {
  const page = await figuresPage("<b>&", [{ data: [], layout: { title: { text: "</script><script>alert(1)" } } }]);
  assert.doesNotMatch(page, /alert\(1\)<|<\/script><script>alert/);
  assert.match(page, /<title>&lt;b>&amp;<\/title>/);
});

Deno.test("figuresPage() lets figures of the standard width fill the page, and others keep theirs", {
  ignore: !allowed("read"),
}, async () => {
  const page = await figuresPage("two", [figures.lossFigure, figures.confusionFigure]);
  const layouts = JSON.parse(page.match(/^(\[\{"data".*\])\.forEach/m)![1]).map((figure: Figure) => figure.layout);
  const widths = layouts.map(({ width, autosize }: Record<string, unknown>) => [width, autosize]);
  assert.deepEqual(widths, [[undefined, true], [680, undefined]]);
});

Deno.test("historyCsv() has a line a batch, with the epoch's metrics in its last", () => {
  const csv = historyCsv({
    iterations: [0, 1],
    lr: [0.1, 0.2],
    loss: [3, null],
    epochs: [{ epoch: 0, iteration: 2, lr: 0.2, loss: 3, val_loss: 4 }],
  });
  assert.equal(csv, "iteration,lr,loss,val_loss\n0,0.1,3,\n1,0.2,,4\n");
});
