/**
 * Writes the files of a comparison: its numbers, tables and figures, and on request a record.
 * @module
 */
import { comparisonMarkdown, comparisonTable } from "../evaluation/comparison.ts";
import { timeToAccuracyMarkdown } from "../evaluation/time_to_accuracy.ts";
import { chosenValues, differences, type DoneRun, isDone, type Job, readRuns } from "../experiments/comparison_runs.ts";
import {
  hardwareText,
  historyOfOne,
  type RecordRun,
  type ResultRecord,
  versions,
  writeRecord,
} from "../experiments/record.ts";
import { SCHEDULES } from "../experiments/registries/schedules.ts";
import { comparisonFigure } from "../figures/comparison.ts";
import type { Figure } from "../figures/figure.ts";
import { sensitivityFigure } from "../figures/sensitivity.ts";
import { saveFigure } from "../rendering/save.ts";
import { writeWhole } from "../support/files.ts";
import { deviation, mean } from "../support/statistics.ts";
import { join } from "../support/path.ts";
import { UsageError } from "./flags.ts";
import type { Voice } from "./terminal.ts";

/** What the user wants from a comparison. */
export interface ComparisonOptions {
  /** The command that repeats the comparison. */
  readonly command: string;
  /** The trainings that belong to the comparison. By default, all in the directory. */
  readonly jobs?: readonly Job[];
  /** Whether each schedule's value was chosen on held-out images. */
  readonly choose?: boolean;
  /** The file for a record. */
  readonly record?: string;
}

/**
 * Writes comparison.json, the table, the figures and the record from the runs of a directory.
 *
 * @param directory The directory of the runs.
 * @param options What the user wants.
 * @param voice Prints the table.
 * @throws {UsageError} If there are no runs, or they have nothing in common.
 */
export async function writeComparison(directory: string, options: ComparisonOptions, { say }: Voice): Promise<number> {
  const there = await readRuns(directory);
  const asked = options.jobs && there.filter((run) => options.jobs!.some((job) => isDone(job, run.backend, [run])));
  const all = asked ?? there;
  if (all.length === 0) {
    throw new UsageError(`Cannot merge ${directory}: it must hold runs of a comparison, got none`);
  }
  if (!options.jobs) checkComparable(directory, all);
  if (options.choose && all.some(({ experiment }) => experiment.data.validationSize === 0)) {
    throw new UsageError("Cannot choose values: all runs must have held-out images, got none");
  }
  const runs = options.choose ? chosenRuns(all) : all;
  // In a record of chosen values, each schedule has only one, and schedules are compared, not values.
  const varied = !options.choose && runs.some((a) => runs.some((b) => b.name === a.name && b.value !== a.value));
  const names: string[] = [];
  const write = async (name: string, content: string) => {
    await writeWhole(join(directory, name), content);
    names.push(name);
  };
  const save = async (name: string, figure: Figure) => {
    await saveFigure(figure, join(directory, name));
    names.push(name);
  };
  const record = recordOf(runs, all, options);
  await write("comparison.json", JSON.stringify(record));
  const lengths = [...new Set(record.runs.map(({ iterations }) => iterations))];
  const length = lengths.length === 1 ? `, ${lengths[0].toLocaleString("en")} iterations` : "";
  const title = `${record.experiment.model.name}${length}`;
  const text = varied
    ? sensitivityText(runs)
    : `${comparisonMarkdown(comparisonTable(runs.map(scored)))}\n${timeToAccuracyMarkdown(record.runs.map(timed))}`;
  await write("comparison.md", text);
  if (varied) {
    const points = runs.map(({ name, seed, value, result }) => ({
      name,
      seed,
      value: value!,
      score: result.testAccuracy,
    }));
    await save("sensitivity.png", sensitivityFigure(points, { parameter: parameterOf(runs), title }));
  } else {
    const curves = record.runs.map(({ name, seed, history }) => ({ name: name!, seed, history }));
    await save("comparison.png", comparisonFigure(curves, { title: `Schedules: ${title}` }));
    await save("comparison_loss.png", comparisonFigure(curves, { title: `Schedules: ${title}`, metric: "val_loss" }));
  }
  if (options.record !== undefined) {
    await writeRecord(options.record, record);
    say(`\nRecord: ${options.record}`);
  }
  say(`\n${text}\nFiles in ${directory}: ${names.join(", ")}`);
  return 0;
}

/**
 * Throws unless the runs can be compared. They may differ in schedule, in seed, and in the varied setting, which
 * `value` holds.
 */
