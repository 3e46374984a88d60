/**
 * `deno task compare` compares schedules at the same budget. It can resume within each run, and can be split into
 * shards.
 * @module
 */
import { chosenValues, readRuns } from "../../experiments/comparison_runs.ts";
import { planExperiment } from "../../experiments/plan.ts";
import { factsOf } from "../../experiments/registries/datasets.ts";
import { join } from "../../support/path.ts";
import { writeComparison } from "../comparison_files.ts";
import { JOB_FLAGS, jobsOf, recordJobs, shardFlag, valueText, VARIED } from "../comparison_jobs.ts";
import { checkFree, matching, runJobs } from "../comparison_runner.ts";
import { EXPERIMENT_GROUPS } from "../experiment_flags.ts";
import { commandOf, type Flag, helpText, parseFlags, quoted, refuseFlags, UsageError } from "../flags.ts";
import { LIST_FLAG, listText } from "../list.ts";
import {
  backendFlag,
  checkEarly,
  checkRecord,
  loadImages,
  MACHINE_FLAGS,
  readSaved,
  startBackend,
  tellScaled,
} from "../session.ts";
import { atTheDoor, hearSignals, voice } from "../terminal.ts";

const COMPARE_FLAGS = {
  seeds: { takes: "number", help: "how many seeds to run; with several, you get mean, deviation and differences (1)" },
  choose: { help: "choose each schedule's value on held-out images with the first seed, for all seeds" },
  shard: { takes: "text", help: "a part of the runs, as in 2/4: the second of four" },
  merge: { takes: "text", help: "merge the runs in a directory, without training" },
  config: { takes: "text", help: "start from a run's config.json, or repeat a record" },
  output: { takes: "text", help: "the directory for runs and results (output/compare); existing runs are kept" },
  record: { takes: "text", help: "write the results to this file as a record" },
  ...LIST_FLAG,
} as const satisfies Record<string, Flag>;

const FLAGS = { ...JOB_FLAGS, ...MACHINE_FLAGS, ...COMPARE_FLAGS };
const SETTINGS = Object.keys(JOB_FLAGS) as (keyof typeof JOB_FLAGS)[];

/** An experiment's flags in groups, without those that a comparison does not take because it has several schedules. */
const GROUPS = Object.fromEntries(
  Object.entries(EXPERIMENT_GROUPS).map(([title, flags]) =>
    [title, Object.fromEntries(Object.entries(flags).filter(([name]) => name in JOB_FLAGS))] as const
  ),
);

const HELP = helpText(
  "deno task compare: train the same model under several schedules at the same budget. One of\n" +
    `${VARIED.map((name) => `--${name}`).join(", ")}\nmay have several values, as in ` +
    "0.002,0.01,0.05: every schedule then trains with each. Several\nmaxima scale the base rate with them, " +
    "unless --base-lr sets it.",
  { "What to compare": { schedules: JOB_FLAGS.schedules, ...COMPARE_FLAGS }, ...GROUPS, "The machine": MACHINE_FLAGS },
  [
    "deno task compare --seeds 3",
    "deno task compare --schedules triangular,one-cycle --epochs 4",
    "deno task compare --max-lr 0.005,0.02,0.08 --choose --seeds 3      each at its own best maximum",
    "deno task compare --max-lr 0.002,0.01,0.05 --schedules fixed,step  what a bad guess costs",
    "deno task compare --shard 1/4 --output shared/comparison           one of four jobs",
    "deno task compare --merge shared/comparison                        when all jobs are done",
  ],
);

/** Runs the command and returns the exit code. */
export async function compare(args: readonly string[]): Promise<number> {
  const flags = parseFlags(FLAGS, args);
  const speak = voice();
  if (flags.help || flags.list) {
    speak.say(flags.help ? HELP : listText());
    return 0;
  }
  const command = commandOf("compare", args);
  const directory = flags.output ?? join("output", "compare");
  await checkRecord(flags.record, directory);
  if (flags.merge !== undefined) {
    const idle = [...SETTINGS, "backend", "data", "seeds", "shard", "config", "output"];
    refuseFlags(flags, idle, "Cannot merge runs: they keep their settings and their directory");
    return await writeComparison(flags.merge, { command, ...flags }, speak);
  }
  const saved = flags.config === undefined ? undefined : await readSaved(flags.config);
  const count = flags.seeds ?? 1;
  if (!Number.isInteger(count) || count < 1) {
    throw new UsageError(`Cannot read --seeds: it takes a whole number of 1 or more, got ${count}`);
  }
  const shard = shardFlag(flags.shard);
  if (flags.choose && shard.of > 1) {
    throw new UsageError("Cannot choose values in parts: --choose takes no --shard, got both");
  }
  if (shard.of > 1) {
    refuseFlags(flags, ["record"], "Cannot record a part of a comparison: --record goes with --merge");
  }
  if (saved?.record) {
    refuseFlags(flags, [...SETTINGS, "seeds", "choose"], "Cannot repeat a record: it has its own settings");
  }
  const choice = backendFlag(flags.backend);
  const jobsOn = (backend: string) =>
    saved?.record ? recordJobs(saved.record) : jobsOf(flags, count, backend, saved?.experiment);
  const asked = jobsOn(choice); // find a wrong call before anything is set up
  for (const { experiment } of asked) checkEarly(experiment, flags);
  if (flags.choose && (asked[0].value === undefined || asked[0].experiment.data.validationSize === 0)) {
    throw new UsageError(
      "Cannot choose values: --choose needs a flag with several values, and held-out images, got none",
    );
  }

  const stop = hearSignals(speak.say);
  const { precision } = asked[0].experiment;
  const backend = await startBackend(choice, { precision, offline: flags.offline, stop }, speak);
  const jobs = jobsOn(backend);
  const images = await loadImages(jobs[0].experiment, flags, speak, stop);
  if (!saved) tellScaled(jobs[0].experiment, flags, backend, speak);
  const budgets = new Set(jobs.map(({ experiment }) => {
    const { iterations, experiment: { budget: { batchSize } } } = atTheDoor(() =>
      planExperiment(experiment, factsOf(images))
    );
    return `${iterations} iterations of ${batchSize} images`;
  }));
  speak.say(`Budget: ${[...budgets].join("; ")}${budgets.size === 1 ? " in each run" : ""}`);
  checkFree(jobs, directory, backend, await readRuns(directory));
  const running = { shard, directory, backend, images, command, stop, speak };
  const firstSeed = jobs[0].seed;
  const exploring = flags.choose ? jobs.filter(({ seed }) => seed === firstSeed) : jobs;
  if (!await runJobs(exploring, { ...running, choosing: flags.choose })) return stop.code();
  if (flags.choose && count > 1) {
    const chosen = chosenValues(matching(exploring, await readRuns(directory)), firstSeed);
    const best = jobs.filter(({ name, value }) => value === chosen.get(name));
    const told = best.filter(({ seed }) => seed === firstSeed).map((job) => `${job.name} ${valueText(job)}`);
    speak.say(`\nChosen on held-out images: ${told.join(", ")}`);
    if (!await runJobs(best, running)) return stop.code();
  }
  if (shard.of > 1) {
    const next = saved?.record
      ? "the same command without --shard collects all shards"
      : `merge all shards with --merge ${quoted(directory)}`;
    speak.say(`Shard ${shard.number} of ${shard.of} is done; ${next}.`);
    return 0;
  }
  return await writeComparison(directory, { command, jobs, ...flags }, speak);
}
