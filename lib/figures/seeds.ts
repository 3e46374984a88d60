/**
 * Draws several seeds as one line: a thick mean, and a band around it.
 * @module
 */
import { deviation, mean } from "../support/statistics.ts";
import { line, type Trace } from "./figure.ts";

/**
 * Draws the mean of several runs as a line. With two runs or more, a band of one standard deviation (n - 1) on each
 * side surrounds it. Line and band form one legend group, so that a click on the line's entry hides both.
 *
 * @param name The line's name.
 * @param x The x coordinates, rising.
 * @param values The runs' values at each x. If one of them is null or not finite, the line has a gap there.
 * @param options `color`, and other options of the line.
 * @returns The band, if there is one, and the line on top of it.
 */
export function meanAndBand(
  name: string,
  x: readonly number[],
  values: readonly (readonly (number | null)[])[],
  options: Trace & { color: string },
): Trace[] {
  const finite = values.map((all) => all.every((value) => Number.isFinite(value)) ? all as number[] : []);
  const centers = finite.map((all) => all.length > 0 ? mean(all) : null);
  const spreads = finite.map(deviation);
  const traces: Trace[] = [];
  if (spreads.some((spread) => spread !== undefined)) {
    const polygons = stretches(spreads).map((indices) => ({
      x: [...indices, ...indices.toReversed()].map((i) => x[i]),
      y: [
        ...indices.map((i) => centers[i]! + spreads[i]!),
        ...indices.toReversed().map((i) => centers[i]! - spreads[i]!),
      ],
    }));
    traces.push({
      type: "scatter",
      mode: "lines",
      name: `${name}: mean ± standard deviation`,
      x: polygons.flatMap((polygon, index) => index > 0 ? [null, ...polygon.x] : polygon.x),
      y: polygons.flatMap((polygon, index) => index > 0 ? [null, ...polygon.y] : polygon.y),
      fill: "toself",
      fillcolor: `${options.color}2e`,
      line: { width: 0, color: options.color },
      hoverinfo: "skip",
      showlegend: false,
      legendgroup: name,
    });
  }
  // with more points than this, markers would hide the line
  const look = x.length > 40 ? { width: 2.5 } : { width: 3, mode: "lines+markers" };
  traces.push(line(name, x, centers, { legendgroup: name, ...look, ...options }));
  return traces;
}

/** Puts all bands below all lines: a band that is drawn over another schedule's line changes the line's colour. */
export const bandsFirst = (traces: readonly Trace[]): Trace[] =>
  traces.toSorted((one, other) => Number(other.fill !== undefined) - Number(one.fill !== undefined));

/** Words for a legend that say how many seeds a figure's lines represent. */
export function seedsTitle(counts: readonly number[]): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  if (most < 2) return "one seed each";
  const seeds = least === most ? `${most} seeds` : `${least} to ${most} seeds`;
  return `mean of ${seeds}<br>band: ± standard deviation`;
}

/** The indices of existing values, grouped into stretches without gaps. */
function stretches(values: readonly (number | undefined)[]): number[][] {
  const found: number[][] = [];
  for (const [i, value] of values.entries()) {
    if (value === undefined) continue;
    if (i > 0 && values[i - 1] !== undefined) found[found.length - 1].push(i);
    else found.push([i]);
  }
  return found;
}
