/**
 * Figures of results and of images: range test, comparison, confusion, image grid, loss surface.
 * @module
 */
import { encode } from "fast-png";
import type { ImageDataset } from "../data/dataset.ts";
import { axis, colourOf, COLOURS, type Figure, layout, line, rateAxis, type Trace } from "./figure.ts";
import type { FigureOptions } from "./history_figures.ts";
import { reduceLine } from "./reduce.ts";
import { byEpoch, historyOf, type HistorySource } from "./source.ts";

/** What {@linkcode rangeTestFigure} draws; `findLearningRate` gives it. */
export interface RangeTestCurves {
  /** The rates, rising. */
  readonly learningRates: readonly number[];
  /** The loss (or accuracy) at each. */
  readonly losses: readonly number[];
  /** The same, smoothed. */
  readonly smoothedLosses: readonly number[];
  /** Suggested rates by name; undefined where there is none. */
  readonly suggestions?: Readonly<Partial<Record<"valley" | "slide" | "minimum" | "steepest", number>>>;
  /** The bounds found. */
  readonly bounds?: { readonly baseLr: number; readonly maxLr: number };
  /** What was measured. Default `"loss"`. */
  readonly metric?: "loss" | "accuracy";
}

/**
 * A range test: the loss against the rate on a logarithmic axis, with the bounds and the suggestions marked.
 *
 * @param test What `findLearningRate` gave.
 * @param options `title`.
 * @example
 * ```ts
 * import { rangeTestFigure } from "./other_figures.ts";
 *
 * const rates = [1e-3, 1e-2, 1e-1], losses = [2, 1, 3];
 * const figure = rangeTestFigure({ learningRates: rates, losses, smoothedLosses: losses, suggestions: { valley: 1e-2 } });
 * if (figure.layout.shapes === undefined) throw new Error("the suggestion is marked");
 * ```
 */
export function rangeTestFigure(test: RangeTestCurves, options: FigureOptions = {}): Figure {
  const { learningRates, losses, smoothedLosses, suggestions = {}, bounds, metric = "loss" } = test;
  const finite = smoothedLosses.filter(Number.isFinite);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const start = smoothedLosses[0];
  // a diverging loss would flatten the part that matters
  const top = metric === "loss" ? Math.min(high, start + 1.5 * Math.max(start - low, 0.1 * Math.abs(start))) : high;
  const range = [low - 0.08 * (top - low), top + 0.12 * (top - low)];
  const data: Trace[] = [
    line("each batch", learningRates, losses, { color: `${COLOURS.training}55`, width: 1 }),
    line("smoothed", learningRates, smoothedLosses, { color: COLOURS.training, width: 2.5 }),
  ];
  for (const [index, [name, rate]] of Object.entries(suggestions).entries()) {
    if (rate === undefined || rate === null) continue;
    const nearest = learningRates.reduce(
      (best, value, i) => Math.abs(Math.log(value / rate)) < Math.abs(Math.log(learningRates[best] / rate)) ? i : best,
      0,
    );
    data.push({
      type: "scatter",
      mode: "markers",
      name: `${name} ${rate.toExponential(1)}`,
      x: [rate],
      y: [smoothedLosses[nearest]],
      marker: {
        size: 11,
        symbol: ["circle", "square", "diamond", "triangle-up"][index % 4],
        color: colourOf(name, index + 1),
      },
    });
  }
  const edge = (x: number, text: string, xanchor: "left" | "right") => ({
    x: Math.log10(x),
    y: 0.02,
    yref: "paper",
    yanchor: "bottom",
    text: `${text} ${x.toExponential(1)}`,
    showarrow: false,
    xanchor,
  });
  return {
    data,
    layout: layout(options.title ?? "Learning-rate range test", {
      hovermode: "closest",
      xaxis: rateAxis("learning rate (log scale)", { type: "log", dtick: 1 }),
      yaxis: axis(metric === "accuracy" ? "error rate" : "loss", { range }),
      shapes: bounds
        ? [{
          type: "rect",
          yref: "paper",
          x0: bounds.baseLr,
          x1: bounds.maxLr,
          y0: 0,
          y1: 1,
          fillcolor: "#2a8f5b",
          opacity: 0.12,
          line: { width: 0 },
          layer: "below",
        }]
        : [],
      annotations: bounds ? [edge(bounds.baseLr, "base ", "right"), edge(bounds.maxLr, " max", "left")] : [],
    }),
  };
}