function checkComparable(directory: string, runs: readonly DoneRun[]): void {
  const kinds = (shared: (run: DoneRun) => unknown) => new Set(runs.map((run) => JSON.stringify(shared(run)))).size;
  const groups = ["data", "augmentation", "model", "loss", "companions", "precision"] as const;
  const differ: [name: string, kinds: number][] = [
    ...groups.map((group) => [group, kinds(({ experiment }) => experiment[group])] as [string, number]),
    ["backend", kinds(({ backend }) => backend)],
    // each value has an optimizer and a budget of its own, because it may be a setting of theirs
    ["optimizer", kinds(({ value, experiment }) => [value, experiment.optimizer]) - kinds(({ value }) => value) + 1],
    ["budget", kinds(({ value, experiment }) => [value, experiment.budget]) - kinds(({ value }) => value) + 1],
  ];
  const other = differ.find(([, count]) => count > 1);
  if (other) {
    throw new UsageError(
      `Cannot merge ${directory}: all runs must have the same ${other[0]}, got ${other[1]}; start in a new --output`,
    );
  }
}

/** For each schedule, the runs with the value that was best on held-out images with the first seed. */
function chosenRuns(runs: readonly DoneRun[]): DoneRun[] {
  const chosen = chosenValues(runs, firstSeed(runs));
  return runs.filter(({ name, value }) => chosen.get(name) === value);
}

/** The seed by which values are chosen. */
const firstSeed = (runs: readonly DoneRun[]): number => Math.min(...runs.map(({ seed }) => seed));

function recordOf(runs: readonly DoneRun[], all: readonly DoneRun[], options: ComparisonOptions): ResultRecord {
  const order = Object.keys(SCHEDULES);
  const sorted = runs.toSorted((a, b) =>
    order.indexOf(a.name) - order.indexOf(b.name) || (a.value ?? 0) - (b.value ?? 0) || a.seed - b.seed
  );
  const [{ experiment, backend }] = sorted;
  const first = firstSeed(all);
  return {
    // runs from a directory know the command that made them; the command that merges them trains nothing
    command: options.jobs ? options.command : sorted[0].command ?? options.command,
    experiment,
    hardware: [...new Set(sorted.map(({ hardware = hardwareText(backend) }) => hardware))].join("; "),
    versions: versions(),
    ...(options.choose && {
      tried: all.filter(({ seed, value }) => value !== undefined && seed === first)
        .map(({ name, seed, value, heldOutAccuracy }) => ({ name, seed, value, heldOutAccuracy })),
    }),
    runs: sorted.map((run) => {
      const differs = differences(experiment, run.experiment);
      return {
        ...run.result,
        ...(run.value !== undefined && { value: run.value }),
        ...(Object.keys(differs).length > 0 && { differs }),
        history: historyOfOne(run.result.history, runs.length),
      };
    }),
  };
}

/** The scores by value in Markdown, with a line per schedule and a column per value. */
function sensitivityText(runs: readonly DoneRun[]): string {
  const values = [...new Set(runs.map(({ value }) => value!))].sort((a, b) => a - b);
  const lines = [...new Set(runs.map(({ name }) => name))].map((name) => {
    const cells = values.map((value) => {
      const own = runs.filter((run) => run.name === name && run.value === value).map((run) => run.result.testAccuracy);
      const spread = deviation(own);
      const percent = (number: number) => (100 * number).toFixed(1);
      return own.length === 0 ? "" : `${percent(mean(own))}${spread === undefined ? "" : ` ± ${percent(spread)}`}`;
    });
    return `| ${[name, ...cells].join(" | ")} |`;
  });
  return [
    `| accuracy, % | ${values.join(" | ")} |`,
    `|---|${values.map(() => "---|").join("")}`,
    ...lines,
    "",
  ].join("\n");
}

/** The varied setting: the only one in which two runs with the same schedule and seed differ. */
function parameterOf(runs: readonly DoneRun[]): string {
  const [first] = runs;
  const other = runs.find(({ name, seed, value }) =>
    name === first.name && seed === first.seed && value !== first.value
  );
  const groups = other ? differences(first.experiment, other.experiment) : {};
  for (const [group, settings] of Object.entries(groups)) {
    const before = first.experiment[group as "schedule"] as Record<string, unknown>;
    const key = Object.keys(settings as object).find((key) => (settings as typeof before)[key] !== before[key]);
    if (key) return key;
  }
  return "value";
}

/** A run in the form that the table of times needs. */
const timed = ({ name, ...run }: RecordRun) => ({ name: name!, ...run });

/** A run in the form that the table of scores needs. */
export const scored = ({ name, seed, result: { testAccuracy, testLoss } }: DoneRun) => ({
  ...{ name, seed, accuracy: testAccuracy, loss: testLoss ?? Infinity },
});
