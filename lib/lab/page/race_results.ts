/// <reference lib="dom" />
/**
 * Shows the results of races: a table, and a sentence that claims no more than the table shows.
 * @module
 */
import { type ComparisonRow, comparisonTable } from "../../evaluation/comparison.ts";
import { coloursOf } from "../../figures/colours.ts";
import { onDark } from "../look.ts";
import type { RacedRun } from "../protocol.ts";
import { byId, make } from "./dom.ts";
import { isDark } from "./plot.ts";

/** A training with its scores. */
export type ScoredRun = Pick<RacedRun, "name" | "seed" | "testAccuracy" | "testLoss">;

/** Shows the scores of finished races. An empty list clears the table. */
export function showResults(runs: readonly ScoredRun[]): void {
  const place = byId("race-table");
  place.replaceChildren();
  byId("race-reading").textContent = "";
  if (runs.length === 0) return;
  const rows = comparisonTable(runs.map(({ name, seed, testAccuracy, testLoss }) => ({
    ...{ name, seed, accuracy: testAccuracy, loss: testLoss ?? Infinity },
  })));
  const colours = coloursOf(rows.map(({ name }) => name));
  const head = ["Schedule", "Test accuracy", "Test loss", "Races"].map((text) => make("th", { scope: "col" }, text));
  const body = rows.map((row, index) => {
    const swatch = make("span", { class: "swatch", "aria-hidden": "true" });
    swatch.style.background = isDark() ? onDark(colours[index]) : colours[index];
    return make(
      "tr",
      {},
      make("th", { scope: "row" }, swatch, row.name),
      make("td", {}, `${percent(row.accuracy)}${row.deviation === undefined ? "" : ` ± ${percent(row.deviation)}`} %`),
      make("td", {}, Number.isFinite(row.loss) ? row.loss.toFixed(3) : "diverged"),
      make("td", {}, String(row.runs)),
    );
  });
  place.append(
    make(
      "table",
      {},
      make("caption", {}, "Scores on the test images (± standard deviation)"),
      make("thead", {}, make("tr", {}, ...head)),
      make("tbody", {}, ...body),
    ),
  );
  byId("race-reading").textContent = reading(rows);
}

/** Formats a fraction in percent, or a difference of fractions in percentage points. */
const percent = (share: number) => (100 * share).toFixed(1).replace("-", "−");

/** What can be concluded from the table. */
export function reading(rows: readonly ComparisonRow[]): string {
  const best = rows.reduce((one, other) => other.accuracy > one.accuracy ? other : one);
  if (rows.length < 2) return `${best.name}: ${percent(best.accuracy)} % of the test images are right.`;
  if (rows.every(({ runs }) => runs < 2)) {
    return `${best.name} came first in this race. One race decides nothing: repeat it, and see how wide the band is.`;
  }
  const behind = rows.filter((row) => row !== best).map((row) => {
    if (!row.behind) return `${row.name} is level with it`;
    const [low, high] = row.behind.interval.map(percent);
    const clear = row.behind.interval[0] > 0;
    return `${row.name} is ${percent(row.behind.mean)} points behind (95 % interval ${low} to ${high}${
      clear ? "" : ": it may be as good"
    })`;
  });
  return `${best.name} has the best mean. Race by race, ${behind.join("; ")}.`;
}
