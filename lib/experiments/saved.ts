/**
 * Reads and writes experiments as files: a run's config.json, a record, or an experiment by itself.
 * @module
 */
import { fileError, writeWhole } from "../support/files.ts";
import { join } from "../support/path.ts";
import { createHash } from "node:crypto";
import type { Experiment } from "./experiment.ts";
import { fromOldConfig, isOldConfig } from "./old_config.ts";
import type { ResultRecord } from "./record.ts";

/** What a file holds. */
export interface SavedExperiment {
  /** The experiment. */
  readonly experiment: Experiment;
  /** The settings exactly as in the file, by which a run's checkpoints are matched to it. */
  readonly raw: unknown;
  /** The command that made the run, if the file states it. */
  readonly command?: string;
  /** The backend that it ran on, if the file states it. */
  readonly backend?: string;
  /** The record, if the file is one. */
  readonly record?: ResultRecord;
}

/**
 * Reads an experiment.
 *
 * @param path A run's config.json, even in the old form from before experiments had groups, or a record.
 * @throws {Deno.errors.NotFound | Error} If the file cannot be read.
 * @throws {TypeError} If the file holds no experiment.
 */
export async function readExperiment(path: string): Promise<SavedExperiment> {
  const text = await Deno.readTextFile(path).catch((error) => {
    throw fileError("read", path, error);
  });
  const refuse = (cause?: unknown) =>
    new TypeError(`Cannot use ${path}: it must be a run's config.json or a record, got something else`, { cause });
  let json:
    | { config?: unknown; experiment?: unknown; about?: { command?: string; backend?: string }; runs?: unknown }
    | null;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw refuse(error);
  }
  const raw = json?.config ?? json?.experiment;
  if (typeof raw !== "object" || raw === null) throw refuse();
  const runs = json!.runs;
  const isRecord = Array.isArray(runs) && runs.length > 0 && runs.every((run) => typeof run?.seed === "number");
  if (runs !== undefined && !isRecord) throw refuse();
  const experiment = isOldConfig(raw) ? fromOldConfig(raw) : raw as Experiment;
  const { command, backend } = json!.about ?? {};
  return {
    experiment,
    raw,
    ...(command && { command }),
    ...(backend && { backend }),
    ...(isRecord && { record: json as ResultRecord }),
  };
}

/** Writes a run's settings; `--config` and `--resume` read them again. */
export async function writeExperiment(
  directory: string,
  experiment: Experiment,
  about: Record<string, unknown>,
): Promise<void> {
  await writeWhole(join(directory, "config.json"), `${JSON.stringify({ config: experiment, about }, null, 2)}\n`);
}

/** Identifies the run that a checkpoint belongs to, by its settings, exactly as in its file, and its backend. */
export function identityOf(raw: unknown, backend: string): string {
  return createHash("sha256").update(JSON.stringify([raw, backend])).digest("hex");
}
