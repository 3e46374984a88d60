/**
 * Saves everything that a training needs to continue, in one file with a checksum.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { fileError, writeWhole } from "../support/files.ts";
import { dropoutMasks, setDropoutMasks } from "../models/seeded_dropout.ts";
import { shown } from "../support/check.ts";
import { join } from "../support/path.ts";
import { variables } from "../support/variables.ts";
import { readTensor, tensorOf } from "../optimizers/saved_tensor.ts";
import { optimizerState, restoreOptimizer, type SavedTensor } from "../optimizers/state.ts";
import {
  assemble,
  type CheckpointState,
  type Header,
  type PackedOptimizer,
  type PackedTensor,
  Packer,
  parse,
  unpack,
} from "./checkpoint_file.ts";

/** A checkpoint that was read. */
export interface Checkpoint extends CheckpointState {
  /** Restores model and optimizer. */
  restore(model: tf.LayersModel): void;
}

/** How many of the latest checkpoints to keep. */
const KEPT = 2;
const NAME = /^checkpoint-(\d{9})\.bin$/;

/**
 * Writes a checkpoint, and keeps it and the one before. The file is either complete or absent.
 *
 * @param directory The directory of the checkpoints.
 * @param model The compiled model; its weights, optimizer and dropout are saved.
 * @param state What else to save.
 * @throws {Deno.errors.PermissionDenied | Error} If the file cannot be written; then the earlier checkpoints are kept.
 */
export async function writeCheckpoint(directory: string, model: tf.LayersModel, state: CheckpointState): Promise<void> {
  const packer = new Packer();
  const pack = (tensor: SavedTensor) => packer.pack(tensor);
  const weights: PackedTensor[] = [];
  for (const [index, variable] of variables(model.weights).entries()) {
    weights.push(pack(await readTensor(model.weights[index].originalName, variable)));
  }
  const { scalars, slots, ...rest } = await optimizerState(model.optimizer);
  const optimizer: PackedOptimizer = {
    ...rest,
    scalars: Object.fromEntries(Object.entries(scalars).map(([name, tensor]) => [name, pack(tensor)])),
    slots: Object.fromEntries(Object.entries(slots).map(([name, list]) => [name, list.map(pack)])),
  };
  const { average, ...plain } = state;
  const header: Header = {
    ...{ ...plain, masks: dropoutMasks(model), weights, optimizer },
    ...(average && { average: { ...average, tensors: average.tensors.map(pack) } }),
  };
  const bytes = assemble(header, packer.data);
  await writeWhole(join(directory, `checkpoint-${String(state.scheduler.iteration).padStart(9, "0")}.bin`), bytes);
  for (const name of (await checkpointNames(directory)).slice(KEPT)) await Deno.remove(join(directory, name));
}

/** Whether a directory has checkpoints. */
export async function hasCheckpoints(directory: string): Promise<boolean> {
  return (await checkpointNames(directory)).length > 0;
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
 * @param directory The directory of the checkpoints.
 * @param run Identifies the run; see {@linkcode CheckpointState.run}.
 * @returns The checkpoint, or undefined if there is none.
 * @throws {TypeError} If the checkpoint belongs to another run.
 * @throws {Deno.errors.InvalidData} If there are checkpoints but all are damaged.
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
        `Cannot resume from ${path}: it must belong to this model, data and config, on this backend, got one of another run`,
      );
    }
    const { header, data } = found;
    const average = header.average &&
      { ...header.average, tensors: header.average.tensors.map((tensor) => unpack(tensor, data)) };
    return { ...header, average, restore: (model) => restore(model, header, data) };
  }
  if (names.length === 0) return undefined;
  throw new Deno.errors.InvalidData(
    `Cannot resume from ${directory}: it must hold an undamaged checkpoint, got ${damage}`,
  );
}

function restore(model: tf.LayersModel, header: Header, data: Uint8Array): void {
  const unpacked = (packed: PackedTensor) => unpack(packed, data);
  const own = variables(model.weights);
  const other = header.weights.find(({ shape }, index) => `${shape}` !== `${own[index]?.shape}`);
  if (other || own.length !== header.weights.length) {
    const [wanted, got] = own.length === header.weights.length
      ? [
        `a weight ${shown(other!.name)} of shape ${shown(other!.shape)}`,
        shown(own[header.weights.indexOf(other!)].shape),
      ]
      : [`its ${header.weights.length} weights`, own.length];
    throw new TypeError(`Cannot restore a checkpoint: the model must have ${wanted}, got ${got}`);
  }
  tf.tidy(() => own.forEach((variable, index) => variable.assign(tensorOf(unpacked(header.weights[index])))));
  const { scalars, slots, ...rest } = header.optimizer;
  restoreOptimizer(model.optimizer, {
    ...rest,
    scalars: Object.fromEntries(Object.entries(scalars).map(([name, tensor]) => [name, unpacked(tensor)])),
    slots: Object.fromEntries(Object.entries(slots).map(([name, list]) => [name, list.map(unpacked)])),
  });
  const { masks } = header;
  setDropoutMasks(model, typeof masks === "number" ? dropoutMasks(model).map(() => masks) : masks);
}
