/**
 * Figures of a training: its rates, losses and accuracies.
 * @module
 */
import type { Schedule } from "../schedules/schedule.ts";
import { axis, colourOf, COLOURS, type Figure, layout, line, rateAxis, type Trace } from "./figure.ts";
import { reduceLine } from "./reduce.ts";
import { byEpoch, historyOf, type HistorySource } from "./source.ts";

/** Options that these figures share. */
export interface FigureOptions {
  /** The title above the plot. */
  title?: string;
}

/** Options of {@linkcode learningRateFigure}. */
export interface LearningRateFigureOptions extends FigureOptions {
  /** For schedules: how many iterations to draw. Default 1000. */
  iterations?: number;
}

/**
 * The learning rate by iteration, and the momentum below it where it cycles. From a training, or from schedules.
 *
 * @param source A training (see {@linkcode HistorySource}), a schedule, or several by name.
 * @param options `title`; `iterations`, for schedules.
 * @throws {TypeError} If there is nothing to draw from.
 * @example
 * ```ts
 * import { cyclical } from "../schedules/mod.ts";
 * import { learningRateFigure } from "./training.ts";
 *
 * const figure = learningRateFigure({ triangular: cyclical({ stepSize: 100 }) }, { iterations: 400 });
 * if (figure.data.length !== 1) throw new Error("one line");
 * ```
 */
export function learningRateFigure(
  source: HistorySource | Schedule | Readonly<Record<string, Schedule>>,
  options: LearningRateFigureOptions = {},
): Figure {
  const { iterations = 1000, title = "Learning rate" } = options;
  const schedules = typeof source === "function" ? { "learning rate": source } : schedulesIn(source);
  if (schedules) {
    const i = Array.from({ length: iterations + 1 }, (_, index) => index);
    const traces = Object.entries(schedules).map(([name, schedule], index) => {
      const { x, y } = reduceLine(i, i.map((iteration) => schedule(iteration).learningRate));
      return line(name, x, y, { color: typeof source === "function" ? COLOURS.lr : colourOf(name, index) });
    });
    return {
      data: traces,
      layout: layout(title, { showlegend: traces.length > 1, xaxis: axis("iteration"), yaxis: rateAxis() }),
    };
  }
  const history = historyOf(source as HistorySource);
  if (history.iterations.length === 0) return byEpochFigure(history, ["lr"], title, "learning rate");
  const data = [rateLine(history.iterations, history.lr)];
  if (!history.momentum) {
    return { data, layout: layout(title, { showlegend: false, xaxis: axis("iteration"), yaxis: rateAxis() }) };
  }
  const { x, y } = reduceLine(history.iterations, history.momentum);
  data.push(line("momentum", x, y, { color: COLOURS.momentum, yaxis: "y2" }));
  return {
    data,
    layout: layout(title, {
      xaxis: axis("iteration", { anchor: "y2" }),
      yaxis: rateAxis("learning rate", { domain: [0.54, 1] }),
      yaxis2: axis("momentum", { domain: [0, 0.44] }),
    }),
  };
}

function schedulesIn(source: unknown): Record<string, Schedule> | undefined {
  const values = Object.values(source ?? {});
  return values.length > 0 && values.every((value) => typeof value === "function")
    ? source as Record<string, Schedule>
    : undefined;
}

function rateLine(iterations: readonly number[], rates: readonly number[], options: Trace = {}): Trace {
  const { x, y } = reduceLine(iterations, rates);
  return line("learning rate", x, y, { color: COLOURS.lr, ...options });
}

/**
 * A training at a glance: losses, accuracies and the learning rate, one below the other on a shared axis.
 *
 * @param source A training; see {@linkcode HistorySource}.
 * @param options `title`.
 * @throws {TypeError} If there is nothing to draw from.
 * @example
 * ```ts
 * import { trainingFigure } from "./training.ts";
 *
 * const history = { iterations: [0, 1], lr: [0.1, 0.2], loss: [2, 1], epochs: [] };
 * if (trainingFigure(history).data.length !== 2) throw new Error("the loss and the rate");
 * ```
 */
export function trainingFigure(source: HistorySource, options: FigureOptions = {}): Figure {
  const history = historyOf(source);
  const byBatch = history.iterations.length > 0;
  const hasAccuracy = byBatch ? history.accuracy !== undefined : byEpoch(history, "accuracy") !== undefined;
  // three rows, or two where there is no accuracy; from the bottom: rate, accuracy, loss
  const rows = hasAccuracy ? [[0, 0.2], [0.27, 0.6], [0.67, 1]] : [[0, 0.3], [0.4, 1]];
  const lossAxis = hasAccuracy ? "y3" : "y2";
  const data = [
    ...metricLines(history, "loss", { yaxis: lossAxis }),
    ...(hasAccuracy ? metricLines(history, "accuracy", { yaxis: "y2", showlegend: false }) : []),
    byBatch
      ? rateLine(history.iterations, history.lr, { showlegend: false })
      : line("learning rate", history.epochs.map(({ epoch }) => epoch + 1), byEpoch(history, "lr") ?? [], {
        color: COLOURS.lr,
        showlegend: false,
      }),
  ];
  return {
    data,
    layout: layout(options.title ?? "Training", {
      height: hasAccuracy ? 680 : 540,
      xaxis: axis(byBatch ? "iteration" : "epoch", { anchor: "y" }),
      yaxis: rateAxis("rate", { domain: rows[0], rangemode: "tozero", nticks: 4 }),
      ...(hasAccuracy && { yaxis2: axis("accuracy", { domain: rows[1] }) }),
      [hasAccuracy ? "yaxis3" : "yaxis2"]: axis("loss", { domain: rows.at(-1), range: lossRange(history) }),
    }),
  };
}

