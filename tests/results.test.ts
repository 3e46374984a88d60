import assert from "node:assert/strict";
import type { Experiment } from "../lib/experiments/experiment.ts";
import { planExperiment } from "../lib/experiments/plan.ts";
import { MOST_BYTES, type ResultRecord } from "../lib/experiments/record.ts";
import { DATASETS } from "../lib/experiments/registries/datasets.ts";
import { isHistory } from "../lib/history/history.ts";
import { mean } from "../lib/support/statistics.ts";
import { allowed } from "./support.ts";

const root = new URL("..", import.meta.url);
const io = { ignore: !allowed("read") };

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

Deno.test("README's accuracies are those of the records that their rows link to", io, async () => {
  const all = await records();
  const rows = (await Deno.readTextFile(new URL("README.md", root))).split("\n")
    .filter((line) => line.startsWith("|") && line.includes("notebooks/results/"));
  const linked = rows.map((row) => row.match(/notebooks\/results\/([\w-]+)\.json/)![1]);
  assert.deepEqual([...new Set(linked)].sort(), [...all.keys()].sort(), "each record has its row, each row its record");
  for (const [index, row] of rows.entries()) {
    const accuracy = 100 * mean(all.get(linked[index])!.record.runs.map((run) => run.testAccuracy));
    assert.ok(row.includes(`**${accuracy.toFixed(1)} %**`), `${row}: ${accuracy}`);
  }
});
