/**
 * Draws how much a badly chosen hyperparameter costs.
 * @module
 */
import { checkNumber, checkOptions, shown } from "../support/check.ts";
import { mean } from "../support/statistics.ts";
import { axis, isAccuracy, label, metricAxis } from "./axes.ts";
import { coloursOf } from "./colours.ts";
import { COLOURS, type Figure, type FigureOptions, layout, line, NAMES_BESIDE, type Trace } from "./figure.ts";
import { bandsFirst, meanAndBand, seedsTitle } from "./seeds.ts";

/** The score of one run at one value of the hyperparameter. */
export interface ScoredRun {
  /** The schedule's name. */
  readonly name: string;
  /** The run's seed. */
  readonly seed?: number;
  /** The hyperparameter's value. */
  readonly value: number;
  /** The score. If the run has none, use null or NaN, which leaves a gap in the line. */
  readonly score: number | null;
}

/** Options of {@linkcode sensitivityFigure}. */
export interface SensitivityFigureOptions extends FigureOptions {
  /** The name of the varied hyperparameter, in words or as a flag such as `"max-lr"`. */
  parameter: string;
  /** What the scores measure. Default `"accuracy"`. */
  metric?: string;
}

/** A schedule's scores: at each value, one score per seed. */
interface Curve {
  readonly name: string;
  readonly color: string;
  readonly x: readonly number[];
  readonly scores: readonly (readonly (number | null)[])[];
}

/** Flags and options in words, with their units. */
const WORDS = new Map([
  ["maxlr", "maximum learning rate"],
  ["baselr", "base learning rate"],
  ["stepsize", "step size (epochs)"],
  ["epochs", "budget (epochs)"],
  ["iterations", "budget (iterations)"],
  ["weightdecay", "weight decay"],
  ["batchsize", "batch size (images)"],
]);

/** How close to the best a score must be to be marked: within two percentage points of accuracy. */
const NEAR = 0.02;

/**
 * Draws the score against a hyperparameter's value. Each schedule has a line, the mean of its seeds, and a band of one
 * standard deviation (n - 1) on each side. The x axis is logarithmic if all values are above 0.
 *
 * For accuracies, dots and bars below the curves show at which values each schedule's mean is within 2 points of the
 * best mean of all. The wider the bar, the less the choice of the value matters.
 *
 * @param runs The scores.
 * @param options `parameter`; `metric`, default `"accuracy"`; `title`.
 * @throws {TypeError} If there are no runs, or a value, a score, a name or an option is of the wrong kind.
 * @throws {RangeError} If a value is not finite.
 * @example
 * ```ts
 * import { sensitivityFigure } from "./sensitivity.ts";
 *
 * const runs = [0.001, 0.01, 0.1].map((value, i) => ({ name: "fixed", seed: 1, value, score: [0.5, 0.6, 0.4][i] }));
 * const { layout } = sensitivityFigure(runs, { parameter: "max-lr" });
 * if ((layout.xaxis as { type: string }).type !== "log") throw new Error("rates are read on a logarithmic axis");
 * ```
 */
export function sensitivityFigure(runs: readonly ScoredRun[], options: SensitivityFigureOptions): Figure {
  const verb = "draw the sensitivity";
  if (!Array.isArray(runs) || runs.length === 0) {
    throw new TypeError(`Cannot ${verb}: there must be one run or more, got ${shown(runs)}`);
  }
  for (const run of runs) checkRun(verb, run);
  checkOptions(verb, options, ["parameter", "metric", "title"]);
  const { parameter, metric = "accuracy", title = "How much the choice matters" } = options;
  for (const [name, word] of Object.entries({ parameter, metric })) {
    if (typeof word !== "string") throw new TypeError(`Cannot ${verb}: ${name} must be a string, got ${shown(word)}`);
  }
  const names = [...new Set(runs.map(({ name }) => name))];
  const colours = coloursOf(names);
  const values = valuesOf(runs);
  const curves = names.map((name, index): Curve => {
    const own = runs.filter((run) => run.name === name);
    const x = valuesOf(own);
    const scores = x.map((at) => own.filter(({ value }) => value === at).map(({ score }) => score));
    return { name, color: colours[index], x, scores };
  });
  const bars = isAccuracy(metric) ? nearBest(curves) : undefined;
  return {
    data: [
      ...bandsFirst(curves.flatMap(({ name, color, x, scores }) => meanAndBand(name, x, scores, { color }))),
      ...(bars?.traces ?? []),
    ],
    layout: layout(title, {
      height: bars ? 500 + 22 * names.length : 460,
      hovermode: "closest",
      margin: NAMES_BESIDE.margin,
      legend: {
        ...NAMES_BESIDE.legend,
        title: {
          text: seedsTitle(curves.flatMap(({ scores }) => scores.map(({ length }) => length))),
          font: { size: 11 },
        },
      },
      xaxis: axis(WORDS.get(parameter.toLowerCase().replaceAll(/[\s_-]/g, "")) ?? parameter, {
        type: values[0] > 0 ? "log" : "linear",
        tickvals: values,
        ticktext: values.map(label),
        anchor: bars ? "y2" : "y",
      }),
      yaxis: metricAxis(metric, bars ? { domain: [bars.top + 0.1, 1] } : {}),
      ...bars?.layout,
    }),
  };
}

/** The values at which runs were made, rising. */
const valuesOf = (runs: readonly ScoredRun[]) => [...new Set(runs.map(({ value }) => value))].sort((a, b) => a - b);

function checkRun(verb: string, run: Partial<ScoredRun> | null): void {
  checkNumber(verb, "a run's value", run?.value);
  if (typeof run?.name !== "string" || (run.score !== null && typeof run.score !== "number")) {
    throw new TypeError(`Cannot ${verb}: each run needs a name and a score, which may be null, got ${shown(run)}`);
  }
}

/** Bars that show at which values a mean is within 2 points of the best of all. */
function nearBest(curves: readonly Curve[]) {
  const means = curves.map(({ scores }) =>
    scores.map((all) => all.every((score) => Number.isFinite(score)) ? mean(all as number[]) : -Infinity)
  );
  const best = Math.max(...means.flat());
  if (!Number.isFinite(best)) return undefined;
  const traces = curves.map(({ name, color, x }, row): Trace =>
    line(name, x, means[row].map((score) => score > best - NEAR - 1e-9 ? row : null), {
      ...{ color, width: 7, mode: "lines+markers", marker: { size: 11, color }, yaxis: "y2" },
      ...{ legendgroup: name, showlegend: false },
    })
  );
  const rows = curves.length;
  const top = 0.1 + 0.025 * rows;
  return {
    traces,
    top,
    layout: {
      yaxis2: axis("", {
        ...{ domain: [0, top], range: [rows - 0.4, -0.6], showgrid: false },
        ...{ tickvals: curves.map((_, row) => row), ticktext: curves.map(({ name }) => name) },
        title: { text: "schedule", standoff: 8 },
      }),
      annotations: [{
        ...{ xref: "paper", yref: "paper", x: 0, y: top + 0.01, xanchor: "left", yanchor: "bottom", showarrow: false },
        font: { size: 12, color: COLOURS.mark },
        text: `within 2 points of the best mean, ${(100 * best).toFixed(1)} %`,
      }],
    },
  };
}