/** One run of a comparison. */
export interface ComparedRun {
  /** The schedule's name. */
  readonly name: string;
  /** Its seed. */
  readonly seed?: number;
  /** Its training. */
  readonly history: HistorySource;
}

/** Options of {@linkcode comparisonFigure}. */
export interface ComparisonFigureOptions extends FigureOptions {
  /** What to compare by. Default `"val_accuracy"`. */
  metric?: string;
}

/**
 * Schedules against each other: a metric by iteration, one line a run, one colour a schedule; below, their rates.
 *
 * @param runs The runs.
 * @param options `title`; `metric`, by epoch, default `"val_accuracy"`.
 * @example
 * ```ts
 * import { comparisonFigure } from "./other_figures.ts";
 *
 * const history = { epoch: [0, 1], history: { val_acc: [0.3, 0.4] } };
 * if (comparisonFigure([{ name: "fixed", history }]).data.length !== 1) throw new Error("one line");
 * ```
 */
export function comparisonFigure(runs: readonly ComparedRun[], options: ComparisonFigureOptions = {}): Figure {
  const { metric = "val_accuracy", title = "Schedules at an equal budget" } = options;
  const names = [...new Set(runs.map(({ name }) => name))];
  const data: Trace[] = [];
  let byBatch = false;
  for (const [index, { name, history: source }] of runs.entries()) {
    const history = historyOf(source);
    const color = colourOf(name, names.indexOf(name));
    const first = runs.findIndex((run) => run.name === name) === index;
    const values = byEpoch(history, metric);
    if (values) {
      const x = history.epochs.map(({ iteration }) => iteration);
      data.push(line(name, x, values, { color, mode: "lines+markers", showlegend: first, legendgroup: name }));
    }
    if (history.iterations.length > 0 && first) {
      byBatch = true;
      const { x, y } = reduceLine(history.iterations, history.lr);
      data.push(line(name, x, y, { color, width: 1.5, yaxis: "y2", showlegend: false, legendgroup: name }));
    }
  }
  return {
    data,
    layout: layout(title, {
      height: byBatch ? 620 : 460,
      hovermode: "closest",
      margin: { l: 70, r: 150, t: 60, b: 60 },
      legend: { orientation: "v", x: 1.02, xanchor: "left", y: 1, yanchor: "top" },
      xaxis: axis("iteration", { anchor: byBatch ? "y2" : "y" }),
      yaxis: axis(metric, byBatch ? { domain: [0.38, 1] } : {}),
      ...(byBatch && { yaxis2: rateAxis("rate", { domain: [0, 0.28], nticks: 4 }) }),
    }),
  };
}

/**
 * A confusion matrix: rows are the truth, columns what the model said; counts in the cells.
 *
 * @param confusion Counts, `confusion[truth][prediction]`, or an evaluation with them.
 * @param options `classNames`, by index; `title`.
 * @example
 * ```ts
 * import { confusionFigure } from "./other_figures.ts";
 *
 * const figure = confusionFigure([[3, 1], [0, 4]], { classNames: ["cat", "dog"] });
 * if ((figure.data[0].text as string[])[3] !== "4") throw new Error("four dogs found");
 * ```
 */
export function confusionFigure(
  confusion: readonly (readonly number[])[] | { readonly confusion: readonly (readonly number[])[] },
  options: FigureOptions & { classNames?: readonly string[] } = {},
): Figure {
  const counts = "confusion" in confusion ? confusion.confusion : confusion;
  const { classNames = counts.map((_, index) => String(index)), title = "Confusion matrix" } = options;
  const cells = counts.flatMap((row, truth) => {
    const sum = row.reduce((all, count) => all + count, 0) || 1;
    return row.map((count, said) => ({ truth, said, count, share: count / sum }));
  });
  const ticks = { tickvals: classNames.map((_, index) => index), ticktext: [...classNames], showgrid: false };
  const range = [-0.5, classNames.length - 0.5];
  return {
    // cells as shapes and words, not as a heatmap: that would be a bitmap, which needs a canvas to draw
    data: [{
      type: "scatter",
      mode: "text",
      x: cells.map(({ said }) => said),
      y: cells.map(({ truth }) => truth),
      text: cells.map(({ count }) => String(count)),
      textfont: { size: 11, color: cells.map(({ share }) => share > 0.55 ? "#ffffff" : "#333333") },
      customdata: cells.map(({ truth, said }) => [classNames[truth], classNames[said]]),
      hovertemplate: "true %{customdata[0]}, said %{customdata[1]}: %{text}<extra></extra>",
    }],
    layout: layout(title, {
      width: 680,
      height: 640,
      showlegend: false,
      hovermode: "closest",
      margin: { l: 110, r: 30, t: 70, b: 100 },
      xaxis: axis("said", { ...ticks, range, tickangle: -40 }),
      yaxis: axis("true", { ...ticks, range: [...range].reverse() }),
      shapes: cells.map(({ truth, said, share }) => ({
        type: "rect",
        layer: "below",
        x0: said - 0.48,
        x1: said + 0.48,
        y0: truth - 0.48,
        y1: truth + 0.48,
        fillcolor: blend(share),
        line: { width: 0 },
      })),
    }),
  };
}

