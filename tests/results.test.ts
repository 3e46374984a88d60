import assert from "node:assert/strict";
import type { Experiment } from "../lib/experiments/experiment.ts";
import { planExperiment } from "../lib/experiments/plan.ts";
import { MOST_BYTES, type RecordRun, type ResultRecord } from "../lib/experiments/record.ts";
import { DATASETS } from "../lib/experiments/registries/datasets.ts";
import { timesToAccuracy } from "../lib/evaluation/time_to_accuracy.ts";
import { isHistory } from "../lib/history/history.ts";
import { deviation, interval95, mean } from "../lib/support/statistics.ts";
import { allowed } from "./support.ts";

const root = new URL("..", import.meta.url);
const io = { ignore: !allowed("read") };

/** A value that was tried on held-out images. */
interface Tried {
  readonly name: string;
  readonly value: number;
  readonly heldOutAccuracy: number;
}

/** The records by name. */
async function records(): Promise<Map<string, { text: string; record: ResultRecord }>> {
  const directory = new URL("notebooks/results/", root);
  const found = new Map<string, { text: string; record: ResultRecord }>();
  for await (const { name } of Deno.readDir(directory)) {
    const text = await Deno.readTextFile(new URL(name, directory));
    found.set(name.replace(".json", ""), { text, record: JSON.parse(text) });
  }
  return found;
}

Deno.test("every record is small, whole, and an experiment that can be run again", io, async () => {
  const all = await records();
  assert.ok(all.size > 0);
  for (const [name, { text, record }] of all) {
    assert.ok(text.length < MOST_BYTES, `${name}: ${text.length} bytes`);
    assert.match(record.command, /^deno task (train|compare)\b/, name);
    assert.ok(record.hardware && record.versions.tfjs && record.runs.length > 0, name);
    for (const { seed, differs, testAccuracy, iterations, minutes, history } of record.runs) {
      const experiment = { ...record.experiment, ...differs, seed } as Experiment;
      assert.equal(planExperiment(experiment, DATASETS.cifar10.facts!).iterations, iterations, name);
      assert.ok(testAccuracy >= 0 && testAccuracy <= 1 && minutes > 0 && isHistory(history), name);
    }
  }
});

/** What a row of README's tables about companions is read from: the runs' name, and which of their scores. */
const COMPANIONS: Record<string, [run: string, score?: "average" | "snapshots"]> = {
  "plain": ["plain"],
  "weight decay": ["weight decay"],
  "label smoothing": ["label smoothing"],
  "refreshed statistics": ["refreshed statistics"],
  "EMA": ["plain", "average"],
  "SWA": ["refreshed statistics", "average"],
  "snapshots": ["plain", "snapshots"],
  "all, with EMA": ["all", "average"],
  "all, with snapshots": ["all", "snapshots"],
};

