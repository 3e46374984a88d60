/**
 * The table of `bench --model all`, with a line for each model.
 * @module
 */

import type { Task } from "./bench_model.ts";

/** How a training or an evaluation here does, and, where there is one, how the peer's does. */
export interface BenchRow {
  /** The model's name. */
  readonly model: string;
  /** Images in a batch. */
  readonly batchSize: number;
  /** Milliseconds per step, and the peak memory in bytes. */
  readonly here: { readonly ms: number; readonly peak: number };
  /** The same numbers for the peer, and how many times as fast as the peer we are. */
  readonly peer?: { readonly ms: number; readonly peak: number; readonly ratio: number };
}

/** What was timed, over the models' names. */
const TIMED: Record<Task, string> = { train: "training of", evaluate: "evaluation of" };
const ALONE = ["batch", "ms a batch", "images/s", "peak memory"];
const BESIDE = [
  "batch",
  "images/s, here",
  "images/s, peer",
  "ratio",
  "peak memory, here",
  "peak memory, peer",
];

/** A name, in a column wide enough for the longest, and columns as wide as their heads. */
const line = (name: string, heads: readonly string[], cells: readonly string[]) =>
  name.padEnd(14) + cells.map((cell, index) => cell.padStart(heads[index].length + 3)).join("");

/** The table's head, which says what was timed, with the peer's columns or without. */
export const tableHead = (task: Task, withPeer: boolean): string =>
  withPeer ? line(TIMED[task], BESIDE, BESIDE) : line(TIMED[task], ALONE, ALONE);

/** A line of the table. */
export function tableRow({ model, batchSize, here, peer }: BenchRow): string {
  const batch = String(batchSize);
  if (!peer) return line(model, ALONE, [batch, here.ms.toFixed(1), images(batchSize, here.ms), gigabytes(here.peak)]);
  return line(model, BESIDE, [
    batch,
    images(batchSize, here.ms),
    images(batchSize, peer.ms),
    peer.ratio.toFixed(2),
    gigabytes(here.peak),
    gigabytes(peer.peak),
  ]);
}

/** Images per second, from the milliseconds per step. */
export const images = (batchSize: number, ms: number): string => (batchSize / ms * 1000).toFixed(1);

/** Formats an amount of memory. */
export const gigabytes = (bytes: number): string => bytes > 0 ? `${(bytes / 1e9).toFixed(2)} GB` : "unknown";
