/**
 * Draws a training: its losses, accuracies and rates.
 * @module
 */
import { recordsOf, type TrainingHistory } from "../history/history.ts";
import { checkOptions } from "../support/check.ts";
import { metricAxis, rateAxis, timeAxis } from "./axes.ts";
import { COLOURS, type Figure, type FigureOptions, layout, line, type Trace } from "./figure.ts";
import { rateLine } from "./learning_rate.ts";
import { reduceLine } from "./reduce.ts";
import { byEpoch, countsIterations, historyOf, type HistorySource, timesOf } from "./source.ts";

/**
 * Shows a training at a glance: losses, accuracies and the learning rate, in panels above one another on a shared axis.
 *
 * @param source A training; see {@linkcode HistorySource}.
 * @param options `title`.
 * @throws {TypeError} If there is nothing to draw from, or an option is unknown.
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
  checkOptions("draw a training", options, ["title"]);
  const hasRate = history.iterations.length > 0 || byEpoch(history, "lr") !== undefined;
  const losses = metricLines(history, "loss");
  // in the legend, the lines of the loss also stand for those of the accuracy
  const accuracies = metricLines(history, "accuracy")
    .map((one) => ({ ...one, showlegend: !losses.some(({ name }) => name === one.name) }));
  // from bottom to top: the rate, the accuracy and the loss, as far as they are known
  const rows = [
    ...(hasRate ? [{ share: 0.6, lines: [rateLine(history)], look: { rangemode: "tozero", nticks: 4 } }] : []),
    ...(accuracies.length > 0 ? [{ share: 1, metric: "accuracy", lines: accuracies, look: {} }] : []),
    { share: 1, metric: "loss", lines: losses, look: { range: lossRange(history) } },
  ];
  const domains = stacked(rows.map(({ share }) => share));
  const axes = rows.map(({ metric, look }, index) => [
    `yaxis${index > 0 ? index + 1 : ""}`,
    metric
      ? metricAxis(metric, { domain: domains[index], ...look })
      : rateAxis("learning rate", { domain: domains[index], ...look }),
  ]);
  return {
    data: rows.flatMap(({ lines }, index) => lines.map((one) => ({ ...one, yaxis: `y${index > 0 ? index + 1 : ""}` }))),
    layout: layout(options.title ?? "Training", {
      height: 260 + 140 * rows.length,
      xaxis: timeAxis(countsIterations(history), { anchor: "y" }),
      ...Object.fromEntries(axes),
    }),
  };
}

/** Positions of panels above one another, from bottom to top, with gaps between. */
function stacked(shares: readonly number[]): [number, number][] {
  const gap = 0.07;
  const all = shares.reduce((sum, share) => sum + share, 0);
  const unit = (1 - gap * (shares.length - 1)) / all;
  let from = 0;
  return shares.map((share) => {
    const to = Math.min(1, from + share * unit);
    const domain: [number, number] = [from, to];
    from = to + gap;
    return domain;
  });
}

/**
 * The range of the loss's axis. A momentary explosion would flatten everything else, so the axis ends a little above
 * the usual highest loss of a batch. Validations are few, so they are all shown unless they are far above that.
 */
function lossRange(history: TrainingHistory): [number, number] | undefined {
  const validations = recordsOf(history, "val_loss").map(({ val_loss }) => val_loss);
  const values = [...history.loss, ...validations]
    .filter((value): value is number => value !== null && Number.isFinite(value)).sort((a, b) => a - b);
  if (values.length === 0) return undefined;
  const usual = values[Math.floor(values.length * 0.98)];
  const highest = values[values.length - 1];
  if (usual <= 0 || highest <= 1.6 * usual) return undefined; // some losses are below 0
  const shown = validations.filter((loss) => loss <= 4 * usual);
  return [Math.min(0, values[0]), Math.max(1.3 * usual, ...shown.map((loss) => 1.05 * loss))];
}

/** A metric's lines. The batches are thin if the epochs' means and the validation are drawn on top of them. */
function metricLines(history: TrainingHistory, metric: "loss" | "accuracy"): Trace[] {
  const drawn = (name: string, x: readonly number[], y: readonly (number | null)[], look: Trace) =>
    line(name, x, y, { legendgroup: name, showlegend: true, ...look });
  const traces: Trace[] = [];
  const values = history[metric];
  if (history.iterations.length > 0 && values) {
    const { x, y } = reduceLine(history.iterations, values);
    const look = history.epochs.length ? { color: `${COLOURS.training}55`, width: 1 } : { color: COLOURS.training };
    traces.push(drawn("training, each batch", x, y, look));
  }
  const means = [
    ["training, mean of the epoch", metric, COLOURS.training],
    ["validation", `val_${metric}`, COLOURS.validation],
  ];
  for (const [name, key, color] of means) {
    const known = recordsOf(history, key);
    if (known.length === 0) continue;
    const x = timesOf(history, known);
    const y = known.map((record) => record[key]);
    traces.push(drawn(name, x, y, { color, mode: "lines+markers", marker: { size: 6, color } }));
  }
  return traces;
}

/** The figure of one metric by iteration, or by epoch if batches are not known. */
function metricFigure(source: HistorySource, metric: "loss" | "accuracy", options: FigureOptions): Figure {
  const history = historyOf(source);
  checkOptions(`draw the ${metric}`, options, ["title"]);
  const { title = metric === "loss" ? "Loss" : "Accuracy" } = options;
  const range = metric === "loss" ? lossRange(history) : undefined;
  return {
    data: metricLines(history, metric),
    layout: layout(title, {
      xaxis: timeAxis(countsIterations(history)),
      yaxis: metricAxis(metric, range && { range }),
    }),
  };
}

/**
 * Draws the loss by iteration: for each batch, as the mean of each epoch, and for the validation images.
 *
 * @param source A training; see {@linkcode HistorySource}.
 * @param options `title`.
 * @throws {TypeError} If there is nothing to draw from, or an option is unknown.
 * @example
 * ```ts
 * import { lossFigure } from "./training.ts";
 *
 * const figure = lossFigure({ epoch: [0, 1], history: { loss: [2, 1], val_loss: [2, 1.5] } });
 * if (figure.data.length !== 2) throw new Error("training and validation");
 * ```
 */
export function lossFigure(source: HistorySource, options: FigureOptions = {}): Figure {
  return metricFigure(source, "loss", options);
}

/**
 * Draws the accuracy by iteration: for each batch, as the mean of each epoch, and for the validation images.
 *
 * @param source A training; see {@linkcode HistorySource}.
 * @param options `title`.
 * @throws {TypeError} If there is nothing to draw from, or an option is unknown.
 * @example
 * ```ts
 * import { accuracyFigure } from "./training.ts";
 *
 * const figure = accuracyFigure({ epoch: [0, 1], history: { acc: [0.3, 0.5] } });
 * if (figure.data.length !== 1) throw new Error("training alone");
 * ```
 */
export function accuracyFigure(source: HistorySource, options: FigureOptions = {}): Figure {
  return metricFigure(source, "accuracy", options);
}
