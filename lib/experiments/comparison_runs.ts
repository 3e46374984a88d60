/**
 * The trainings of a comparison as files: each is there or is not, so that a comparison may stop anywhere, and many
 * machines may share it.
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
  /** The value of the setting that is varied. */
  readonly value?: number;
  /** The experiment. */
  readonly experiment: Experiment;
}

/** A training that was done. */
export interface DoneRun extends Job {
  /** The backend. */
  readonly backend: string;
  /** The command that made it, without the places that it wrote to and without its shard. */
  readonly command?: string;
  /** The accuracy on the images held out at the end, to choose by. */
  readonly heldOutAccuracy: number;
  /** What a record keeps of it. */
  readonly result: RecordRun;
}

/** The name of a job's files. */
export function jobName({ name, seed, value }: Job): string {
  return [name, ...value === undefined ? [] : [String(value)], `seed${seed}`].join("-");
}

/** Writes a training that was done. */
export async function writeRun(directory: string, run: DoneRun): Promise<void> {
  await writeWhole(join(directory, "runs", `${jobName(run)}.json`), JSON.stringify(run));
}

/**
 * The trainings that a directory holds.
 *
 * @throws {Deno.errors.InvalidData} If a file there is not a run of a comparison.
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

/** Whether a job was done: the same experiment on the same backend. */
export function isDone(job: Job, backend: string, there: readonly DoneRun[]): boolean {
  const key = JSON.stringify(job.experiment);
  return there.some((run) => run.backend === backend && JSON.stringify(run.experiment) === key);
}

/** What a training changes in the experiment that all share, group by group. */
export function differences(shared: Experiment, experiment: Experiment): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(experiment).filter(([group, settings]) =>
      group !== "seed" && JSON.stringify(settings) !== JSON.stringify(shared[group as keyof Experiment])
    ),
  );
}

/** For each schedule, the value with the best score on the images held out. */
export function chosenValues(runs: readonly DoneRun[], seed: number): Map<string, number> {
  const chosen = new Map<string, number>();
  for (const name of new Set(runs.map((run) => run.name))) {
    const own = runs.filter((run) => run.name === name && run.seed === seed && run.value !== undefined);
    const best = own.reduce((one, other) => other.heldOutAccuracy > one.heldOutAccuracy ? other : one, own[0]);
    if (best) chosen.set(name, best.value!);
  }
  return chosen;
}
