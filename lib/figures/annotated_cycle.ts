/**
 * Marks that explain a cycle in its figure.
 * @module
 */
import type { CyclicalOptions } from "../schedules/cyclical.ts";
import { label } from "./axes.ts";
import { COLOURS } from "./figure.ts";

/** What {@linkcode cycleMarks} adds to a layout. */
interface Marks {
  /** Both axes, without a grid, which would hide the dotted lines. The rate's axis leaves room for the marks. */
  xaxis: Record<string, unknown>;
  yaxis: Record<string, unknown>;
  /** Dotted lines at the bounds and at the ends of the half cycles. */
  shapes: Record<string, unknown>[];
  /** Labels, and arrows that show lengths. */
  annotations: Record<string, unknown>[];
}

/** Marks for a cyclical schedule: both bounds, the step size and the first cycle. */
export function cycleMarks(options: CyclicalOptions): Marks {
  const { baseLr = 0.001, maxLr = 0.006, stepSize = 2000, stepSizeDown = stepSize } = options;
  const cycle = stepSize + stepSizeDown;
  const height = maxLr - baseLr || maxLr || 1;
  const dotted = { type: "line", layer: "below", line: { color: COLOURS.mark, width: 1, dash: "dot" } };
  const bound = (rate: number) => ({ ...dotted, xref: "paper", x0: 0, x1: 1, y0: rate, y1: rate });
  const upright = (x: number, top: number) => ({ ...dotted, x0: x, x1: x, y0: baseLr - 0.15 * height, y1: top });
  const words = { showarrow: false, font: { size: 12, color: COLOURS.mark } };
  const boundWords = (x: number, rate: number, text: string) => ({ ...words, x, y: rate, text, bgcolor: "#ffffff" });
  /** Shows the length from x0 to x1 as an arrow with two heads, with a label at one side. */
  const length = (x0: number, x1: number, y: number, text: string, place: Record<string, unknown>) => [
    {
      ...{ x: x1, y, ax: x0, ay: y, axref: "x", ayref: "y", showarrow: true, text: "" },
      ...{ arrowside: "end+start", arrowhead: 2, startarrowhead: 2, arrowwidth: 1.3, arrowcolor: COLOURS.mark },
    },
    { ...words, y, text, ...place },
  ];
  const of = stepSize === stepSizeDown ? ", two step sizes" : "";
  const below = { x: 0, xanchor: "left", yanchor: "top" };
  const above = { x: cycle / 2, xanchor: "center", yanchor: "bottom" };
  const ticks = [baseLr, (baseLr + maxLr) / 2, maxLr];
  return {
    xaxis: { showgrid: false },
    yaxis: {
      showgrid: false,
      range: [baseLr - 0.3 * height, maxLr + 0.3 * height],
      tickvals: ticks,
      ticktext: ticks.map(label),
    },
    shapes: [
      ...[bound(baseLr), bound(maxLr)],
      ...[upright(0, maxLr + 0.2 * height), upright(stepSize, maxLr), upright(cycle, maxLr + 0.2 * height)],
    ],
    annotations: [
      boundWords(cycle, maxLr, `maximum rate ${label(maxLr)}`),
      boundWords(cycle + stepSize, baseLr, `base rate ${label(baseLr)}`),
      ...length(0, stepSize, baseLr - 0.12 * height, `step size: ${label(stepSize)} iterations`, below),
      ...length(0, cycle, maxLr + 0.14 * height, `one cycle: ${label(cycle)} iterations${of}`, above),
    ],
  };
}
