/**
 * `deno task compare`: schedules against each other at one budget, resumable within each run, shardable.
 * @module
 */
import type { BackendName } from "../../backend/select.ts";
import { ProgressBar } from "../../callbacks/progress.ts";
import { comparisonMarkdown, comparisonTable } from "../../evaluation/comparison.ts";
import {
  chosenValues,
  type DoneRun,
  isDone,
  type Job,
  jobName,
  readRuns,
  writeRun,
} from "../../experiments/comparison_runs.ts";
import { recordRun } from "../../experiments/record.ts";
import type { Images } from "../../experiments/registries/datasets.ts";
import { identityOf } from "../../experiments/saved.ts";
import { runTraining } from "../../experiments/trainer.ts";
import { removeDirectory } from "../../support/files.ts";
import { join } from "../../support/path.ts";
import { scored, writeComparison } from "../comparison_files.ts";
import { JOB_FLAGS, jobsOf, recordJobs, shardFlag, VARIED } from "../comparison_jobs.ts";
import { EXPERIMENT_GROUPS } from "../experiment_flags.ts";
import { commandOf, type Flag, helpText, parseFlags, refuseFlags, UsageError } from "../flags.ts";
import { LIST_FLAG, listText } from "../list.ts";
import { backendFlag, checkEarly, loadImages, MACHINE_FLAGS, planOn, readSaved, startBackend } from "../session.ts";
import { hearSignals, type Stop, type Voice, voice } from "../terminal.ts";

const COMPARE_FLAGS = {
  seeds: { takes: "number", help: "how many seeds; several give mean, deviation and differences (1)" },
  choose: { help: "choose each schedule's value on held-out images with the first seed, for all seeds" },
  shard: { takes: "text", help: "a part of the runs, as in 2/4: the second of four" },
  merge: { takes: "text", help: "put the runs of a directory together: no training" },
  config: { takes: "text", help: "start from a run's config.json, or repeat a record" },
  output: { takes: "text", help: "where runs and results go (output/compare); runs that are there are kept" },
  record: { takes: "text", help: "write the results to this file as a record" },
  ...LIST_FLAG,
} as const satisfies Record<string, Flag>;

const FLAGS = { ...JOB_FLAGS, ...MACHINE_FLAGS, ...COMPARE_FLAGS };
const SETTINGS = Object.keys(JOB_FLAGS) as (keyof typeof JOB_FLAGS)[];

/** An experiment's flags in groups, as far as a comparison takes them: it has several schedules. */
const GROUPS = Object.fromEntries(
  Object.entries(EXPERIMENT_GROUPS).map(([title, flags]) =>
    [title, Object.fromEntries(Object.entries(flags).filter(([name]) => name in JOB_FLAGS))] as const
  ),
);

const HELP = helpText(
  "deno task compare: train the same model under several schedules at one budget. One of\n" +
    `${VARIED.map((name) => `--${name}`).join(", ")}\nmay have several values, as in ` +
    "0.002,0.01,0.05: every schedule then trains with each.",
  { "What to compare": { schedules: JOB_FLAGS.schedules, ...COMPARE_FLAGS }, ...GROUPS, "The machine": MACHINE_FLAGS },
  [
    "deno task compare --seeds 3",
    "deno task compare --schedules triangular,one-cycle --epochs 4",
    "deno task compare --max-lr 0.005,0.02,0.08 --choose --seeds 3      each at its own best maximum",
    "deno task compare --max-lr 0.002,0.01,0.05 --schedules fixed,step  what a bad guess costs",
    "deno task compare --shard 1/4 --output shared/comparison           one of four jobs",
    "deno task compare --merge shared/comparison                        when all have ended",
  ],
);