/** From white to blue. */
function blend(share: number): string {
  const channel = (to: number) => Math.round(255 + (to - 255) * share).toString(16).padStart(2, "0");
  return `#${channel(31)}${channel(90)}${channel(147)}`;
}

/** Options of {@linkcode imageGridFigure}. */
export interface ImageGridOptions extends FigureOptions {
  /** Which images; the first 20 by default. */
  indices?: readonly number[];
  /** Images in a row. Default 10. */
  columns?: number;
  /** The words below an image, by its place in `indices`. Default: its class. */
  captions?: readonly string[];
}

/**
 * Images side by side, each with its class below.
 *
 * @param dataset The images.
 * @param options See {@linkcode ImageGridOptions}.
 * @example
 * ```ts
 * import { imageDataset } from "../data/dataset.ts";
 * import { imageGridFigure } from "./other_figures.ts";
 *
 * const parts = { images: new Uint8Array(12), labels: new Uint8Array(1), shape: [2, 2, 3], classNames: ["dark"] } as const;
 * if (imageGridFigure(imageDataset(parts)).data.length !== 1) throw new Error("one picture of all");
 * ```
 */
export function imageGridFigure(dataset: ImageDataset, options: ImageGridOptions = {}): Figure {
  const { columns = 10, title = "Images" } = options;
  const indices = options.indices ?? Array.from({ length: Math.min(20, dataset.size) }, (_, index) => index);
  const captions = options.captions ?? indices.map((index) => dataset.classNames[dataset.labels[index]]);
  const [height, width, channels] = dataset.shape;
  const [gap, caption] = [Math.ceil(width / 10), Math.ceil(height / 3)];
  const rows = Math.ceil(indices.length / columns);
  const across = Math.min(columns, indices.length);
  const [cellWidth, cellHeight] = [width + gap, height + caption];
  const [gridWidth, gridHeight] = [across * cellWidth, rows * cellHeight];
  const pixels = new Uint8Array(gridWidth * gridHeight * 3).fill(255);
  for (const [place, index] of indices.entries()) {
    const [top, left] = [Math.floor(place / columns) * cellHeight, (place % columns) * cellWidth];
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const from = ((index * height + row) * width + column) * channels;
        const to = ((top + row) * gridWidth + left + column) * 3;
        for (let c = 0; c < 3; c++) pixels[to + c] = dataset.images[from + Math.min(c, channels - 1)];
      }
    }
  }
  // large pixels: some viewers would blur small images when they scale them
  const png = encode(enlarge(pixels, gridWidth, 3, 2));
  const side = Math.max(8, (LEAST_WIDTH - across * 84) / 2); // few images stay square under a long title
  const hidden = { visible: false, fixedrange: true };
  return {
    data: [{ type: "scatter", mode: "markers", x: [0], y: [0], marker: { opacity: 0 }, hoverinfo: "skip" }],
    layout: layout(title, {
      width: Math.max(LEAST_WIDTH, across * 84),
      height: 70 + rows * 108,
      margin: { l: side, r: side, t: 50, b: 8 },
      showlegend: false,
      xaxis: { ...hidden, range: [0, gridWidth] },
      yaxis: { ...hidden, range: [gridHeight, 0] },
      images: [{
        source: `data:image/png;base64,${png.toBase64()}`,
        ...{ xref: "x", yref: "y", x: 0, y: 0, sizex: gridWidth, sizey: gridHeight, sizing: "stretch", layer: "below" },
      }],
      annotations: indices.map((_, place) => ({
        x: (place % columns) * cellWidth + width / 2,
        y: Math.floor(place / columns) * cellHeight + height,
        yanchor: "top",
        text: captions[place],
        showarrow: false,
        font: { size: 11 },
      })),
    }),
  };
}

