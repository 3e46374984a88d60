/**
 * Reads the curves of several runs at the same places.
 * @module
 */

/** A metric of one run, without gaps. */
export interface Curve {
  /** The iterations, rising. */
  readonly x: readonly number[];
  /** The metric's values. */
  readonly y: readonly number[];
}

/** Every iteration at which some curve has a point, up to the end of the shortest curve. */
export function sharedGrid(curves: readonly Curve[]): number[] {
  const first = Math.max(...curves.map(({ x }) => x[0]));
  const last = Math.min(...curves.map(({ x }) => x[x.length - 1]));
  return [...new Set(curves.flatMap(({ x }) => x))].filter((at) => at >= first && at <= last).sort((a, b) => a - b);
}

/** A curve's value, interpolated linearly between its points. `at` lies between the first and the last of them. */
export function valueAt({ x, y }: Curve, at: number): number {
  let [low, right] = [0, x.length - 1];
  while (low < right) {
    const middle = (low + right) >> 1;
    if (x[middle] < at) low = middle + 1;
    else right = middle;
  }
  if (x[right] === at) return y[right];
  return y[right - 1] + (y[right] - y[right - 1]) * (at - x[right - 1]) / (x[right] - x[right - 1]);
}
