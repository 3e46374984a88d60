/**
 * Records of results: what was run, on which machine, and the outcome, in a file small enough to keep with the code.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { processorInfo } from "../backend/native/setup/libc.ts";
import type { Evaluation } from "../evaluation/evaluate.ts";
import { reduceHistory } from "../figures/reduce_history.ts";
import type { TrainingHistory } from "../history/history.ts";
import { fileError } from "../support/files.ts";
import type { Experiment } from "./experiment.ts";
import type { Score } from "./scores.ts";

/** One training of a record. Accuracies are from 0 to 1. */
export interface RecordRun {
  /** Its name in figures, if runs differ in more than the seed. */
  readonly name?: string;
  /** The seed of the training. */
  readonly seed: number;
  /** The value of the setting that a comparison varied. */
  readonly value?: number;
  /** What this run changes in the record's experiment, group by group. */
  readonly differs?: Readonly<Record<string, unknown>>;
  /** The fraction of test images that were classified correctly. */
  readonly testAccuracy: number;
  /** The loss on the test images; null if the training diverged. */
  readonly testLoss: number | null;
  /** The same scores for the model's companions: an average, an ensemble, mirror images. */
  readonly companions?: Readonly<Record<string, { readonly testAccuracy: number; readonly testLoss: number }>>;
  /** Epochs trained. */
  readonly epochs: number;
  /** Optimizer updates. */
  readonly iterations: number;
  /** Minutes of training and scoring. */
  readonly minutes: number;
  /** The history, reduced in the same way as in figures. */
  readonly history: TrainingHistory;
  /** Counts: `confusion[truth][prediction]`. */
  readonly confusion?: readonly (readonly number[])[];
  /** Some test images that were classified wrongly. */
  readonly wrong?: readonly { readonly index: number; readonly truth: number; readonly predicted: number }[];
}

/** A record. */
export interface ResultRecord {
  /** The command that repeats the runs. */
  readonly command: string;
  /** The settings that all runs share. */
  readonly experiment: Experiment;
  /** A description of the machine, and the backend. */
  readonly hardware: string;
  /** The relevant versions. */
  readonly versions: Readonly<Record<string, string>>;
  /** What was tried beforehand on held-out images, and with what scores. */
  readonly tried?: unknown;
  /** The trainings. */
  readonly runs: readonly RecordRun[];
}

/** A finished training to put into a record. */
export interface EndedRun extends Pick<RecordRun, "name" | "seed" | "differs"> {
  /** The history of the training. */
  readonly history: TrainingHistory;
  /** Its scores, the model's first; empty if it diverged. */
  readonly scores: readonly Score[];
  /** The labels of the test images, to find the wrong predictions. */
  readonly labels?: Uint8Array;
  /** Epochs trained. */
  readonly epochs: number;
  /** Minutes of training and scoring. */
  readonly minutes: number;
}

/** The largest size of a record, in bytes. */
export const MOST_BYTES = 200_000;
/** The number of wrong predictions that a record keeps. */
const MOST_WRONG = 40;
/** How many bytes a batch takes in a reduced history, and how many batches a column keeps. */
const [BYTES_A_BATCH, BATCHES_A_COLUMN] = [36, 4];
/** The fewest columns that show how a loss went. */
const LEAST_COLUMNS = 12;

/**
 * Makes a record's run, small enough that `count` of them fit into a record.
 *
 * @param run The training.
 * @param about `count`: how many runs the record will have; `classes`: the number of classes, from which the accuracy
 * of guessing follows.
 */
export function recordRun(run: EndedRun, { count, classes }: { count: number; classes: number }): RecordRun {
  const { name, seed, differs, scores, labels, epochs, minutes } = run;
  const [first, ...others] = scores;
  const short = ({ accuracy, loss }: Evaluation) => ({ testAccuracy: accuracy, testLoss: Number(loss.toPrecision(5)) });
  return {
    ...(name !== undefined && { name }),
    seed,
    ...(differs && { differs }),
    // a training that diverged scores like guessing
    ...(first ? short(first.evaluation) : { testAccuracy: 1 / classes, testLoss: null }),
    ...(others.length > 0 && {
      companions: Object.fromEntries(others.map(({ name, evaluation }) => [name, short(evaluation)])),
    }),
    epochs,
    iterations: (run.history.iterations.at(-1) ?? -1) + 1,
    minutes: Number(minutes.toFixed(1)),
    history: historyOfOne(run.history, count),
    ...(first && labels && count === 1 && {
      confusion: first.evaluation.confusion,
      wrong: wrongOnes(first.evaluation, labels),
    }),
  };
}

/**
 * Reduces a history so that a record has room for `count` of them. Where there is room for a few batches only, the epochs
 * are kept alone: a figure of so many runs draws their scores, and no losses of batches.
 */
export function historyOfOne(history: TrainingHistory, count: number): TrainingHistory {
  const columns = Math.floor(0.8 * MOST_BYTES / count / BYTES_A_BATCH / BATCHES_A_COLUMN);
  if (columns >= LEAST_COLUMNS) return reduceHistory(history, Math.min(200, columns), columns);
  const { epochs, validations } = history;
  return reduceHistory({ iterations: [], lr: [], loss: [], epochs, ...(validations && { validations }) }, 1);
}

function wrongOnes({ predictions }: Evaluation, labels: Uint8Array) {
  const indices = Array.from(predictions.keys()).filter((index) => predictions[index] !== labels[index]);
  return indices.slice(0, MOST_WRONG).map((index) => ({
    index,
    truth: labels[index],
    predicted: predictions[index],
  }));
}

/** Describes the machine and the backend: `2 cores of an AMD EPYC (AVX512, bfloat16), native`. */
export function hardwareText(backend: string): string {
  const info = processorInfo() ?? "";
  const name = info.match(/^model name\s*:\s*(.*)$/m)?.[1]?.replace(/\(R\)|\(TM\)| CPU|@.*$/g, "").trim();
  const has = (flag: string) => new RegExp(`^flags\\s*:.*\\b${flag}\\b`, "m").test(info);
  const features = [
    ...(has("avx512f") ? ["AVX512"] : has("avx2") ? ["AVX2"] : []),
    ...(has("amx_bf16") ? ["AMX"] : []),
    ...(has("avx512_bf16") ? ["bfloat16"] : []),
  ];
  const cores = navigator.hardwareConcurrency;
  const processor = name ?? `${Deno.build.arch} processor`;
  return `${cores} ${cores === 1 ? "core" : "cores"} of ${
    /^([aeiou8]|x86|11th)/i.test(processor) ? "an" : "a"
  } ${processor}${features.length > 0 ? ` (${features.join(", ")})` : ""}, ${backend}`;
}

/** The versions that a record names. */
export function versions(): Record<string, string> {
  return { deno: Deno.version.deno, tfjs: tf.version.tfjs, platform: `${Deno.build.os} ${Deno.build.arch}` };
}

/**
 * Writes a record.
 *
 * @param path The record's file, in a directory that exists.
 * @param record The record.
 * @throws {RangeError} If the record is too large.
 * @throws {Deno.errors.NotFound | Error} If it cannot be written.
 */
export async function writeRecord(path: string, record: ResultRecord): Promise<void> {
  const text = `${JSON.stringify(record)}\n`;
  if (text.length > MOST_BYTES) {
    throw new RangeError(`Cannot write ${path}: a record must be under ${MOST_BYTES} bytes, got ${text.length}`);
  }
  // written directly into place, because the command has permission for this file only
  await Deno.writeTextFile(path, text).catch((error) => {
    throw fileError("write", path, error);
  });
}
