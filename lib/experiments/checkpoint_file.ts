/**
 * The format of a checkpoint's file: a magic word, a header as JSON, the tensors' bytes, and a checksum.
 * @module
 */
import { createHash } from "node:crypto";
import type { WeightAverageState } from "../callbacks/average_weights.ts";
import type { OptimizerState } from "../optimizers/state.ts";
import type { SavedTensor } from "../optimizers/saved_tensor.ts";
import type { SchedulerState } from "../callbacks/scheduler_state.ts";
import type { Position } from "../data/batches.ts";

/** What a checkpoint holds besides weights and slots. */
export interface CheckpointState {
  /** Identifies the run. Checkpoints of other runs are rejected. */
  readonly run: string;
  /** How many epochs are done, and how many batches of the next epoch. */
  readonly position: Position;
  /** The scheduler's counts and history. */
  readonly scheduler: SchedulerState;
  /** How long the training has taken so far, in milliseconds. */
  readonly elapsedMs?: number;
  /** The average of the weights, if the run has one. */
  readonly average?: WeightAverageState;
}

const MAGIC = "clr-checkpoint-1";

/** A tensor whose values are stored at a place in a buffer. */
export interface PackedTensor {
  name: string;
  shape: readonly number[];
  dtype: "float32" | "int32";
  offset: number;
  length: number;
}
/** An optimizer's state with its tensors packed. */
export type PackedOptimizer = Omit<OptimizerState, "scalars" | "slots"> & {
  scalars: Record<string, PackedTensor>;
  slots: Record<string, PackedTensor[]>;
};
/** The header before the tensors. */
export interface Header extends Omit<CheckpointState, "average"> {
  /** How many masks each seeded dropout layer has drawn; before there was one count for each, one for all. */
  masks: number | readonly number[];
  weights: PackedTensor[];
  optimizer: PackedOptimizer;
  average?: Omit<WeightAverageState, "tensors"> & { tensors: PackedTensor[] };
}

/** Collects tensors' bytes. */
export class Packer {
  /** The bytes so far. */
  readonly data: Uint8Array[] = [];
  #offset = 0;

  /** Adds a tensor, and returns its place. */
  pack({ name, shape, values }: SavedTensor): PackedTensor {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.data.push(bytes);
    this.#offset += bytes.length;
    const dtype = values instanceof Int32Array ? "int32" : "float32";
    return { name, shape, dtype, offset: this.#offset - bytes.length, length: values.length };
  }
}

/** Reads a tensor from the bytes. */
export function unpack({ name, shape, dtype, offset, length }: PackedTensor, data: Uint8Array): SavedTensor {
  const bytes = data.slice(offset, offset + 4 * length);
  return { name, shape, values: dtype === "int32" ? new Int32Array(bytes.buffer) : new Float32Array(bytes.buffer) };
}

/**
 * Assembles the file: a magic word, the header's length, the header, the data, and a sha256 of everything before it.
 */
export function assemble(content: Header, data: Uint8Array[]): Uint8Array {
  const header = new TextEncoder().encode(JSON.stringify(content));
  const size = new Uint8Array(8);
  new DataView(size.buffer).setFloat64(0, header.length);
  const parts = [new TextEncoder().encode(MAGIC), size, header, ...data];
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 32));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  bytes.set(createHash("sha256").update(bytes.subarray(0, at)).digest(), at);
  return bytes;
}

/** Returns the parts of a checkpoint, or words for what is wrong with it. */
export function parse(bytes: Uint8Array): { header: Header; data: Uint8Array } | string {
  const magic = new TextEncoder().encode(MAGIC);
  const end = bytes.length - 32;
  if (end < magic.length + 8 || magic.some((byte, index) => bytes[index] !== byte)) return "another format";
  const sum = createHash("sha256").update(bytes.subarray(0, end)).digest();
  if (sum.some((byte, index) => bytes[end + index] !== byte)) return "a wrong checksum";
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const start = magic.length + 8;
  const length = view.getFloat64(magic.length);
  try {
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(start, start + length)));
    const data = bytes.subarray(start + length, end);
    return isHeader(header, data.length) ? { header, data } : "parts that do not fit together";
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    return "a header that cannot be read";
  }
}

/** Whether a header's fields have the right types, and every tensor lies within the data. */
function isHeader(header: Header, size: number): boolean {
  const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  const isObject = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);
  const isTensor = (tensor: PackedTensor) =>
    isObject(tensor) && typeof tensor.name === "string" && ["float32", "int32"].includes(tensor.dtype) &&
    isCount(tensor.offset) && isCount(tensor.length) && tensor.offset + 4 * tensor.length <= size &&
    Array.isArray(tensor.shape) && tensor.shape.every(isCount) &&
    tensor.shape.reduce((product, side) => product * side, 1) === tensor.length;
  const { position, scheduler, masks, weights, optimizer, average } = isObject(header) ? header : {} as Header;
  return isObject(position) && isCount(position.epoch) && isCount(position.batch) && isObject(scheduler) &&
    [masks].flat().every(isCount) && Array.isArray(weights) && weights.every(isTensor) &&
    isObject(optimizer) &&
    isObject(optimizer.numbers) && Object.values(optimizer.numbers).every((value) => typeof value === "number") &&
    isObject(optimizer.scalars) && Object.values(optimizer.scalars).every(isTensor) &&
    isObject(optimizer.slots) &&
    Object.values(optimizer.slots).every((list) => Array.isArray(list) && list.every(isTensor)) &&
    (average === undefined || (isObject(average) && Array.isArray(average.tensors) && average.tensors.every(isTensor)));
}
