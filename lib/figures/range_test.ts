/**
 * Draws a learning-rate range test.
 * @module
 */
import { checkChoice, checkNumber, checkOptions, rules, shown } from "../support/check.ts";
import { axis, rateAxis } from "./axes.ts";
import { COLOURS, type Figure, type FigureOptions, layout, line, type Trace } from "./figure.ts";

const VERB = "draw a range test";

/** What {@linkcode rangeTestFigure} draws: the result of `findLearningRate`. */
export interface RangeTestCurves {
  /** The rates, rising. */
  readonly learningRates: readonly number[];
  /** The loss (or the error rate) at each. */
  readonly losses: readonly number[];
  /** The smoothed loss (or error rate) at each. */
  readonly smoothedLosses: readonly number[];
  /** Suggested rates by name; undefined if there is none. */
  readonly suggestions?: Readonly<Partial<Record<"valley" | "slide" | "minimum" | "steepest", number>>>;
  /** The bounds found. */
  readonly bounds?: { readonly baseLr: number; readonly maxLr: number };
  /** What was measured. Default `"loss"`. */
  readonly metric?: "loss" | "errorRate";
}

/**
 * Draws a range test: the loss (or the error rate) against the rate, on a logarithmic axis (on a linear one if a rate is
 * 0). Dashed lines mark the bounds, with names above the plot, and the range between them is tinted. The suggestions are
 * marks on the curve.
 *
 * @param test The result of `findLearningRate`.
 * @param options `title`.
 * @throws {TypeError} If the curves are not lists of numbers of equal length, or an option is unknown.
 * @throws {RangeError} If a bound is not above 0, or the metric is unknown.
 * @example
 * ```ts
 * import { rangeTestFigure } from "./range_test.ts";
 *
 * const rates = [1e-3, 1e-2, 1e-1], losses = [2, 1, 3];
 * const bounds = { baseLr: 1e-3, maxLr: 1e-2 };
 * const figure = rangeTestFigure({ learningRates: rates, losses, smoothedLosses: losses, bounds });
 * if ((figure.layout.annotations as unknown[]).length !== 2) throw new Error("both bounds are named");
 * ```
 */
export function rangeTestFigure(test: RangeTestCurves, options: FigureOptions = {}): Figure {
  checkTest(test);
  checkOptions(VERB, options, ["title"]);
  const { learningRates, losses, smoothedLosses, suggestions = {}, bounds, metric = "loss" } = test;
  const words = metric === "errorRate" ? "error rate" : "loss";
  const log = learningRates.every((rate) => rate === null || rate > 0); // a saved test may hold null
  return {
    data: [
      line(`${words} of each batch`, learningRates, losses, { color: `${COLOURS.training}55`, width: 1 }),
      line("smoothed", learningRates, smoothedLosses, { color: COLOURS.training, width: 2.5 }),
      ...suggestionMarks(suggestions, learningRates, smoothedLosses),
    ],
    layout: layout(options.title ?? "Learning-rate range test", {
      hovermode: "closest",
      margin: { l: 70, r: 190, t: 80, b: 60 },
      legend: { orientation: "v", x: 1.02, xanchor: "left", y: 1, yanchor: "top" },
      xaxis: log ? rateAxis("learning rate (log scale)", { type: "log", dtick: 1 }) : rateAxis(),
      yaxis: axis(words, {
        range: heightOf(smoothedLosses, metric),
        ...(metric === "errorRate" && { tickformat: "~%" }),
      }),
      ...(bounds && { shapes: boundMarks(bounds), annotations: boundNames(bounds, log) }),
    }),
  };
}

function checkTest(test: RangeTestCurves): void {
  const { learningRates, losses, smoothedLosses, suggestions = {}, bounds, metric = "loss" } = test ?? {};
  const isList = (list: unknown) =>
    Array.isArray(list) && list.length === learningRates.length &&
    list.every((value) => typeof value === "number" || value === null);
  if (![learningRates, losses, smoothedLosses].every(isList) || typeof suggestions !== "object") {
    throw new TypeError(`Cannot ${VERB}: it needs rates, losses and smoothed losses of one length, got ${shown(test)}`);
  }
  checkChoice(VERB, "metric", metric, ["loss", "errorRate"]);
  if (bounds === undefined) return;
  checkNumber(VERB, "baseLr", bounds?.baseLr, ...rules.positive);
  checkNumber(VERB, "maxLr", bounds?.maxLr, ...rules.positive);
}

/** The range of heights worth showing. A diverging loss would otherwise flatten the part that matters. */
function heightOf(smoothed: readonly number[], metric: string): [number, number] | undefined {
  const finite = smoothed.filter(Number.isFinite);
  if (finite.length === 0) return undefined;
  const [start, low, high] = [finite[0], Math.min(...finite), Math.max(...finite)];
  const room = 1.5 * Math.max(start - low, 0.1 * Math.abs(start));
  const top = metric === "loss" ? Math.min(high, start + room) : high;
  const height = top - low || 1;
  return [low - 0.08 * height, top + 0.12 * height];
}

/** A mark on the smoothed curve for each suggestion, which the legend explains. */
function suggestionMarks(
  suggestions: NonNullable<RangeTestCurves["suggestions"]>,
  rates: readonly number[],
  smoothed: readonly number[],
): Trace[] {
  const known = Object.entries(suggestions ?? {}).filter(([, rate]) => rate > 0 && Number.isFinite(rate));
  return known.map(([name, rate], index) => {
    const away = rates.map((value) => Math.abs(Math.log(value / rate)));
    const y = smoothed[away.indexOf(Math.min(...away))];
    const [color, symbol] = MARKS[index % MARKS.length];
    return {
      ...{ type: "scatter", mode: "markers", name: `${name}: ${rate.toExponential(1)}` },
      ...{ x: [rate], y: [Number.isFinite(y) ? y : null] },
      marker: { size: 12, symbol, color, line: { color: "#ffffff", width: 1 } },
    };
  });
}

const MARKS = [["#d6602d", "circle"], ["#00006c", "square"], ["#08b47c", "diamond"], ["#6b2c00", "triangle-up"]];
const BOUNDS = "#2a8f5b";

type Bounds = NonNullable<RangeTestCurves["bounds"]>;

function boundMarks({ baseLr, maxLr }: Bounds): Trace[] {
  const upright = { yref: "paper", y0: 0, y1: 1, layer: "below" };
  const edge = (x: number) => ({
    ...{ type: "line", ...upright, x0: x, x1: x, line: { color: BOUNDS, width: 1.5, dash: "dash" } },
  });
  const between = { type: "rect", ...upright, x0: baseLr, x1: maxLr, fillcolor: BOUNDS, opacity: 0.12 };
  return [{ ...between, line: { width: 0 } }, edge(baseLr), edge(maxLr)];
}

/** The names of the bounds, above the plot where no curve is. They extend away from each other. */
function boundNames({ baseLr, maxLr }: Bounds, log: boolean): Trace[] {
  const name = (x: number, text: string, xanchor: "left" | "right") => ({
    ...{ x: log ? Math.log10(x) : x, y: 1.01, yref: "paper", yanchor: "bottom", xanchor, showarrow: false },
    ...{ text: `${text} ${x.toExponential(1)}`, font: { color: BOUNDS, size: 12 } },
  });
  return [name(baseLr, "base", "right"), name(maxLr, "max", "left")];
}
