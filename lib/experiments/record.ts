/**
 * Results as records: what was run, where, and what came out, in a file small enough to keep beside the code.
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
  /** What figures call it, where runs differ in more than the seed. */
  readonly name?: string;
  /** Its seed. */
  readonly seed: number;
  /** The value of the setting that a comparison varied. */
  readonly value?: number;
  /** What it changes in the record's experiment, group by group. */
  readonly differs?: Readonly<Record<string, unknown>>;
  /** The fraction of test images that is right. */
  readonly testAccuracy: number;
  /** The loss on the test images; null where the training diverged. */
  readonly testLoss: number | null;
  /** The same for what was scored beside the model: an average, an ensemble, mirror images. */
  readonly companions?: Readonly<Record<string, { readonly testAccuracy: number; readonly testLoss: number }>>;
  /** Epochs trained. */
  readonly epochs: number;
  /** Optimizer updates. */
  readonly iterations: number;
  /** Minutes of training and scoring. */
  readonly minutes: number;
  /** What was recorded, reduced as figures reduce it. */
  readonly history: TrainingHistory;
  /** Counts: `confusion[truth][prediction]`. */
  readonly confusion?: readonly (readonly number[])[];
  /** Some test images that it got wrong. */
  readonly wrong?: readonly { readonly index: number; readonly truth: number; readonly predicted: number }[];
}

/** A record. */
export interface ResultRecord {
  /** The command that repeats it. */
  readonly command: string;
  /** What all its runs share. */
  readonly experiment: Experiment;
  /** The machine, in words, and the backend. */
  readonly hardware: string;
  /** The versions that matter. */
  readonly versions: Readonly<Record<string, string>>;
  /** What was tried on held-out images before, and what it scored. */
  readonly tried?: unknown;
  /** The trainings. */
  readonly runs: readonly RecordRun[];
}

/** A training that ended, to be put into a record. */
export interface EndedRun extends Pick<RecordRun, "name" | "seed" | "differs"> {
  /** What was recorded. */
  readonly history: TrainingHistory;
  /** Its scores, the model's first; none where it diverged. */
  readonly scores: readonly Score[];
  /** The test images' labels, to tell which were wrong. */
  readonly labels?: Uint8Array;
  /** Epochs trained. */
  readonly epochs: number;
  /** Minutes of training and scoring. */
  readonly minutes: number;
}

/** A record may be so large, in bytes. */
export const MOST_BYTES = 200_000;
/** Wrong images that a record keeps. */
const MOST_WRONG = 40;
/** Bytes that a batch takes in a reduced history, and batches that a column keeps. */
const [BYTES_A_BATCH, BATCHES_A_COLUMN] = [36, 4];

/**
 * A record's run, small enough that `count` of them make a record.
 *
 * @param run The training.
 * @param about `count`: how many runs the record will have; `classes`: guessing scores one in so many.
 */
export function recordRun(run: EndedRun, { count, classes }: { count: number; classes: number }): RecordRun {
  const { name, seed, differs, scores, labels, epochs, minutes } = run;
  const [first, ...others] = scores;
  const short = ({ accuracy, loss }: Evaluation) => ({ testAccuracy: accuracy, testLoss: Number(loss.toPrecision(5)) });
  return {
    ...(name !== undefined && { name }),
    seed,
    ...(differs && { differs }),
    // a training that diverged scores as guessing does
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

/** A history so small that `count` of them make a record. */
export function historyOfOne(history: TrainingHistory, count: number): TrainingHistory {
  const columns = Math.floor(0.8 * MOST_BYTES / count / BYTES_A_BATCH / BATCHES_A_COLUMN);
  return reduceHistory(history, Math.max(5, Math.min(200, columns)));
}

function wrongOnes({ predictions }: Evaluation, labels: Uint8Array) {
  const indices = Array.from(predictions.keys()).filter((index) => predictions[index] !== labels[index]);
  return indices.slice(0, MOST_WRONG).map((index) => ({
    index,
    truth: labels[index],
    predicted: predictions[index],
  }));
}

/** The machine in words, and the backend: `2 cores of an AMD EPYC (AVX512, bfloat16), native`. */
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
  return `${cores} ${cores === 1 ? "core" : "cores"} of an ${processor}${
    features.length > 0 ? ` (${features.join(", ")})` : ""
  }, ${backend}`;
}

/** The versions that a record names. */
export function versions(): Record<string, string> {
  return { deno: Deno.version.deno, tfjs: tf.version.tfjs, platform: `${Deno.build.os} ${Deno.build.arch}` };
}

/**
 * Writes a record.
 *
 * @param path Its file, in a directory that is there.
 * @param record The record.
 * @throws {RangeError} If it is larger than a record may be.
 * @throws {Deno.errors.NotFound | Error} If it cannot be written.
 */
export async function writeRecord(path: string, record: ResultRecord): Promise<void> {
  const text = `${JSON.stringify(record)}\n`;
  if (text.length > MOST_BYTES) {
    throw new RangeError(`Cannot write ${path}: a record must be under ${MOST_BYTES} bytes, got ${text.length}`);
  }
  // straight into its place, which is all that the command may write to there
  await Deno.writeTextFile(path, text).catch((error) => {
    throw fileError("write", path, error);
  });
}
