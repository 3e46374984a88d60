/**
 * The figure of schedules compared at one budget.
 * @module
 */
import { axis, colourOf, type Figure, layout, line, rateAxis, type Trace } from "./figure.ts";
import type { FigureOptions } from "./training.ts";
import { reduceLine } from "./reduce.ts";
import { byEpoch, historyOf, type HistorySource } from "./source.ts";

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
 * import { comparisonFigure } from "./comparison.ts";
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
