/**
 * The history of a training, as plain JSON.
 * @module
 */

/** One epoch's summary. */
export interface EpochRecord {
  /** The epoch, counted from 0. */
  epoch: number;
  /** Optimizer updates done at its end. */
  iteration: number;
  /** The last rate used in the epoch. */
  lr: number;
  /**
   * Means over the epoch's batches (`loss`, `accuracy`), in which each batch counts the same, whatever its size; and
   * `val_loss`, `val_accuracy` if there was a validation.
   */
  [metric: string]: number;
}

/** A validation within an epoch. */
export interface ValidationRecord {
  /** Optimizer updates done. */
  iteration: number;
  /** The loss on the held-out images. */
  val_loss: number;
  /** The accuracy on the held-out images. */
  val_accuracy: number;
  [metric: string]: number;
}

/** What a scheduler records: one entry per batch, in arrays of equal length, and one record per epoch. */
export interface TrainingHistory {
  /** The iteration of each batch, counted from 0. */
  iterations: number[];
  /** The rate that each batch trained at. */
  lr: number[];
  /** The momentum that each batch trained at, if the schedule cycles it. */
  momentum?: number[];
  /** The loss of each batch; null if a custom loop recorded none. */
  loss: (number | null)[];
  /** The accuracy of each batch, if the model measures it; null for batches of which it is not known. */
  accuracy?: (number | null)[];
  /** The epochs. */
  epochs: EpochRecord[];
  /** Validations within epochs, if there were any. */
  validations?: ValidationRecord[];
}

/** An empty history. */
export function emptyHistory(): TrainingHistory {
  return { iterations: [], lr: [], loss: [], epochs: [] };
}

/**
 * Translates tfjs's names `acc` and `val_acc` to the usual `accuracy` and `val_accuracy`. Only this function does so.
 */
export function metricName(tfjsName: string): string {
  return tfjsName.replace(/^(val_)?acc$/, "$1accuracy");
}

/** The numbers in tfjs's logs, under our names. Other values are left out. */
export function numbersOf(logs: Record<string, unknown> = {}): Record<string, number> {
  return Object.fromEntries(
    Object.entries(logs).filter((entry): entry is [string, number] => typeof entry[1] === "number")
      .map(([name, value]) => [metricName(name), value]),
  );
}

/** Whether a value, which may come from a file, is a history: its lists must have equal lengths and contain numbers. */
export function isHistory(value: unknown): value is TrainingHistory {
  if (typeof value !== "object" || value === null) return false;
  const { iterations, lr, momentum, loss, accuracy, epochs, validations = [] } = value as Record<
    keyof TrainingHistory,
    unknown
  >;
  const numbers = (list: unknown, length?: number, gaps = false) =>
    Array.isArray(list) && (length === undefined || list.length === length) &&
    list.every((entry) => Number.isFinite(entry) || (gaps && (entry === null || typeof entry === "number")));
  return numbers(iterations) && numbers(lr, (iterations as number[]).length) &&
    numbers(loss, (iterations as number[]).length, true) &&
    (momentum === undefined || numbers(momentum, (iterations as number[]).length)) &&
    (accuracy === undefined || numbers(accuracy, (iterations as number[]).length, true)) &&
    Array.isArray(epochs) &&
    epochs.every((epoch) => Number.isFinite(epoch?.epoch) && Number.isFinite(epoch.iteration)) &&
    Array.isArray(validations) && validations.every((one) => Number.isFinite(one?.iteration));
}

/** A validation, at an epoch's end or within one. */
type Validated = Pick<EpochRecord, "iteration"> & Readonly<Record<string, number>>;

/** All records of a metric, from epochs and from validations within epochs, in the order of their iterations. */
export function recordsOf({ epochs, validations = [] }: TrainingHistory, metric: string): readonly Validated[] {
  const records: Validated[] = metric.startsWith("val_") ? [...epochs, ...validations] : epochs;
  return records.filter((record) => Number.isFinite(record[metric])).sort((a, b) => a.iteration - b.iteration);
}
