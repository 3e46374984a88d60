/**
 * Stores the trainings of a comparison as files. Each training either has its file or not, so that a comparison can
 * stop at any time, and several machines can share it.
 * @module
 */
import { fileError, writeWhole } from "../support/files.ts";
import { join } from "../support/path.ts";
import type { Experiment } from "./experiment.ts";
import type { RecordRun } from "./record.ts";

/** One training to do. */
export interface Job {
  /** The schedule's name. */
  readonly name: string;
  /** The seed. */
  readonly seed: number;
  /** The value of the setting that the comparison varies. */
  readonly value?: number;
  /** The experiment. */
  readonly experiment: Experiment;
}

/** A completed training. */
export interface DoneRun extends Job {
  /** The backend. */
  readonly backend: string;
  /** The command that made it, without its output paths and its shard. */
  readonly command?: string;
  /** The machine that made it, in words. */
  readonly hardware?: string;
  /** The final accuracy on the held-out images, by which to choose. */
  readonly heldOutAccuracy: number;
  /** The part of the training that a record keeps. */
  readonly result: RecordRun;
}

/** The name of a job's files. */
export function jobName({ name, seed, value }: Job): string {
  return [name, ...value === undefined ? [] : [String(value)], `seed${seed}`].join("-");
}

/** Writes a completed training. */
export async function writeRun(directory: string, run: DoneRun): Promise<void> {
  await writeWhole(join(directory, "runs", `${jobName(run)}.json`), JSON.stringify(run));
}

/**
 * Reads the trainings in a directory.
 *
 * @throws {Deno.errors.InvalidData} If a file in it is not a run of a comparison.
 */
export async function readRuns(directory: string): Promise<DoneRun[]> {
  const path = join(directory, "runs");
  try {
    const entries = await Array.fromAsync(Deno.readDir(path));
    const names = entries.map(({ name }) => name).filter((name) => name.endsWith(".json") && !name.startsWith("."));
    return await Promise.all(names.sort().map(async (name) => asRun(await Deno.readTextFile(join(path, name)), name)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error instanceof Deno.errors.InvalidData ? error : fileError("read", path, error);
  }
}

function asRun(text: string, name: string): DoneRun {
  const refuse = (cause?: unknown) =>
    new Deno.errors.InvalidData(`Cannot use ${name}: it must be a run of a comparison, got something else`, { cause });
  let run: DoneRun;
  try {
    run = JSON.parse(text);
  } catch (error) {
    throw refuse(error);
  }
  if (typeof run?.experiment !== "object" || typeof run.result !== "object" || typeof run.name !== "string") {
    throw refuse();
  }
  return run;
}

/** Whether a job is done: the same experiment was run on the same backend. */
export function isDone(job: Job, backend: string, there: readonly DoneRun[]): boolean {
  const key = JSON.stringify(job.experiment);
  return there.some((run) => run.backend === backend && JSON.stringify(run.experiment) === key);
}

/** What a training changes in the shared experiment, group by group. */
export function differences(shared: Experiment, experiment: Experiment): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(experiment).filter(([group, settings]) =>
      group !== "seed" && JSON.stringify(settings) !== JSON.stringify(shared[group as keyof Experiment])
    ),
  );
}

/** For each schedule, the value with the best score on the held-out images. */
export function chosenValues(runs: readonly DoneRun[], seed: number): Map<string, number> {
  const chosen = new Map<string, number>();
  for (const name of new Set(runs.map((run) => run.name))) {
    const own = runs.filter((run) => run.name === name && run.seed === seed && run.value !== undefined);
    const best = own.reduce((one, other) => other.heldOutAccuracy > one.heldOutAccuracy ? other : one, own[0]);
    if (best) chosen.set(name, best.value!);
  }
  return chosen;
}
