/**
 * Reduces the history of a training, for records.
 * @module
 */
import type { TrainingHistory } from "../history/history.ts";
import { indicesByColumn, indicesOfCorners, round } from "./reduce.ts";

/**
 * Keeps only those batches of a history that its figures need: the bends of the rate, and the lowest and highest loss
 * of each column. If the rate has more bends than `bends`, only its extremes are kept, so that the size stays
 * within bounds. All epochs and validations are kept. Numbers are rounded to five digits.
 *
 * @param history The history.
 * @param columns The number of columns into which to divide the iterations. A figure is 760 wide.
 * @param bends The most bends of the rate to keep. Default: as many as columns.
 * @example
 * ```ts
 * import { reduceHistory } from "./reduce_history.ts";
 *
 * const iterations = Array.from({ length: 1000 }, (_, index) => index);
 * const history = { iterations, lr: iterations.map(() => 0.1), loss: iterations.map((i) => 1 / (1 + i)), epochs: [] };
 * if (reduceHistory(history, 10).iterations.length > 40) throw new Error("four points a column");
 * ```
 */
export function reduceHistory(history: TrainingHistory, columns: number, bends = columns): TrainingHistory {
  const { iterations, lr, loss, momentum, accuracy, epochs, validations } = history;
  const small = iterations.length <= 4 * columns;
  const kept = small
    ? iterations.map((_, index) => index)
    : [...new Set([...indicesByColumn(iterations, loss, columns), ...bendsOf(iterations, lr, bends)])]
      .sort((a, b) => a - b);
  // a training that diverged has a loss of NaN, which JSON has turned into null
  const rounded = <T extends Record<string, number>>(record: T): T =>
    Object.fromEntries(
      Object.entries(record).filter(([, value]) => Number.isFinite(value)).map(([name, value]) => [name, round(value)]),
    ) as T;
  const pick = (values: readonly (number | null)[]) =>
    kept.map((index) => values[index] === null ? null : round(values[index]!));
  return {
    iterations: kept.map((index) => iterations[index]),
    lr: pick(lr) as number[],
    ...(momentum && { momentum: pick(momentum) as number[] }),
    loss: pick(loss),
    ...(accuracy && { accuracy: pick(accuracy) }),
    epochs: epochs.map(rounded),
    ...(validations && { validations: validations.map(rounded) }),
  };
}

/** The rate's bends; if there are more than `most`, the extremes of columns, four each, that are about as many. */
function bendsOf(iterations: readonly number[], lr: readonly number[], most: number): number[] {
  const bends = indicesOfCorners(iterations, lr);
  return bends.length <= most ? bends : indicesByColumn(iterations, lr, Math.ceil(most / 4));
}