/** A loss that blows up for a moment would flatten all the rest: the axis ends a little above the usual highest. */
function lossRange(history: ReturnType<typeof historyOf>): [number, number] | undefined {
  const values = [...history.loss, ...(byEpoch(history, "val_loss") ?? [])]
    .filter((value): value is number => value !== null && Number.isFinite(value)).sort((a, b) => a - b);
  if (values.length === 0) return undefined;
  const usual = values[Math.floor(values.length * 0.98)];
  const highest = values[values.length - 1];
  return highest <= 1.6 * usual ? undefined : [Math.min(0, values[0]), 1.3 * usual];
}

/** A metric's lines: each batch, thin where there are the epochs' means and the validation on top. */
function metricLines(history: ReturnType<typeof historyOf>, metric: "loss" | "accuracy", options: Trace): Trace[] {
  const byBatch = history.iterations.length > 0;
  const ends = history.epochs.map(({ iteration, epoch }) => byBatch ? iteration - 1 : epoch + 1);
  const traces: Trace[] = [];
  const values = history[metric];
  if (byBatch && values) {
    const { x, y } = reduceLine(history.iterations, values);
    const style = ends.length ? { color: `${COLOURS.training}55`, width: 1 } : { color: COLOURS.training };
    traces.push(line("training, each batch", x, y, { ...style, ...options }));
  }
  for (
    const [name, key, color] of [["training", metric, COLOURS.training], [
      "validation",
      `val_${metric}`,
      COLOURS.validation,
    ]]
  ) {
    const means = byEpoch(history, key);
    if (!means) continue;
    const label = name === "training" ? "training, mean of the epoch" : name;
    traces.push(line(label, ends, means, { color, mode: "lines+markers", marker: { size: 6, color }, ...options }));
  }
  return traces;
}

/** One metric's figure by iteration, or by epoch where batches are not known. */
function metricFigure(source: HistorySource, metric: "loss" | "accuracy", title: string): Figure {
  const history = historyOf(source);
  const range = metric === "loss" ? lossRange(history) : undefined;
  return {
    data: metricLines(history, metric, {}),
    layout: layout(title, {
      xaxis: axis(history.iterations.length > 0 ? "iteration" : "epoch"),
      yaxis: axis(metric, range && { range }),
    }),
  };
}

function byEpochFigure(history: ReturnType<typeof historyOf>, metrics: string[], title: string, name: string): Figure {
  const epochs = history.epochs.map(({ epoch }) => epoch + 1);
  const data = metrics.map((metric, index) =>
    line(metric, epochs, byEpoch(history, metric) ?? [], { color: colourOf(metric, index) })
  );
  return {
    data,
    layout: layout(title, { showlegend: metrics.length > 1, xaxis: axis("epoch"), yaxis: rateAxis(name) }),
  };
}

/**
 * The loss by iteration: each batch, the epochs' means, and the validation's.
 *
 * @param source A training; see {@linkcode HistorySource}.
 * @param options `title`.
 * @throws {TypeError} If there is nothing to draw from.
 * @example
 * ```ts
 * import { lossFigure } from "./training.ts";
 *
 * const figure = lossFigure({ epoch: [0, 1], history: { loss: [2, 1], val_loss: [2, 1.5] } });
 * if (figure.data.length !== 2) throw new Error("training and validation");
 * ```
 */
export function lossFigure(source: HistorySource, options: FigureOptions = {}): Figure {
  return metricFigure(source, "loss", options.title ?? "Loss");
}

/**
 * The accuracy by iteration: each batch, the epochs' means, and the validation's.
 *
 * @param source A training; see {@linkcode HistorySource}.
 * @param options `title`.
 * @throws {TypeError} If there is nothing to draw from.
 * @example
 * ```ts
 * import { accuracyFigure } from "./training.ts";
 *
 * const figure = accuracyFigure({ epoch: [0, 1], history: { acc: [0.3, 0.5] } });
 * if (figure.data.length !== 1) throw new Error("training alone");
 * ```
 */
export function accuracyFigure(source: HistorySource, options: FigureOptions = {}): Figure {
  return metricFigure(source, "accuracy", options.title ?? "Accuracy");
}
