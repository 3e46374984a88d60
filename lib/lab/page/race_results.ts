/// <reference lib="dom" />
/**
 * Shows the results of races: a table, and a sentence that claims no more than the table shows.
 * @module
 */
import { comparisonTable } from "../../evaluation/comparison.ts";
import { coloursOf } from "../../figures/colours.ts";
import { onDark, onLight } from "../look.ts";
import type { RacedRun } from "../protocol.ts";
import { percent, reading } from "../race_reading.ts";
import { byId, make } from "./dom.ts";
import { isDark } from "./plot.ts";

/** A training with its scores. */
export type ScoredRun = Pick<RacedRun, "name" | "seed" | "testAccuracy" | "testLoss">;

/** Shows the scores of finished races. An empty list clears the table. */
export function showResults(runs: readonly ScoredRun[]): void {
  const place = byId("race-table");
  place.replaceChildren();
  place.hidden = runs.length === 0; // else the keyboard would stop at it
  byId("race-reading").textContent = "";
  if (runs.length === 0) return;
  const rows = comparisonTable(runs.map(({ name, seed, testAccuracy, testLoss }) => ({
    ...{ name, seed, accuracy: testAccuracy, loss: testLoss ?? Infinity },
  })));
  const colours = coloursOf(rows.map(({ name }) => name));
  const head = ["Schedule", "Test accuracy", "Test loss", "Races"].map((text) => make("th", { scope: "col" }, text));
  const body = rows.map((row, index) => {
    const swatch = make("span", { class: "swatch", "aria-hidden": "true" });
    swatch.style.background = (isDark() ? onDark : onLight)(colours[index]);
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