/** Room for a title, in pixels. */
const LEAST_WIDTH = 420;

/** Each pixel as a square of `times` by `times`. */
function enlarge(pixels: Uint8Array, width: number, channels: number, times: number) {
  const height = pixels.length / width / channels;
  const data = new Uint8Array(pixels.length * times * times);
  for (let row = 0, to = 0; row < height * times; row++) {
    for (let column = 0; column < width * times; column++) {
      const from = (Math.floor(row / times) * width + Math.floor(column / times)) * channels;
      for (let c = 0; c < channels; c++) data[to++] = pixels[from + c];
    }
  }
  return { data, width: width * times, height: height * times, channels, depth: 8 as const };
}

/** One descent over a loss surface. */
export interface Descent {
  /** Its name in the legend. */
  readonly name: string;
  /** Its points, [x, y] each. */
  readonly path: readonly (readonly [number, number])[];
}

/** Options of {@linkcode lossSurfaceFigure}. */
export interface LossSurfaceOptions extends FigureOptions {
  /** Left, right. Default [-2, 2]. */
  xRange?: readonly [number, number];
  /** Front, back. Default [-2, 2]. */
  yRange?: readonly [number, number];
  /** The way of optimizers over the surface. */
  descents?: readonly Descent[];
  /** A surface in 3D (interactive only), or its map, which any viewer shows. Default `"3d"`. */
  view?: "3d" | "map";
}

/**
 * A loss surface of two weights with descents drawn on it, in 3D or as a map.
 *
 * @param loss The loss at a point.
 * @param options See {@linkcode LossSurfaceOptions}.
 * @example
 * ```ts
 * import { lossSurfaceFigure } from "./other_figures.ts";
 *
 * const figure = lossSurfaceFigure((x, y) => x * x - y * y, { descents: [{ name: "sgd", path: [[1, 0], [0.5, 0]] }] });
 * if (figure.data.length !== 2) throw new Error("the surface and one descent");
 * ```
 */
export function lossSurfaceFigure(loss: (x: number, y: number) => number, options: LossSurfaceOptions = {}): Figure {
  const { xRange = [-2, 2], yRange = [-2, 2], descents = [], view = "3d", title = "Loss surface" } = options;
  const steps = 60;
  const along = ([from, to]: readonly [number, number]) =>
    Array.from({ length: steps + 1 }, (_, i) => Number((from + (to - from) * i / steps).toFixed(4)));
  const [x, y] = [along(xRange), along(yRange)];
  const z = y.map((b) => x.map((a) => Number(loss(a, b).toPrecision(5))));
  const surface = { x, y, z, colorscale: "Viridis", colorbar: { title: { text: "loss" }, thickness: 14 } };
  const paths = descents.map(({ name, path }, index): Trace => {
    const color = colourOf(name, index);
    const [px, py] = [path.map(([a]) => a), path.map(([, b]) => b)];
    const looks = { mode: "lines+markers", name, line: { color, width: view === "3d" ? 5 : 2.5 } };
    return view === "3d"
      ? {
        type: "scatter3d",
        x: px,
        y: py,
        z: path.map(([a, b]) => loss(a, b) + 0.02),
        ...looks,
        marker: { size: 2.5, color },
      }
      : { type: "scatter", x: px, y: py, ...looks, marker: { size: 5, color } };
  });
  if (view === "map") {
    return {
      data: [{ type: "contour", ...surface, ncontours: 24, line: { width: 0.5 } }, ...paths],
      layout: layout(title, {
        height: 560,
        hovermode: "closest",
        xaxis: axis("weight 1", { range: [...xRange] }),
        yaxis: axis("weight 2", { range: [...yRange] }),
      }),
    };
  }
  return {
    data: [{ type: "surface", ...surface, opacity: 0.9 }, ...paths],
    layout: layout(title, {
      height: 620,
      plot_bgcolor: undefined, // a plot in 3D has none
      hovermode: "closest",
      scene: {
        xaxis: { title: { text: "weight 1" } },
        yaxis: { title: { text: "weight 2" } },
        zaxis: { title: { text: "loss" } },
        camera: { eye: { x: 1.5, y: -1.5, z: 1.1 } },
      },
    }),
  };
}
