/**
 * `snapshots` where there are files: it writes each cycle's model to a directory.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { loadModel, saveModel } from "../models/storage.ts";
import { checkOptions, shown } from "../support/check.ts";
import { fileError } from "../support/files.ts";
import { join } from "../support/path.ts";
import { type SnapshotOptions, type Snapshots, snapshots as takeSnapshots } from "./snapshots.ts";

/** Options of {@linkcode snapshots}: one of the two, or none. */
export interface SnapshotDirectoryOptions extends SnapshotOptions {
  /** Where the models go, as `cycle-001` and so on; made if it is not there. */
  directory?: string;
}

/**
 * Takes a snapshot of the model at the end of each cycle: models for an `ensemble` from one training.
 *
 * They are copies in memory, in `models`, which cost one copy of the weights a cycle until `dispose()`; or they go to
 * `directory`, in the tfjs format, for {@linkcode loadSnapshots}; or `save` is handed the model and the cycle, counted from
 * 1. If saving fails, the fit ends with an error that says why; the model keeps its weights and the scheduler its history,
 * and a further fit goes on from there.
 *
 * Source: Huang et al., Snapshot Ensembles: Train 1, Get M for Free (2017).
 *
 * @param options See {@linkcode SnapshotDirectoryOptions}.
 * @throws {TypeError} If an option is unknown or of the wrong kind, or both are given; at the start of the fit, if it has no
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
 * Loads the models that {@linkcode snapshots} wrote to a directory, in the order of their cycles. Those of an earlier
 * training in the same directory are among them.
 *
 * @param directory The directory.
 * @throws {Deno.errors.NotFound} If there is none.
 * @throws {Deno.errors.InvalidData} If the files are not models.
 * @example
 * ```ts ignore
 * import { ensemble, loadSnapshots } from "../lib/mod.ts";
 *
 * const models = ensemble(await loadSnapshots("output/snapshots"));
 * ```
 */
export async function loadSnapshots(directory: string): Promise<tf.LayersModel[]> {
  const entries = await Array.fromAsync(Deno.readDir(directory)).catch((error) => {
    throw fileError("read", directory, error);
  });
  const cycles = entries.map(({ name }) => name.match(/^cycle-(\d+)$/)).filter((match) => match !== null);
  cycles.sort((a, b) => Number(a[1]) - Number(b[1]));
  const models: tf.LayersModel[] = [];
  try {
    for (const [name] of cycles) models.push(await loadModel(join(directory, name)));
  } catch (error) {
    models.forEach((model) => model.dispose());
    throw error;
  }
  return models;
}
