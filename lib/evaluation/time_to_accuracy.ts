/**
 * Measures how long a training takes to reach an accuracy, which shows how much time a good schedule saves.
 * @module
 */
import { recordsOf, type TrainingHistory } from "../history/history.ts";
import { checkNumber, rules } from "../support/check.ts";
import { mean } from "../support/statistics.ts";

/** The parts of a training that are needed here. */
export interface TimedRun {
  /** The schedule's name. */
  readonly name: string;
  /** The history of the training, including its validations. */
  readonly history: TrainingHistory;
  /** The optimizer updates in the whole training. */
  readonly iterations: number;
  /** The minutes that the whole training took. */
  readonly minutes: number;
}

/** When the runs of a schedule reached an accuracy. */
export interface TimeToAccuracy {
  /** The accuracy, from 0 to 1. */
  readonly accuracy: number;
  /** How many runs reached it. */
  readonly reached: number;
  /**
   * The mean number of iterations until the first validation at which they had reached it; undefined unless all runs
   * did.
   */
  readonly iterations?: number;
  /** The same in minutes, assuming that all iterations of a run took equally long. */
  readonly minutes?: number;
}

/**
 * When a training first reached an accuracy on its validation images: the number of iterations at the first validation
 * that scored at least that accuracy.
 *
 * The answer is only as precise as the validations are frequent, so compare runs that were validated equally often.
 *
 * @param history What was recorded.
 * @param accuracy From 0 to 1.
 * @returns The number of iterations, or undefined if no validation reached the accuracy.
 * @throws {RangeError} If the accuracy is not from 0 to 1.
 * @example
 * ```ts
 * import { iterationsToAccuracy } from "../mod.ts";
 *
 * const epoch = (epoch: number, val_accuracy: number) => ({ epoch, iteration: 100 * epoch + 100, lr: 0.1, val_accuracy });
 * const epochs = [epoch(0, 0.4), epoch(1, 0.6)];
 * const history = { iterations: [], lr: [], loss: [], epochs };
 * if (iterationsToAccuracy(history, 0.5) !== 200) throw new Error("at the end of the second epoch");
 * ```
 */
export function iterationsToAccuracy(history: TrainingHistory, accuracy: number): number | undefined {
  checkNumber("find the time to an accuracy", "accuracy", accuracy, ...rules.fraction);
  return recordsOf(history, "val_accuracy").find(({ val_accuracy }) => val_accuracy >= accuracy)?.iteration;
}

/**
 * For each schedule, in the order of the first runs: when its runs reached each of the accuracies.
 *
 * @param runs The runs, one or more of each schedule.
 * @param accuracies From 0 to 1 each.
 * @throws {RangeError} If an accuracy is not from 0 to 1.
 * @example
 * ```ts
 * import { timesToAccuracy } from "../mod.ts";
 *
 * const epochs = [{ epoch: 0, iteration: 100, lr: 0.1, val_accuracy: 0.6 }];
 * const run = { name: "fixed", history: { iterations: [], lr: [], loss: [], epochs }, iterations: 200, minutes: 3 };
 * const [{ times }] = timesToAccuracy([run], [0.5]);
 * if (times[0].iterations !== 100 || times[0].minutes !== 1.5) throw new Error("half of the run");
 * ```
 */
export function timesToAccuracy(
  runs: readonly TimedRun[],
  accuracies: readonly number[],
): { name: string; runs: number; times: TimeToAccuracy[] }[] {
  return [...new Set(runs.map(({ name }) => name))].map((name) => {
    const own = runs.filter((run) => run.name === name);
    const times = accuracies.map((accuracy) => {
      const reached = own.flatMap(({ history, iterations, minutes }) => {
        const at = iterationsToAccuracy(history, accuracy);
        return at === undefined ? [] : [{ iterations: at, minutes: minutes * at / iterations }];
      });
      return {
        ...{ accuracy, reached: reached.length },
        ...(reached.length === own.length && {
          iterations: mean(reached.map((one) => one.iterations)),
          minutes: mean(reached.map((one) => one.minutes)),
        }),
      };
    });
    return { name, runs: own.length, times };
  });
}

/**
 * A table of these times in Markdown. It shows the iterations, or, if some runs never reached the accuracy, how many
 * did. Accuracies are multiples of ten per cent: from the first that not all runs had reached by their first validation
 * to the last that any run reached.
 *
 * @param runs The runs, one or more of each schedule.
 * @returns The table. It is empty if no run reached 10 %, or all runs had already reached more by their first
 * validation.
 * @example
 * ```ts
 * import { timeToAccuracyMarkdown } from "../mod.ts";
 *
 * const epoch = (epoch: number, val_accuracy: number) => ({ epoch, iteration: 100 * epoch + 100, lr: 0.1, val_accuracy });
 * const epochs = [epoch(0, 0.15), epoch(1, 0.25)];
 * const run = { name: "fixed", history: { iterations: [], lr: [], loss: [], epochs }, iterations: 200, minutes: 3 };
 * const table = "| iterations to | 20 % |\n|---|---|\n| fixed | 200 |\n";
 * if (timeToAccuracyMarkdown([run]) !== table) throw new Error("10 % was passed before the first validation");
 * ```
 */
export function timeToAccuracyMarkdown(runs: readonly TimedRun[]): string {
  const tenths = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((tenth) => tenth / 10);
  const firsts = runs.map(({ history }) => recordsOf(history, "val_accuracy")[0]?.val_accuracy ?? 0);
  const shown = tenths.filter((accuracy) =>
    firsts.some((first) => first < accuracy) &&
    runs.some(({ history }) => iterationsToAccuracy(history, accuracy) !== undefined)
  );
  if (shown.length === 0) return "";
  const lines = timesToAccuracy(runs, shown).map(({ name, runs, times }) => {
    const cells = times.map(({ iterations, reached }) =>
      iterations === undefined ? `${reached} of ${runs}` : Math.round(iterations).toLocaleString("en")
    );
    return `| ${[name, ...cells].join(" | ")} |`;
  });
  return [
    `| iterations to | ${shown.map((accuracy) => `${100 * accuracy} %`).join(" | ")} |`,
    `|---|${shown.map(() => "---|").join("")}`,
    ...lines,
    "",
  ].join("\n");
}
