/**
 * Thins lines with many points without changing a pixel.
 * @module
 */

/** How many points a line may have before it is thinned by columns. */
const MOST_POINTS = 3000;
/** How many columns to thin by: the width of a plot in pixels. */
const COLUMNS = 760;

/** A line's points. */
export interface Points {
  /** The x coordinates, rising. */
  readonly x: number[];
  /** The y coordinates; null is a gap. */
  readonly y: (number | null)[];
}

/**
 * Drops points that a line does not need. First it drops the points on straight stretches between bends. If too many
 * are left, it keeps only the first, lowest, highest and last point of each column of pixels.
 *
 * Source: Jugel et al., M4: A Visualization-Oriented Time Series Data Aggregation (2014).
 *
 * @param x The x coordinates, rising.
 * @param values The y coordinates, as many; null is a gap.
 * @returns The same line with fewer points, and numbers rounded to five digits.
 * @example
 * ```ts
 * import { reduceLine } from "./reduce.ts";
 *
 * const { x } = reduceLine([0, 1, 2, 3, 4], [0, 1, 2, 1, 0]);
 * if (x.join() !== "0,2,4") throw new Error("the corners stay");
 * ```
 */
export function reduceLine(x: readonly number[], values: readonly (number | null)[]): Points {
  const y = x.map((_, i) => Number.isFinite(values[i]) ? values[i] : null); // a loss may be NaN
  const corners = indicesOfCorners(x, y);
  const kept = corners.length <= MOST_POINTS ? corners : indicesByColumn(x, y);
  return { x: kept.map((i) => x[i]), y: kept.map((i) => y[i] === null ? null : round(y[i]!)) };
}

/** Rounds to five digits, which is more than a screen or a print can show. */
export function round(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(5));
}

/**
 * The points where a line bends. All other points are within a ten-thousandth of the height (see `heightOf`) from the
 * straight line between these. Peaks and valleys are always kept, so that no corner moves.
 */
export function indicesOfCorners(x: readonly number[], y: readonly (number | null)[]): number[] {
  const slack = 1e-4 * heightOf(y);
  const kept: number[] = [];
  let [least, most] = [-Infinity, Infinity]; // the slopes from the last kept point that pass through all points since
  for (let i = 0; i < x.length; i++) {
    const [before, here, after] = [y[i - 1], y[i], y[i + 1]];
    let keep = i === 0 || i === x.length - 1 || before === null || here === null || after === null;
    if (!keep) {
      const from = kept[kept.length - 1];
      const [dx, dy] = [x[i] - x[from], here! - y[from]!];
      [least, most] = [Math.max(least, (dy - slack) / dx), Math.min(most, (dy + slack) / dx)];
      const next = (after! - y[from]!) / (x[i + 1] - x[from]);
      keep = next < least || next > most || (here! - before!) * (after! - here!) < 0;
    }
    if (keep) {
      kept.push(i);
      [least, most] = [-Infinity, Infinity];
    }
  }
  return kept;
}

/**
 * The height of a line. A few outliers do not count: if the loss exploded once, its axis ends far below that, and the
 * rest of the line would lose its shape.
 */
function heightOf(y: readonly (number | null)[]): number {
  const sorted = Float64Array.from(y.filter((value) => value !== null)).sort();
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))];
  const whole = at(1) - at(0);
  return Math.min(whole, 2 * (at(0.98) - at(0.02))) || whole;
}

/** The first, lowest, highest and last point of each of `columns` columns. */
export function indicesByColumn(x: readonly number[], y: readonly (number | null)[], columns = COLUMNS): number[] {
  const first = x[0];
  const width = x[x.length - 1] - first || 1;
  const kept: number[] = [];
  for (let start = 0; start < x.length;) {
    const column = Math.floor((x[start] - first) / width * columns);
    let end = start;
    let [low, high] = [start, start];
    while (end + 1 < x.length && Math.floor((x[end + 1] - first) / width * columns) === column) {
      end++;
      const value = y[end];
      if (value === null) continue;
      if (value < (y[low] ?? Infinity)) low = end;
      if (value > (y[high] ?? -Infinity)) high = end;
    }
    kept.push(...[...new Set([start, low, high, end])].sort((a, b) => a - b));
    start = end + 1;
  }
  return kept;
}
