/**
 * Draws schedules compared at the same budget.
 * @module
 */
import { recordsOf, type TrainingHistory } from "../history/history.ts";
import { checkOptions, shown } from "../support/check.ts";
import { metricAxis, metricWords, rateAxis, timeAxis } from "./axes.ts";
import { coloursOf } from "./colours.ts";
import { type Curve, sharedGrid, valueAt } from "./curves.ts";
import { type Figure, type FigureOptions, layout, line, NAMES_BESIDE, type Trace } from "./figure.ts";
import { type Points, reduceLine } from "./reduce.ts";
import { bandsFirst, meanAndBand, seedsTitle } from "./seeds.ts";
import { byEpoch, countsIterations, historyOf, type HistorySource } from "./source.ts";

/** One run of a comparison. */
export interface ComparedRun {
  /** The schedule's name. */
  readonly name: string;
  /** The run's seed. */
  readonly seed?: number;
  /** The run's training. Only its epochs are required; iterations and rates may be reduced. */
  readonly history: HistorySource;
}

/** Options of {@linkcode comparisonFigure}. */
export interface ComparisonFigureOptions extends FigureOptions {
  /** What to compare by: a metric of the epochs, such as `"test_accuracy"`. Default `"val_accuracy"`. */
  metric?: string;
}

/**
 * Compares schedules: shows a metric by iteration and, below it, the learning rates, on shared axes.
 *
 * Each schedule has one line in its own colour, the mean of its seeds, and a band of one standard deviation (n - 1) on
 * each side. Between two epochs, a run is interpolated linearly. The mean ends with the shortest of its runs, so that
 * no part of a line averages only the runs that survived. The rate is that of the seed that was trained longest.
 *
 * @param runs The runs. Runs with the same name are seeds of the same schedule.
 * @param options `title`; `metric`, by epoch, default `"val_accuracy"`.
 * @throws {TypeError} If there are no runs, one has no history, some count iterations and others epochs, or an option is
 * unknown.
 * @example
 * ```ts
 * import { comparisonFigure } from "./comparison.ts";
 *
 * const history = { epoch: [0, 1], history: { val_acc: [0.3, 0.4] } };
 * if (comparisonFigure([{ name: "fixed", history }]).data.length !== 1) throw new Error("one line");
 * ```
 */
export function comparisonFigure(runs: readonly ComparedRun[], options: ComparisonFigureOptions = {}): Figure {
  const verb = "compare runs";
  if (!Array.isArray(runs) || runs.length === 0 || runs.some((run) => typeof run?.name !== "string")) {
    throw new TypeError(`Cannot ${verb}: there must be one or more, each with a name, got ${shown(runs)}`);
  }
  checkOptions(verb, options, ["metric", "title"]);
  const { metric = "val_accuracy", title = "Schedules at an equal budget" } = options;
  const names = [...new Set(runs.map(({ name }) => name))];
  const colours = coloursOf(names);
  const histories = runs.map(({ history }) => historyOf(history));
  const byIteration = histories.some(countsIterations);
  if (byIteration && histories.some((history) => history.epochs.length > 0 && !countsIterations(history))) {
    throw new TypeError(`Cannot ${verb}: all must count iterations, or all epochs, got both`);
  }
  const [metrics, rates, counts]: [Trace[], Trace[], number[]] = [[], [], []];
  for (const [index, name] of names.entries()) {
    const color = colours[index];
    const own = histories.filter((_, run) => runs[run].name === name);
    const curves = own.map((history) => curveOf(history, metric)).filter(({ x }) => x.length > 0);
    // say so if a run ended before its first value
    const entry = curves.length < own.length ? `${name} (${curves.length} of ${own.length} runs)` : name;
    if (curves.length > 0) {
      const x = sharedGrid(curves);
      metrics.push(...meanAndBand(entry, x, x.map((at) => curves.map((curve) => valueAt(curve, at))), { color }));
      counts.push(curves.length);
    }
    const { x, y } = own.map(ratesOf).reduce((one, other) => endOf(other) > endOf(one) ? other : one);
    const look = { color, width: 1.5, yaxis: "y2", showlegend: curves.length === 0, legendgroup: entry };
    if (x.length > 0) rates.push(line(entry, x, y, look));
  }
  const below = rates.length > 0;
  return {
    data: [...bandsFirst(metrics), ...rates],
    layout: layout(title, {
      height: below ? 620 : 460,
      hovermode: "closest",
      margin: NAMES_BESIDE.margin,
      legend: {
        ...NAMES_BESIDE.legend,
        ...(counts.length > 0 && { title: { text: seedsTitle(counts), font: { size: 11 } } }),
      },
      xaxis: timeAxis(byIteration, { anchor: below ? "y2" : "y", rangemode: "tozero" }),
      yaxis: metricAxis(metric, below ? { domain: [0.38, 1] } : {}),
      ...(below && { yaxis2: rateAxis("learning rate", { domain: [0, 0.28], nticks: 4 }) }),
      ...(counts.length === 0 && {
        annotations: [{
          ...{ xref: "paper", yref: "paper", x: 0.5, y: 0.7, showarrow: false },
          text: `no run has recorded the ${metricWords(metric)} by epoch`,
        }],
      }),
    }),
  };
}

function curveOf(history: TrainingHistory, metric: string): Curve {
  const known = recordsOf(history, metric);
  return { x: known.map(({ iteration }) => iteration), y: known.map((record) => record[metric]) };
}

/** The rates by iteration, or the last rate of each epoch if nothing finer is known. */
function ratesOf(history: TrainingHistory): Points {
  if (history.iterations.length > 0) return reduceLine(history.iterations, history.lr);
  const rates = byEpoch(history, "lr");
  return rates ? reduceLine(history.epochs.map(({ iteration }) => iteration), rates) : { x: [], y: [] };
}

/** Where a line ends. */
const endOf = ({ x }: Points) => x.length > 0 ? x[x.length - 1] : -Infinity;
