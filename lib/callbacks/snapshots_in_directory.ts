/**
 * `snapshots` for Deno, where it can also write each cycle's model to a directory.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { loadModel, saveModel } from "../models/storage.ts";
import { checkOptions, shown } from "../support/check.ts";
import { exists, fileError } from "../support/files.ts";
import { join } from "../support/path.ts";
import { type SnapshotOptions, type Snapshots, snapshots as takeSnapshots } from "./snapshots.ts";

/** Options of {@linkcode snapshots}: give `save` or `directory` or neither. */
export interface SnapshotDirectoryOptions extends SnapshotOptions {
  /** The directory for the models, which are called `cycle-001` and so on. It is created if it does not exist. */
  directory?: string;
}

/**
 * Takes a snapshot of the model at the end of each cycle, so that one training yields several models for an `ensemble`.
 *
 * By default the snapshots are copies in memory, in `models`; each cycle costs the memory of one copy of the weights
 * until `dispose()`. With `directory`, they are written there in the tfjs format, and {@linkcode loadSnapshots} loads
 * them. With `save`, your function gets the model and the number of the cycle, counted from 1. If saving fails, the fit
 * ends with an error that says why; the model keeps its weights and the scheduler its history, and another fit
 * continues from there.
 *
 * Source: Huang et al., Snapshot Ensembles: Train 1, Get M for Free (2017).
 *
 * @param options See {@linkcode SnapshotDirectoryOptions}.
 * @throws {TypeError} If an option is unknown or of the wrong kind, or both are given; when a fit starts, if it has no
 * scheduler with cycles.
 * @throws {Deno.errors.PermissionDenied | Error} While it trains, if a snapshot cannot be written.
 * @example
 * ```ts ignore
 * import { callbacks, CyclicLR, ensemble, loadSnapshots, snapshots } from "../lib/mod.ts";
 *
 * const list = callbacks(new CyclicLR(), snapshots({ directory: "output/snapshots" }));
 * await model.fitDataset(train, { epochs: 32, callbacks: list });
 * const models = ensemble(await loadSnapshots("output/snapshots"));
 * ```
 */
export function snapshots(options: SnapshotDirectoryOptions = {}): Snapshots {
  const verb = "take snapshots";
  checkOptions(verb, options, ["save", "directory"]);
  const { directory, save } = options;
  if (directory === undefined) return takeSnapshots({ save });
  if (typeof directory !== "string" || directory === "") {
    throw new TypeError(`Cannot ${verb}: directory must be a path, got ${shown(directory)}`);
  }
  if (save) throw new TypeError(`Cannot ${verb}: save and directory exclude each other, got both`);
  return takeSnapshots({
    save: (model, cycle) => saveModel(model, join(directory, `cycle-${String(cycle).padStart(3, "0")}`)),
  });
}

/**
 * Loads the models that {@linkcode snapshots} wrote to a directory, in the order of their cycles. If an earlier
 * training wrote to the same directory, its models are included.
 *
 * @param directory The directory.
 * @throws {Deno.errors.NotFound} If the directory does not exist.
 * @throws {Deno.errors.InvalidData} If the files are not models.
 * @example
 * ```ts ignore
 * import { ensemble, loadSnapshots } from "../lib/mod.ts";
 *
 * const models = ensemble(await loadSnapshots("output/snapshots"));
 * ```
 */
export async function loadSnapshots(directory: string): Promise<tf.LayersModel[]> {
  const models: tf.LayersModel[] = [];
  try {
    for (const name of await snapshotNames(directory)) models.push(await loadModel(join(directory, name)));
  } catch (error) {
    models.forEach((model) => model.dispose());
    throw error;
  }
  return models;
}

/** The snapshots in a directory, in the order of their cycles. */
async function snapshotNames(directory: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(directory)).catch((error) => {
    throw fileError("read", directory, error);
  });
  const cycles = entries.map(({ name }) => name.match(/^cycle-(\d+)$/)).filter((match) => match !== null);
  return cycles.sort((a, b) => Number(a[1]) - Number(b[1])).map(([name]) => name);
}

/** Whether a directory exists and holds snapshots. */
export async function hasSnapshots(directory: string): Promise<boolean> {
  return await exists(directory) && (await snapshotNames(directory)).length > 0;
}
