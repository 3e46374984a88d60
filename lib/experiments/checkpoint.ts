/**
 * Everything that a training needs to go on, in one file with a checksum.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { createHash } from "node:crypto";
import type { Position } from "../data/batches.ts";
import { fileError, writeWhole } from "../support/files.ts";
import { dropoutMasks, setDropoutMasks } from "../models/seeded_dropout.ts";
import { join } from "../support/path.ts";
import { type OptimizerState, optimizerState, restoreOptimizer, type SavedTensor } from "../optimizers/state.ts";
import type { SchedulerState } from "../callbacks/scheduler.ts";

/** What a checkpoint holds beside weights and slots. */
export interface CheckpointState {
  /** What the run is; a checkpoint of another one is refused. */
  readonly run: string;
  /** Epochs done, and batches of the next one. */
  readonly position: Position;
  /** The scheduler's counts and history. */
  readonly scheduler: SchedulerState;
}

/** A checkpoint that was read. */
export interface Checkpoint extends CheckpointState {
  /** Puts model and optimizer where they were. */
  restore(model: tf.LayersModel): void;
}

const MAGIC = "clr-checkpoint-1";
/** How many of the last checkpoints are kept. */
const KEPT = 2;
const NAME = /^checkpoint-(\d{9})\.bin$/;

/** Replaces typed arrays by their place in one buffer. */
interface PackedTensor {
  name: string;
  shape: readonly number[];
  dtype: "float32" | "int32";
  offset: number;
  length: number;
}
type PackedOptimizer = Omit<OptimizerState, "scalars" | "slots"> & {
  scalars: Record<string, PackedTensor>;
  slots: Record<string, PackedTensor[]>;
};
interface Header extends CheckpointState {
  masks: number;
  weights: PackedTensor[];
  optimizer: PackedOptimizer;
}

/**
 * Writes a checkpoint beside the last ones and keeps two. The file is whole or not there.
 *
 * @param directory Where checkpoints are kept.
 * @param model The compiled model; weights, optimizer and dropout go in.
 * @param state What else goes in.
 * @throws {Deno.errors.PermissionDenied | Error} If it cannot be written; the last ones stay.
 */
export async function writeCheckpoint(directory: string, model: tf.LayersModel, state: CheckpointState): Promise<void> {
  const data: Uint8Array[] = [];
  let offset = 0;
  const pack = ({ name, shape, values }: SavedTensor): PackedTensor => {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    data.push(bytes);
    offset += bytes.length;
    const dtype = values instanceof Int32Array ? "int32" : "float32";
    return { name, shape, dtype, offset: offset - bytes.length, length: values.length };
  };
  const weights: PackedTensor[] = [];
  for (const { originalName, shape, read } of weightsOf(model)) {
    weights.push(pack({ name: originalName, shape, values: (await read().data() as Float32Array).slice() }));
  }
  const { scalars, slots, ...rest } = await optimizerState(model.optimizer);
  const optimizer: PackedOptimizer = {
    ...rest,
    scalars: Object.fromEntries(Object.entries(scalars).map(([name, tensor]) => [name, pack(tensor)])),
    slots: Object.fromEntries(Object.entries(slots).map(([name, list]) => [name, list.map(pack)])),
  };
  const header: Header = { ...state, masks: dropoutMasks(model), weights, optimizer };
  const bytes = assemble(new TextEncoder().encode(JSON.stringify(header)), data);
  await writeWhole(join(directory, `checkpoint-${String(state.scheduler.iteration).padStart(9, "0")}.bin`), bytes);
  for (const name of (await checkpointNames(directory)).slice(KEPT)) await Deno.remove(join(directory, name));
}

/** The file: a magic word, the header's length, the header, the data, and a sha256 of all before it. */
function assemble(header: Uint8Array, data: Uint8Array[]): Uint8Array {
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

/** The checkpoints' names, the newest first. */
async function checkpointNames(directory: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(directory));
    return entries.map(({ name }) => name).filter((name) => NAME.test(name)).sort().reverse();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw fileError("read", directory, error);
  }
}

