/**
 * The table of `bench --model all`, with a line for each model.
 * @module
 */

/** The speed and memory of a training here and, if there is a peer, there. */
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

/** A line with columns as wide as their headings. The first column, for names, is wide enough for the longest. */
const line = (heads: readonly string[], cells: readonly string[]) =>
  cells.map((cell, index) => index ? cell.padStart(heads[index].length + 3) : cell.padEnd(14)).join("");

/** The table's headings, with or without the peer's columns. */
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

/** Images per second, from the milliseconds per step. */
export const images = (batchSize: number, ms: number): string => (batchSize / ms * 1000).toFixed(1);

/** Formats an amount of memory. */
export const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;
