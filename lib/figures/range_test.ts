/**
 * The figure of a learning-rate range test.
 * @module
 */
import { axis, colourOf, COLOURS, type Figure, layout, line, rateAxis, type Trace } from "./figure.ts";
import type { FigureOptions } from "./training.ts";

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
 * import { rangeTestFigure } from "./range_test.ts";
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