/**
 * Reads the newest good checkpoint.
 *
 * @param directory Where checkpoints are kept.
 * @param run What the run is; see {@linkcode CheckpointState.run}.
 * @returns The checkpoint, or undefined if there is none.
 * @throws {TypeError} If the checkpoint is of another run.
 * @throws {Deno.errors.InvalidData} If there are checkpoints and none is good.
 */
export async function readCheckpoint(directory: string, run: string): Promise<Checkpoint | undefined> {
  const names = await checkpointNames(directory);
  let damage = "";
  for (const name of names) {
    const path = join(directory, name);
    const bytes = await Deno.readFile(path).catch((error) => {
      throw fileError("read", path, error);
    });
    const found = parse(bytes);
    if (typeof found === "string") {
      damage = `${name} with ${found}`;
      continue;
    }
    if (found.header.run !== run) {
      throw new TypeError(
        `Cannot resume from ${path}: it must be of this model, data and config, got one of another run`,
      );
    }
    return { ...found.header, restore: (model) => restore(model, found.header, found.data) };
  }
  if (names.length === 0) return undefined;
  throw new Deno.errors.InvalidData(`Cannot resume from ${directory}: it must hold a whole checkpoint, got ${damage}`);
}

/** The parts of a checkpoint, or what is wrong with it. */
function parse(bytes: Uint8Array): { header: Header; data: Uint8Array } | string {
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

/** Whether a header has the right kinds, and every tensor lies within the data. */
function isHeader(header: Header, size: number): boolean {
  const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  const isObject = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);
  const isTensor = (tensor: PackedTensor) =>
    isObject(tensor) && typeof tensor.name === "string" && ["float32", "int32"].includes(tensor.dtype) &&
    isCount(tensor.offset) && isCount(tensor.length) && tensor.offset + 4 * tensor.length <= size &&
    Array.isArray(tensor.shape) && tensor.shape.every(isCount) &&
    tensor.shape.reduce((product, side) => product * side, 1) === tensor.length;
  const { position, scheduler, masks, weights, optimizer } = isObject(header) ? header : {} as Header;
  return isObject(position) && isCount(position.epoch) && isCount(position.batch) && isObject(scheduler) &&
    isCount(masks) && Array.isArray(weights) && weights.every(isTensor) && isObject(optimizer) &&
    isObject(optimizer.numbers) && Object.values(optimizer.numbers).every((value) => typeof value === "number") &&
    isObject(optimizer.scalars) && Object.values(optimizer.scalars).every(isTensor) &&
    isObject(optimizer.slots) &&
    Object.values(optimizer.slots).every((list) => Array.isArray(list) && list.every(isTensor));
}

function restore(model: tf.LayersModel, header: Header, data: Uint8Array): void {
  const unpack = ({ name, shape, dtype, offset, length }: PackedTensor): SavedTensor => {
    const bytes = data.slice(offset, offset + 4 * length);
    return { name, shape, values: dtype === "int32" ? new Int32Array(bytes.buffer) : new Float32Array(bytes.buffer) };
  };
  const layers = weightsOf(model);
  const fits = layers.length === header.weights.length &&
    layers.every(({ shape }, index) => shape.join() === header.weights[index].shape.join());
  if (!fits) {
    throw new TypeError(
      `Cannot restore a checkpoint: the model must have its ${header.weights.length} weights, got ${layers.length}`,
    );
  }
  tf.tidy(() =>
    model.setWeights(header.weights.map((weight) => {
      const { values, shape } = unpack(weight);
      return tf.tensor(values, [...shape]);
    }))
  );
  const { scalars, slots, ...rest } = header.optimizer;
  restoreOptimizer(model.optimizer, {
    ...rest,
    scalars: Object.fromEntries(Object.entries(scalars).map(([name, tensor]) => [name, unpack(tensor)])),
    slots: Object.fromEntries(Object.entries(slots).map(([name, list]) => [name, list.map(unpack)])),
  });
  setDropoutMasks(model, header.masks);
}

/** A model's weights in the order of `setWeights`. */
function weightsOf(model: tf.LayersModel) {
  return model.weights.map((weight) => ({
    originalName: weight.originalName,
    shape: weight.shape as number[],
    read: () => weight.read(),
  }));
}
