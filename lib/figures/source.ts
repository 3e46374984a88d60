/**
 * The kinds of data from which a figure can be drawn.
 * @module
 */
import { shown } from "../support/check.ts";
import { type EpochRecord, isHistory, metricName, type TrainingHistory } from "../history/history.ts";

/** tfjs's History, as `fit` returns it. */
export interface TfjsHistory {
  /** The epochs. */
  epoch: number[];
  /** Values by epoch and metric. */
  history: Record<string, unknown[]>;
}

/** A scheduler, its history, a saved history.json, or tfjs's own History. */
export type HistorySource = { history: TrainingHistory } | TrainingHistory | TfjsHistory;

/**
 * The history in whatever a figure was given.
 *
 * @throws {TypeError} If it is none of these.
 */
export function historyOf(source: HistorySource): TrainingHistory {
  const inner = (source as { history?: unknown })?.history;
  if (isHistory(source)) return source;
  if (isHistory(inner)) return inner;
  if (typeof inner === "object" && inner !== null && Array.isArray((source as TfjsHistory).epoch)) {
    return fromTfjs(source as TfjsHistory);
  }
  throw new TypeError(
    `Cannot draw a figure: it needs a scheduler, its history or a tfjs History, got ${shown(source)}`,
  );
}

/** Converts tfjs's own History, which contains only epochs. Figures then count in epochs. */
function fromTfjs({ epoch, history }: TfjsHistory): TrainingHistory {
  const epochs = epoch.map((number, index) => {
    const values = Object.entries(history)
      .filter(([, list]) => Array.isArray(list))
      .map(([name, list]) => [metricName(name), list[index]] as const)
      .filter(([, value]) => typeof value === "number");
    return { epoch: number, iteration: number + 1, ...Object.fromEntries(values) } as EpochRecord;
  });
  return { iterations: [], lr: [], loss: [], epochs };
}

/** Whether a history counts iterations. tfjs's own histories, which contain only epochs, count epochs. */
export function countsIterations({ iterations, epochs }: TrainingHistory): boolean {
  return iterations.length > 0 || epochs.some(({ epoch, iteration }) => iteration !== epoch + 1);
}

/** Where a figure draws epochs or validations: at their last iteration, or at their epoch, counted from 1. */
export function timesOf(history: TrainingHistory, records: readonly { readonly iteration: number }[]): number[] {
  const after = countsIterations(history) ? 1 : 0;
  return records.map(({ iteration }) => iteration - after);
}

/** One metric by epoch; undefined if no epoch has it. */
export function byEpoch({ epochs }: TrainingHistory, metric: string): (number | null)[] | undefined {
  if (!epochs.some((epoch) => typeof epoch[metric] === "number")) return undefined;
  return epochs.map((epoch) => epoch[metric] ?? null);
}
