/**
 * Means, deviations and medians. They are defined once, so that every table uses the same definitions.
 * @module
 */

/** The arithmetic mean; NaN for no values. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The standard deviation of a sample (n - 1); undefined for fewer than two values. */
export function deviation(values: readonly number[]): number | undefined {
  if (values.length < 2) return undefined;
  const center = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/** The median: for an even number of values, the mean of the middle two. NaN for no values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return mean(sorted.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1));
}

/** Student's t at 97.5 %, for 1, 2, ... degrees of freedom. */
const T = [
  ...[12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228],
  ...[2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101, 2.093, 2.086],
];

/** The 95 % confidence interval of the mean (Student's t); undefined for fewer than two values. */
export function interval95(values: readonly number[]): readonly [low: number, high: number] | undefined {
  const spread = deviation(values);
  if (spread === undefined) return undefined;
  // beyond the table, an approximation within 0.01
  const half = (T[values.length - 2] ?? 1.96 + 2.4 / (values.length - 1)) * spread / Math.sqrt(values.length);
  const center = mean(values);
  return [center - half, center + half];
}