/** A table's rows as lists of cells, without its head, after the line that names a record. */
function tableAfter(readme: string, record: string): string[][] {
  const lines = readme.slice(readme.indexOf(`notebooks/results/${record}.json`)).split("\n");
  const first = lines.findIndex((line, index) => index > 0 && line.startsWith("|")) + 2;
  const length = lines.slice(first).findIndex((line) => !line.startsWith("|"));
  return lines.slice(first, first + length).map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

/** As the tables have it: `55.8 ± 1.3`, or `55.8` for a single seed. */
function meanAndDeviation(scores: readonly number[]): string {
  const percent = (value: number) => (100 * value).toFixed(1);
  const spread = deviation(scores); // undefined for a single seed
  return spread === undefined ? percent(mean(scores)) : `${percent(mean(scores))} ± ${percent(spread)}`;
}

Deno.test("README's accuracies are those of the records that they link to", io, async () => {
  const all = await records();
  const readme = await Deno.readTextFile(new URL("README.md", root));
  const linked = [...readme.matchAll(/notebooks\/results\/([\w-]+)\.json/g)].map(([, name]) => name);
  assert.deepEqual([...new Set(linked)].sort(), [...all.keys()].sort(), "each record is linked, each link a record");
  for (const [name, { record: { runs } }] of all) {
    if (runs.every((run) => run.name === undefined)) {
      const accuracy = 100 * mean(runs.map((run) => run.testAccuracy));
      const row = readme.split("\n").find((line) => line.includes(`notebooks/results/${name}.json`))!;
      assert.ok(row.includes(`**${accuracy.toFixed(1)} %**`), `${row}: ${accuracy}`);
      continue;
    }
    if (runs.some((run) => run.value !== undefined && run.value !== runs.find((one) => one.name === run.name)!.value)) {
      const values = [...new Set(runs.map((run) => run.value!))].sort((one, other) => one - other);
      const rows = tableAfter(readme, name);
      for (const [schedule, ...cells] of rows) {
        const own = values.map((value) => runs.filter((run) => run.name === schedule && run.value === value));
        assert.deepEqual(cells, own.map((some) => meanAndDeviation(some.map((run) => run.testAccuracy))), schedule);
      }
      assert.equal(rows.length, new Set(runs.map((run) => run.name)).size, name);
      continue;
    }
    const names = name === "companions" ? Object.keys(COMPANIONS) : [...new Set(runs.map((run) => run.name!))];
    const rows = tableAfter(readme, name);
    assert.deepEqual(rows.map(([first]) => first).sort(), names.sort(), name);
    for (const row of rows) {
      const [run, score] = name === "companions" ? COMPANIONS[row[0]] : [row[0]];
      const scores = runs.filter((one) => one.name === run)
        .map((one) => score ? one.companions![score].testAccuracy : one.testAccuracy);
      assert.ok(row.includes(meanAndDeviation(scores)), `${name}, ${row}: ${meanAndDeviation(scores)}`);
    }
  }
});

const percent = (fraction: number) => (100 * fraction).toFixed(1);
/** A gain as the tables and notebook 8 have it: what rounds to 0 is +0.0. */
const signed = (fraction: number) => `${fraction <= -0.0005 ? "-" : "+"}${percent(Math.abs(fraction))}`;

/** Differences paired by seed, as the tables have them: `1.8 (0.3 to 3.4)`; none where a row is the reference itself. */
function paired(
  runs: readonly RecordRun[],
  reference: readonly RecordRun[],
  { sign = 1, show = percent, score = (run: RecordRun) => run.testAccuracy },
): string {
  const differences = runs.map((run) =>
    sign * (score(run) - reference.find(({ seed }) => seed === run.seed)!.testAccuracy)
  );
  if (differences.every((difference) => difference === 0)) return "";
  return `${show(mean(differences))} (${interval95(differences)!.map(show).join(" to ")})`;
}

Deno.test("README's comparisons have the numbers of their records in every column", io, async () => {
  const all = await records();
  const readme = await Deno.readTextFile(new URL("README.md", root));
  const runsOf = (record: string) => all.get(record)!.record.runs;
  const named = (record: string, name: string) => runsOf(record).filter((run) => run.name === name);

  const { tried } = all.get("schedules")!.record as { tried: Tried[] };
  const best = named("schedules", "one-cycle");
  for (const [name, ...cells] of tableAfter(readme, "schedules")) {
    const own = tried.filter((one) => one.name === name).sort((a, b) => a.value - b.value);
    const runs = named("schedules", name);
    const expected = [...own.map(({ heldOutAccuracy }) => percent(heldOutAccuracy)), String(runs[0].value)];
    assert.deepEqual([...cells.slice(0, 4), cells[5]], [...expected, paired(runs, best, { sign: -1 })], name);
  }
  for (const [name, , ahead] of tableAfter(readme, "high-maximum")) {
    assert.equal(ahead, paired(named("high-maximum", name), named("high-maximum", "linear"), {}), name);
  }
  for (const [name, , against] of tableAfter(readme, "companions")) {
    const [run, companion] = COMPANIONS[name];
    const score = (one: RecordRun) => companion ? one.companions![companion].testAccuracy : one.testAccuracy;
    const runs = named("companions", run);
    assert.equal(against, paired(runs, named("companions", "plain"), { show: signed, score }), name);
  }
  const waves = readme.split("\n").filter((line) => /^\|.*results\/waves/.test(line));
  for (const row of waves.map((line) => line.split("|").map((cell) => cell.trim()))) {
    const [{ history, minutes }] = runsOf(row[1].match(/results\/([\w-]+)\.json/)![1]);
    const at = (odd: number) => history.epochs.filter(({ epoch }) => epoch % 2 === odd);
    const told = (epochs: typeof history.epochs) => epochs.map((one) => percent(one.val_accuracy!)).join(", ");
    assert.deepEqual(row.slice(3, 6), [told(at(0)), told(at(1)), minutes.toFixed(0)], row[1]);
  }
  assert.equal(waves.length, 2);
  const fast = readme.split("\n").filter((line) => /^\|.*results\/fast/.test(line));
  for (const row of fast.map((line) => line.split("|").map((cell) => cell.trim()))) {
    const [{ companions, minutes }] = runsOf(row[1].match(/results\/([\w-]+)\.json/)![1]);
    const mirrored = companions!["model, mirror images too"].testAccuracy;
    assert.deepEqual(row.slice(3, 5), [`${percent(mirrored)} %`, minutes.toFixed(0)], row[1]);
  }
  assert.ok(fast.length > 3);
});

/** How a row of README's times names its training: its record, and the schedule where the record has several. */
const timedName = (record: string, run: RecordRun) => run.name === undefined ? record : `${record}: ${run.name}`;

Deno.test("README's times to an accuracy are those of the records", io, async () => {
  const all = await records();
  const readme = await Deno.readTextFile(new URL("README.md", root));
  const lines = readme.slice(readme.indexOf("### Time to an accuracy")).split("\n");
  const first = lines.findIndex((line) => line.startsWith("|"));
  const rows = lines.slice(first, first + lines.slice(first).findIndex((line) => !line.startsWith("|")))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  const accuracies = rows[0].slice(1).map((cell) => Number(cell.replace(" %", "")) / 100);
  const runs = [...all].flatMap(([record, { record: { runs } }]) =>
    runs.map((run) => ({ ...run, name: timedName(record, run) }))
  );
  assert.ok(rows.length > 4);
  for (const [name, ...cells] of rows.slice(2)) {
    const own = runs.filter((run) => run.name === name);
    assert.ok(own.length > 0, name);
    const expected = timesToAccuracy(own, accuracies)[0].times.map(({ iterations, minutes, reached }) =>
      iterations === undefined
        ? reached === 0 ? "" : `${reached} of ${own.length}`
        : `${Math.round(iterations).toLocaleString("en")} (${minutes!.toFixed(1)})`
    );
    assert.deepEqual(cells, expected, name);
  }
});
