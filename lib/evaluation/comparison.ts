/**
 * Compares schedules at the same budget.
 * @module
 */
import type { AnySchedule } from "../schedules/schedule.ts";
import { deviation, interval95, mean } from "../support/statistics.ts";
import { checkOptions, shown } from "../support/check.ts";
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
   * seed, and its 95 % interval. Undefined for the best schedule itself, if the two share fewer than two seeds, or if an
   * accuracy is NaN.
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
 * @throws {TypeError} If there are no schedules, one of them or `run` is not a function, or an option is unknown.
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
  const verb = "compare schedules";
  checkOptions(verb, options, ["schedules", "seeds", "run", "done", "onRun", "signal"]);
  const { schedules, seeds = [42], run, done = [], onRun, signal } = options;
  const entries = Object.entries(schedules ?? {});
  const wrong = entries.find(([, schedule]) => typeof schedule !== "function");
  if (entries.length === 0 || wrong) {
    throw new TypeError(`Cannot ${verb}: there must be one or more, got ${shown(wrong ? wrong[1] : schedules)}`);
  }
  if (typeof run !== "function") throw new TypeError(`Cannot ${verb}: run must be a function, got ${shown(run)}`);
  const runs = [...done];
  const order = Object.keys(schedules);
  const tableSoFar = () => comparisonTable(runs.toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name)));
  for (const seed of seeds) {
    for (const [name, schedule] of entries) {
      if (signal?.aborted) return { runs, table: tableSoFar() };
      if (runs.some((one) => one.name === name && one.seed === seed)) continue;
      runs.push({ name, seed, ...await run(schedule, seed, name) });
      await onRun?.(runs.at(-1)!, tableSoFar());
    }
  }
  return { runs, table: tableSoFar() };
}

/** Means and deviations by schedule, in the order of their first run, and how far each is behind the best. */
export function comparisonTable(runs: readonly Omit<ComparisonRun, "history">[]): ComparisonRow[] {
  const names = [...new Set(runs.map(({ name }) => name))];
  const of = (name: string) => runs.filter((run) => run.name === name);
  const accuracy = (name: string) => mean(of(name).map((run) => run.accuracy));
  // a NaN is never the best, not even in the first place
  const best = names.reduce(
    (one, other) => accuracy(other) > accuracy(one) || Number.isNaN(accuracy(one)) ? other : one,
    names[0],
  );
  return names.map((name) => {
    const own = of(name);
    const differences = own.flatMap((run) => {
      const pair = of(best).find(({ seed }) => seed === run.seed);
      return pair ? [pair.accuracy - run.accuracy] : [];
    });
    const interval = name === best || !differences.every(Number.isFinite) ? undefined : interval95(differences);
    const spread = deviation(own.map((run) => run.accuracy));
    return {
      ...{ name, runs: own.length, accuracy: accuracy(name), loss: mean(own.map((run) => run.loss)) },
      ...(spread !== undefined && { deviation: spread }),
      ...(interval && { behind: { mean: mean(differences), interval } }),
    };
  });
}

/** The table in Markdown. It says what its intervals do not allow for, and that one that contains 0 gives no ranking. */
export function comparisonMarkdown(table: readonly ComparisonRow[]): string {
  const percent = (value: number) => (100 * value).toFixed(1);
  // 0.0 would hide on which side of 0 a bound is
  const bound = (value: number) => Number(percent(value)) === 0 ? (100 * value).toFixed(2) : percent(value);
  const several = table.some(({ behind }) => behind);
  const lines = table.map(({ name, runs, accuracy, deviation, loss, behind }) => {
    const cells = [
      ...[
        name,
        `${percent(accuracy)}${deviation === undefined ? "" : ` ± ${percent(deviation)}`}`,
        Number.isFinite(loss) ? loss.toFixed(3) : "diverged",
        runs,
      ],
      ...several ? [behind ? `${percent(behind.mean)} (${behind.interval.map(bound).join(" to ")})` : ""] : [],
    ];
    return `| ${cells.join(" | ")} |`;
  });
  const head = ["schedule", "accuracy, %", "loss", "seeds", ...several ? ["behind the best, points (95 %)"] : []];
  const notes = [
    ...table.length > 1 && table.some(({ runs }) => runs < 2)
      ? ["One seed is no ranking: another seed may change the order."]
      : [],
    ...several
      ? [
        "Differences are paired by seed. Where the interval holds 0, the two cannot be told apart. The best was picked by " +
        "the same runs, and the intervals are not adjusted for the number of schedules.",
      ]
      : [],
  ];
  return [`| ${head.join(" | ")} |`, `|${head.map(() => "---|").join("")}`, ...lines, "", ...notes, ""].join("\n");
}
