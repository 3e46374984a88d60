/**
 * Compares schedules at the same budget.
 * @module
 */
import type { AnySchedule } from "../schedules/schedule.ts";
import { deviation, interval95, mean } from "../support/statistics.ts";
import { shown } from "../support/check.ts";
import type { TrainingHistory } from "../history/history.ts";

/** The scores of one run. */
export interface RunScore {
  /** The fraction of correct predictions on images that were not trained on. */
  readonly accuracy: number;
  /** The loss on those images. */
  readonly loss: number;
  /** The history of the training. */
  readonly history: TrainingHistory;
}

/** One run of a comparison, with its score. */
export interface ComparisonRun extends RunScore {
  /** The schedule's name. */
  readonly name: string;
  /** The run's seed. */
  readonly seed: number;
}

/** One line of the table. */
export interface ComparisonRow {
  /** The schedule's name. */
  readonly name: string;
  /** How many seeds were run. */
  readonly runs: number;
  /** The mean accuracy. */
  readonly accuracy: number;
  /** Its standard deviation over the seeds (n - 1); undefined for one seed. */
  readonly deviation?: number;
  /** The mean loss. */
  readonly loss: number;
  /**
   * How far this schedule is behind the one with the best mean: the mean difference of their accuracies, paired by
   * seed, and its 95 % interval. Undefined for the best schedule itself, and if the two share fewer than two seeds.
   */
  readonly behind?: { readonly mean: number; readonly interval: readonly [low: number, high: number] };
}

/** Options of {@linkcode compareSchedules}; `S` is the type of the schedules, which `run` receives. */
export interface CompareOptions<S extends AnySchedule = AnySchedule> {
  /** The schedules, by name. Functions from the iteration to the rate work too, if `run` accepts them. */
  schedules: Readonly<Record<string, S>>;
  /** The seeds. Each schedule is run with each seed. Default [42]. */
  seeds?: readonly number[];
  /**
   * Trains a fresh model under a schedule and scores it. The seed must determine the initial weights and the batches.
   */
  run: (schedule: S, seed: number, name: string) => Promise<RunScore>;
  /** Runs that have already been made, and are not repeated. */
  done?: readonly ComparisonRun[];
  /** Called after each run, with the table so far. */
  onRun?: (run: ComparisonRun, table: ComparisonRow[]) => void | Promise<void>;
  /** A signal to end the comparison before the next run. */
  signal?: AbortSignal;
}

/**
 * Runs every schedule with every seed, one seed after another. `run` decides the budget.
 *
 * @param options See {@linkcode CompareOptions}.
 * @returns All runs, and a table of means and deviations. The table is in the schedules' order, not a ranking.
 * @throws {TypeError} If there are no schedules, or one is not a function.
 * @example
 * ```ts
 * import { compareSchedules, constant } from "../mod.ts";
 *
 * const history = { iterations: [], lr: [], loss: [], epochs: [] };
 * const { table } = await compareSchedules({
 *   schedules: { fixed: constant({ learningRate: 0.01 }) },
 *   seeds: [1, 2],
 *   run: (_schedule, seed) => Promise.resolve({ accuracy: seed / 10, loss: 1, history }),
 * });
 * if (table[0].accuracy.toFixed(2) !== "0.15") throw new Error("the mean of 0.1 and 0.2");
 * ```
 */
export async function compareSchedules<S extends AnySchedule>(
  options: CompareOptions<S>,
): Promise<{ runs: ComparisonRun[]; table: ComparisonRow[] }> {
  const { schedules, seeds = [42], run, done = [], onRun, signal } = options;
  const entries = Object.entries(schedules);
  const wrong = entries.find(([, schedule]) => typeof schedule !== "function");
  if (entries.length === 0 || wrong) {
    throw new TypeError(`Cannot compare schedules: there must be one or more, got ${shown(wrong?.[1] ?? schedules)}`);
  }
  const runs = [...done];
  for (const seed of seeds) {
    for (const [name, schedule] of entries) {
      if (signal?.aborted) return { runs, table: comparisonTable(runs) };
      if (runs.some((one) => one.name === name && one.seed === seed)) continue;
      runs.push({ name, seed, ...await run(schedule, seed, name) });
      await onRun?.(runs.at(-1)!, comparisonTable(runs));
    }
  }
  return { runs, table: comparisonTable(runs) };
}

/** Means and deviations by schedule, in the order of their first run, and how far each is behind the best. */
export function comparisonTable(runs: readonly Omit<ComparisonRun, "history">[]): ComparisonRow[] {
  const names = [...new Set(runs.map(({ name }) => name))];
  const of = (name: string) => runs.filter((run) => run.name === name);
  const accuracy = (name: string) => mean(of(name).map((run) => run.accuracy));
  const best = names.reduce((one, other) => accuracy(other) > accuracy(one) ? other : one, names[0]);
  return names.map((name) => {
    const own = of(name);
    const differences = own.flatMap((run) => {
      const pair = of(best).find(({ seed }) => seed === run.seed);
      return pair ? [pair.accuracy - run.accuracy] : [];
    });
    const interval = name === best ? undefined : interval95(differences);
    const spread = deviation(own.map((run) => run.accuracy));
    return {
      ...{ name, runs: own.length, accuracy: accuracy(name), loss: mean(own.map((run) => run.loss)) },
      ...(spread !== undefined && { deviation: spread }),
      ...(interval && { behind: { mean: mean(differences), interval } }),
    };
  });
}

/** The table in Markdown. It points out that an interval that contains 0 gives no ranking. */
export function comparisonMarkdown(table: readonly ComparisonRow[]): string {
  const percent = (value: number) => (100 * value).toFixed(1);
  const several = table.some(({ behind }) => behind);
  const lines = table.map(({ name, runs, accuracy, deviation, loss, behind }) => {
    const cells = [
      ...[
        name,
        `${percent(accuracy)}${deviation === undefined ? "" : ` ± ${percent(deviation)}`}`,
        loss.toFixed(3),
        runs,
      ],
      ...several ? [behind ? `${percent(behind.mean)} (${behind.interval.map(percent).join(" to ")})` : ""] : [],
    ];
    return `| ${cells.join(" | ")} |`;
  });
  const head = ["schedule", "accuracy, %", "loss", "seeds", ...several ? ["behind the best, points (95 %)"] : []];
  const notes = [
    ...table.length > 1 && table.some(({ runs }) => runs < 2)
      ? ["One seed is no ranking: another seed may change the order."]
      : [],
    ...several ? ["Differences are paired by seed. Where the interval holds 0, the two cannot be told apart."] : [],
  ];
  return [`| ${head.join(" | ")} |`, `|${head.map(() => "---|").join("")}`, ...lines, "", ...notes, ""].join("\n");
}