/** Runs the command; returns the exit code. */
export async function compare(args: readonly string[]): Promise<number> {
  const flags = parseFlags(FLAGS, args);
  const speak = voice();
  if (flags.help || flags.list) {
    speak.say(flags.help ? HELP : listText());
    return 0;
  }
  const command = commandOf("compare", args);
  if (flags.merge !== undefined) return await writeComparison(flags.merge, { command, ...flags }, speak);
  const saved = flags.config === undefined ? undefined : await readSaved(flags.config);
  const count = flags.seeds ?? 1;
  if (!Number.isInteger(count) || count < 1) {
    throw new UsageError(`Cannot read --seeds: it takes a whole number of 1 or more, got ${count}`);
  }
  const shard = shardFlag(flags.shard);
  if (flags.choose && shard.of > 1) {
    throw new UsageError("Cannot choose values in parts: --choose takes no --shard, got both");
  }
  if (saved?.record) {
    refuseFlags(flags, [...SETTINGS, "seeds", "choose"], "Cannot repeat a record: it has its own settings");
  }
  const choice = backendFlag(flags.backend);
  const jobsOn = (backend: string) =>
    saved?.record ? recordJobs(saved.record) : jobsOf(flags, count, backend, saved?.experiment);
  const asked = jobsOn(choice); // a wrong call is found before anything is set up
  for (const { experiment } of asked) checkEarly(experiment, flags);
  if (flags.choose && (asked[0].value === undefined || asked[0].experiment.data.validationSize === 0)) {
    throw new UsageError("Cannot choose values: --choose needs several of one flag, and images held out, got none");
  }
  const directory = flags.output ?? join("output", "compare");

  const stop = hearSignals(speak.say);
  const { precision } = asked[0].experiment;
  const backend = await startBackend(choice, { precision, offline: flags.offline }, speak);
  const jobs = jobsOn(backend);
  const images = await loadImages(jobs[0].experiment, flags, speak, stop);
  const { plan } = planOn(jobs[0].experiment, images);
  speak.say(`Budget: ${plan.iterations} iterations of ${plan.experiment.budget.batchSize} images a run`);
  checkFree(jobs, directory, backend, await readRuns(directory));
  const running = { shard, directory, backend, images, command, stop, speak };
  const firstSeed = jobs[0].seed;
  const exploring = flags.choose ? jobs.filter(({ seed }) => seed === firstSeed) : jobs;
  if (!await runJobs(exploring, { ...running, choosing: flags.choose })) return stop.code();
  if (flags.choose && count > 1) {
    const chosen = chosenValues(matching(exploring, await readRuns(directory)), firstSeed);
    speak.say(`\nChosen on held-out images: ${[...chosen].map(([name, value]) => `${name} ${value}`).join(", ")}`);
    if (!await runJobs(jobs.filter(({ name, value }) => value === chosen.get(name)), running)) return stop.code();
  }
  if (shard.of > 1) {
    speak.say(`Shard ${shard.number} of ${shard.of} has ended; --merge ${directory} puts all together.`);
    return 0;
  }
  return await writeComparison(directory, { command, jobs, ...flags }, speak);
}

/** Throws if a training's file would take the place of another training's. */
function checkFree(jobs: readonly Job[], directory: string, backend: string, there: readonly DoneRun[]): void {
  const taken = new Map(there.map((run) => [jobName(run), run]));
  const other = jobs.find((job) => taken.has(jobName(job)) && !isDone(job, backend, [taken.get(jobName(job))!]));
  if (other) {
    throw new UsageError(
      `Cannot write to ${directory}: --output takes a new directory or one of the same comparison, ` +
        `got one in which ${jobName(other)} has other settings or another backend`,
    );
  }
}

/** Where and how jobs run. */
interface Running {
  readonly shard: { readonly number: number; readonly of: number };
  readonly directory: string;
  readonly backend: BackendName;
  readonly images: Images;
  readonly command: string;
  readonly stop: Stop;
  readonly speak: Voice;
  /** Whether values are being chosen: the test images' scores are not shown then. */
  readonly choosing?: boolean;
}

/** Runs the jobs that are not done yet; false where it was stopped. */
async function runJobs(jobs: readonly Job[], running: Running): Promise<boolean> {
  const { shard, directory, backend, speak, choosing } = running;
  const there = await readRuns(directory);
  const open = jobs.filter((job, index) => index % shard.of === shard.number - 1 && !isDone(job, backend, there));
  for (const [index, job] of open.entries()) {
    const { name, seed, value } = job;
    const at = value === undefined ? "" : ` at ${value}`;
    speak.say(`\n${name}${at}, seed ${seed} (run ${index + 1} of ${open.length})`);
    const run = await runJob(job, running);
    if (!run) {
      speak.say("Stopped; the same command goes on where it was.");
      return false;
    }
    await writeRun(directory, run);
    await removeDirectory(join(directory, "runs", jobName(job)));
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

/** One training, which goes on from its checkpoint where there is one; undefined where it was stopped. */
async function runJob(job: Job, running: Running): Promise<DoneRun | undefined> {
  const { directory, backend, images, command, stop, speak } = running;
  const { plan, data } = planOn(job.experiment, images);
  const { experiment } = plan;
  const result = await runTraining(plan, data, {
    callbacks: [new ProgressBar({ sink: speak.sink })],
    signal: stop.signal,
    checkpoints: {
      directory: join(directory, "runs", jobName(job)),
      everyMs: 300_000,
      run: identityOf(experiment, backend),
    },
    resume: true,
  });
  result.model.dispose();
  result.average?.dispose();
  if (result.status === "interrupted") return undefined;
  const { history } = result.scheduler;
  const classes = experiment.data.classes.length;
  const last = history.validations?.at(-1)?.iteration === plan.iterations
    ? history.validations.at(-1)
    : history.epochs.at(-1);
  return {
    ...job,
    backend,
    command,
    heldOutAccuracy: result.evaluation ? last?.val_accuracy ?? 1 / classes : 1 / classes,
    result: recordRun({
      ...{ name: job.name, seed: job.seed, history, scores: result.scores },
      ...{ epochs: result.scheduler.iteration / plan.batchesPerEpoch, minutes: result.elapsedMs / 60_000 },
    }, { count: 8, classes }),
  };
}

/** The runs that were done for jobs. */
const matching = (jobs: readonly Job[], runs: readonly DoneRun[]): DoneRun[] => {
  const keys = new Set(jobs.map(({ experiment }) => JSON.stringify(experiment)));
  return runs.filter(({ experiment }) => keys.has(JSON.stringify(experiment)));
};
