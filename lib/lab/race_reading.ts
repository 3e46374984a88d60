/**
 * Says in words what can be concluded from the table of a race, and no more.
 * @module
 */
import type { ComparisonRow } from "../evaluation/comparison.ts";

/** Formats a fraction in percent, or a difference of fractions in percentage points. */
export const percent = (share: number): string => (100 * share).toFixed(1).replace("-", "−");

/** What can be concluded from the table. */
export function reading(rows: readonly ComparisonRow[]): string {
  const best = rows.reduce((one, other) => other.accuracy > one.accuracy ? other : one);
  if (rows.length < 2) return `${best.name}: ${percent(best.accuracy)} % of the test images are right.`;
  if (rows.every(({ runs }) => runs < 2)) {
    const first = rows.filter(({ accuracy }) => accuracy === best.accuracy).map(({ name }) => name);
    const outcome = first.length > 1
      ? `${new Intl.ListFormat("en").format(first)} are level in this race.`
      : `${best.name} came first in this race.`;
    return `${outcome} One race decides nothing: repeat it, and see how wide the band is.`;
  }
  const behind = rows.filter((row) => row !== best).map((row) => {
    if (!row.behind) return `${row.name} cannot be compared with it race by race`;
    const [low, high] = row.behind.interval.map(percent);
    const clear = row.behind.interval[0] > 0;
    return `${row.name} is ${percent(row.behind.mean)} points behind (95 % interval ${low} to ${high}${
      clear ? "" : ": it may be as good"
    })`;
  });
  return `${best.name} has the best mean. Race by race, ${behind.join("; ")}.`;
}
