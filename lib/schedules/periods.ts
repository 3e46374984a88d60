/**
 * Counts periods that may be fractions, which rounding can put a hair beside a whole number.
 * @module
 */

/** How far beside a whole number still counts as that number: a billionth. */
export const ROUNDING = 1e-9;

/** How many whole periods lie before an iteration. `2 * 1.1 * 100` is 220.00000000000003, and is done at 220. */
export function periodsDone(iteration: number, period: number): number {
  return Math.floor(iteration / period + ROUNDING);
}
