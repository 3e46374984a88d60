/**
 * Races as records, which the page can download and open again.
 * @module
 */
import type { Experiment } from "../experiments/experiment.ts";
import type { RecordRun, ResultRecord } from "../experiments/record.ts";
import { reduceHistory } from "../figures/reduce_history.ts";
import { isHistory } from "../history/history.ts";
import type { RacedRun, RaceOrder } from "./protocol.ts";
import { BATCHES_PER_EPOCH, labExperiment } from "./settings.ts";

/** The name of a downloaded record. */
export const RECORD_NAME = "lab-race.json";
/** The limit for the size of a record, in bytes. */
const MOST_BYTES = 190_000;

/** Finished races, and the machine they ran on. */
export interface Races {
  /** The order for the races. */
  readonly order: RaceOrder;
  /** The trainings. */
  readonly runs: readonly RacedRun[];
  /** A description of the machine, and the backend. */
  readonly hardware: string;
  /** The relevant versions. */
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * Makes a record of races. `deno task compare --config` repeats it on any backend, with the same images, weights and
 * batches. Races on made-up images can be repeated only in the laboratory.
 */
export function raceRecord({ order, runs, hardware, versions }: Races): ResultRecord {
  const [first, ...others] = order.racers;
  const settings = new Map(order.racers.map((racer) => [racer.name, racer.settings]));
  const record = (columns: number): ResultRecord => ({
    command: order.madeUp ? "deno task lab" : `deno task compare --config ${RECORD_NAME}`,
    experiment: labExperiment(first.settings, order),
    ...{ hardware, versions },
    runs: runs.map(({ name, seed, testAccuracy, testLoss, minutes, history }): RecordRun => ({
      ...{ name, seed },
      ...(others.some((other) => other.name === name) && { differs: { schedule: settings.get(name)! } }),
      testAccuracy,
      testLoss: testLoss === null ? null : Number(testLoss.toPrecision(5)),
      epochs: history.iterations.length / BATCHES_PER_EPOCH,
      iterations: history.iterations.length,
      minutes: Math.max(0.01, Number(minutes.toFixed(2))),
      history: reduceHistory(history, columns),
    })),
  });
  const sizes = [200, 100, 50, 25, 10];
  const columns = sizes.find((size) => JSON.stringify(record(size)).length < MOST_BYTES) ?? 5;
  return record(columns);
}

/** What the page shows of a record. */
export interface OpenedRecord {
  /** The runs, each with a name. */
  readonly runs: readonly (RecordRun & { readonly name: string })[];
  /** Where the record was made, in words. */
  readonly about: string;
}

/**
 * Reads a record, either the laboratory's own or one that `train` or `compare` wrote.
 *
 * @param text The file's text.
 * @throws {TypeError} If it is not a record; the message is meant for the page.
 */
export function openRecord(text: string): OpenedRecord {
  let json: Partial<ResultRecord> | null;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new TypeError("This file is not a record: it must be JSON.", { cause });
  }
  const runs = json?.runs;
  if (!Array.isArray(runs) || runs.length === 0 || !runs.every(isRun)) {
    throw new TypeError(
      "This file is not a record: it must have runs, each with a seed, a test accuracy and a history.",
    );
  }
  const { schedule } = (json?.experiment ?? {}) as Partial<Experiment>;
  const byDefault = typeof schedule?.name === "string" ? schedule.name : "run";
  const named = runs.map((run) => ({ ...run, name: typeof run.name === "string" ? run.name : byDefault }));
  return {
    runs: withValues(named),
    about: `Made on ${json?.hardware ?? "a machine that it does not name"}, by ${json?.command ?? "hand"}.`,
  };
}

/** Adds the varied value to a schedule's name if several of its runs share a seed: a mean of them would mean nothing. */
function withValues<R extends { name: string; seed: number; value?: number }>(runs: readonly R[]): R[] {
  const varied = new Set<string>();
  const seen = new Set<string>();
  for (const { name, seed } of runs) {
    const key = `${seed} ${name}`;
    if (seen.has(key)) varied.add(name);
    seen.add(key);
  }
  return runs.map((run) =>
    varied.has(run.name) && Number.isFinite(run.value) ? { ...run, name: `${run.name} at ${run.value}` } : run
  );
}

function isRun(run: unknown): run is RecordRun {
  const { seed, testAccuracy, history } = (run ?? {}) as Partial<RecordRun>;
  return Number.isFinite(seed) && Number.isFinite(testAccuracy) && isHistory(history);
}
