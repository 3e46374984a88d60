/**
 * Runs the trainings of a comparison one after another. Each continues from its checkpoint and leaves one file.
 * @module
 */
import type { BackendName } from "../backend/select.ts";
import { ProgressBar } from "../callbacks/progress.ts";
import { comparisonMarkdown, comparisonTable } from "../evaluation/comparison.ts";
import { type DoneRun, isDone, type Job, jobName, readRuns, writeRun } from "../experiments/comparison_runs.ts";
import { readCheckpoint } from "../experiments/checkpoint.ts";
import { planExperiment } from "../experiments/plan.ts";
import { hardwareText, recordRun } from "../experiments/record.ts";
import { factsOf, type Images } from "../experiments/registries/datasets.ts";
import { identityOf } from "../experiments/saved.ts";
import { runTraining } from "../experiments/trainer.ts";
import { recordsOf } from "../history/history.ts";
import { disposeModel } from "../optimizers/dispose.ts";
import { removeAll } from "../support/files.ts";
import { join } from "../support/path.ts";
import { scored } from "./comparison_files.ts";
import { valueText } from "./comparison_jobs.ts";
import { UsageError } from "./flags.ts";
import { planOn } from "./session.ts";
import type { Stop, Voice } from "./terminal.ts";

const notFree = (directory: string, what: string, cause?: unknown): UsageError =>
  new UsageError(
    `Cannot write to ${directory}: --output takes a new directory or one of the same comparison, got one in which ${what}`,
    { cause },
  );

/** Throws if a training's file would overwrite that of a different training. */
export function checkFree(jobs: readonly Job[], directory: string, backend: string, there: readonly DoneRun[]): void {
  const taken = new Map(there.map((run) => [jobName(run), run]));
  const other = jobs.find((job) => taken.has(jobName(job)) && !isDone(job, backend, [taken.get(jobName(job))!]));
  if (other) {
    throw notFree(directory, `${jobName(other)} has other settings or another backend`);
  }
}

/** Where and how jobs run. */
export interface Running {
  /** The part of the jobs to run here. */
  readonly shard: { readonly number: number; readonly of: number };
  /** The directory for the files of the runs. */
  readonly directory: string;
  /** The backend. */
  readonly backend: BackendName;
  /** The images of all runs. */
  readonly images: Images;
  /** The command that repeats the comparison. */
  readonly command: string;
  /** Stops a training after its current batch. */
  readonly stop: Stop;
  /** Prints what happens. */
  readonly speak: Voice;
  /** Whether values are being chosen, in which case scores on the test images are not shown. */
  readonly choosing?: boolean;
}

/** Runs the jobs that are not done yet. Returns false if it was stopped. */
export async function runJobs(jobs: readonly Job[], running: Running): Promise<boolean> {
  const { shard, directory, backend, speak, choosing } = running;
  const there = await readRuns(directory);
  const open = jobs.filter((job, index) => index % shard.of === shard.number - 1 && !isDone(job, backend, there));
  for (const job of open) await checkBegun(job, running);
  for (const [index, job] of open.entries()) {
    const { name, seed, value } = job;
    const at = value === undefined ? "" : ` at ${valueText(job)}`;
    speak.say(`\n${name}${at}, seed ${seed} (run ${index + 1} of ${open.length})`);
    const run = await runJob(job, running);
    if (!run) {
      speak.say("Stopped. Run the same command again to continue.");
      return false;
    }
    await writeRun(directory, run);
    await removeAll(join(directory, "runs", jobName(job)));
    there.push(run);
    if (choosing) {
      speak.say(`Accuracy on held-out images: ${(100 * run.heldOutAccuracy).toFixed(1)} %`);
      continue;
    }
    const done = matching(jobs, there);
    const several = done.some((run) => run.name === name && run.value !== value);
    const shown = several ? done.filter((run) => run.value === value) : done;
    speak.say(`\n${comparisonMarkdown(comparisonTable(shown.map(scored)))}`);
  }
  return true;
}

/** Throws if a training of the same name was begun in the directory and is a different one. */
async function checkBegun(job: Job, { directory, backend, images }: Running): Promise<void> {
  const { experiment } = planExperiment(job.experiment, factsOf(images));
  try {
    await readCheckpoint(join(directory, "runs", jobName(job)), identityOf(experiment, backend));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw notFree(directory, `${jobName(job)} was begun with other settings or another backend`, error);
  }
}

/** Runs one training, from its checkpoint if there is one. Returns undefined if it was stopped. */
async function runJob(job: Job, running: Running): Promise<DoneRun | undefined> {
  const { directory, backend, images, command, stop, speak } = running;
  const { plan, data } = planOn(job.experiment, images);
  const { experiment } = plan;
  const result = await runTraining(plan, data, {
    callbacks: [new ProgressBar({ sink: speak.sink, plan })],
    signal: stop.signal,
    checkpoints: {
      directory: join(directory, "runs", jobName(job)),
      everyMs: 300_000,
      run: identityOf(experiment, backend),
    },
    resume: true,
  });
  disposeModel(result.model);
  result.average?.dispose();
  if (result.status === "interrupted") return undefined;
  const { history } = result.scheduler;
  const classes = experiment.data.classes.length;
  const last = recordsOf(history, "val_accuracy").at(-1);
  return {
    ...job,
    backend,
    command,
    hardware: hardwareText(backend),
    heldOutAccuracy: result.evaluation ? last?.val_accuracy ?? 1 / classes : 1 / classes,
    result: recordRun({
      ...{ name: job.name, seed: job.seed, history, scores: result.scores },
      ...{ epochs: result.scheduler.iteration / plan.batchesPerEpoch, minutes: result.elapsedMs / 60_000 },
    }, { count: 8, classes }),
  };
}

/** The completed runs of these jobs. */
export const matching = (jobs: readonly Job[], runs: readonly DoneRun[]): DoneRun[] => {
  const keys = new Set(jobs.map(({ experiment }) => JSON.stringify(experiment)));
  return runs.filter(({ experiment }) => keys.has(JSON.stringify(experiment)));
};
