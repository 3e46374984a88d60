/**
 * The table of `bench --model all`: a line for each model.
 * @module
 */

/** How a training here does, and, where there is one, how the peer's does. */
export interface BenchRow {
  /** The model's name. */
  readonly model: string;
  /** Images in a batch. */
  readonly batchSize: number;
  /** Milliseconds of a step, and the most memory held, in bytes. */
  readonly here: { readonly ms: number; readonly peak: number };
  /** The same of the peer, and how many times its speed we have. */
  readonly peer?: { readonly ms: number; readonly peak: number; readonly ratio: number };
}

const ALONE = ["model", "batch", "ms a step", "images/s", "peak memory"];
const BESIDE = [
  "model",
  "batch",
  "images/s, here",
  "images/s, peer",
  "ratio",
  "peak memory, here",
  "peak memory, peer",
];

/** Columns as wide as their heads; the first, of names, is wide enough for the longest. */
const line = (heads: readonly string[], cells: readonly string[]) =>
  cells.map((cell, index) => index ? cell.padStart(heads[index].length + 3) : cell.padEnd(14)).join("");

/** The table's head, with the peer's columns or without. */
export const tableHead = (withPeer: boolean): string => withPeer ? line(BESIDE, BESIDE) : line(ALONE, ALONE);

/** A line of the table. */
export function tableRow({ model, batchSize, here, peer }: BenchRow): string {
  const batch = String(batchSize);
  if (!peer) return line(ALONE, [model, batch, here.ms.toFixed(1), images(batchSize, here.ms), gigabytes(here.peak)]);
  return line(BESIDE, [
    model,
    batch,
    images(batchSize, here.ms),
    images(batchSize, peer.ms),
    peer.ratio.toFixed(2),
    gigabytes(here.peak),
    gigabytes(peer.peak),
  ]);
}

/** Images a second, from the milliseconds of a step. */
export const images = (batchSize: number, ms: number): string => (batchSize / ms * 1000).toFixed(1);

/** Memory as people read it. */
export const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;
