/**
 * The trainings of a comparison: its schedules, values, seeds and shards.
 * @module
 */
import { checkExperiment } from "../experiments/check_experiment.ts";
import { type Job, jobName } from "../experiments/comparison_runs.ts";
import { type Experiment, isScheduleConfig, type ScheduleSettings } from "../experiments/experiment.ts";
import type { ResultRecord } from "../experiments/record.ts";
import { SCHEDULES } from "../experiments/registries/schedules.ts";
import { checkChoice, shown } from "../support/check.ts";
import { EXPERIMENT_FLAGS, type ExperimentValues, SCHEDULE_FLAGS } from "./experiment_flags.ts";
import { experimentFromFlags } from "./experiment_from_flags.ts";
import { type Flag, type FlagValues, UsageError } from "./flags.ts";
import { atTheDoor } from "./terminal.ts";

/** Flags that may have several values. Only one of them may do so at a time. */
export const VARIED = ["max-lr", "base-lr", "step-size", "epochs", "weight-decay", "batch-size"] as const;
/** Declares a flag as text, so that it can hold several values. */
const listed = <const F extends Flag>({ help }: F) => ({ takes: "text", help }) as const;

const { schedule: _schedule, mode: _mode, ...SHARED_FLAGS } = EXPERIMENT_FLAGS;

/** An experiment's flags without its schedule. Some may have several values. */
export const JOB_FLAGS = {
  ...SHARED_FLAGS,
  "max-lr": listed(EXPERIMENT_FLAGS["max-lr"]),
  "base-lr": listed(EXPERIMENT_FLAGS["base-lr"]),
  "step-size": listed(EXPERIMENT_FLAGS["step-size"]),
  epochs: listed(EXPERIMENT_FLAGS.epochs),
  "weight-decay": listed(EXPERIMENT_FLAGS["weight-decay"]),
  "batch-size": listed(EXPERIMENT_FLAGS["batch-size"]),
  schedules: { takes: "text", help: "schedules by name, as in triangular,step (eight of them)" },
} as const satisfies Record<string, Flag>;

/** The schedules to compare, unless `--schedules` names others. */
const STANDARD = ["fixed", "step", "linear", "cosine", "triangular", "triangular2", "exp-range", "one-cycle"];

/** Every schedule with every value and every seed. */
export function jobsOf(flags: FlagValues<typeof JOB_FLAGS>, seeds: number, backend: string, saved?: Experiment): Job[] {
  const names = [...new Set((flags.schedules ?? STANDARD.join()).split(",").map((name) => name.trim()))];
  const values: Record<string, unknown> = { ...flags };
  const lists = VARIED.filter((name) => flags[name] !== undefined).map((name) => {
    const list = flags[name]!.split(",").map((part) => part.trim() === "" ? NaN : Number(part));
    if (list.some(Number.isNaN)) {
      throw new UsageError(`Cannot read --${name}: it takes numbers, got ${shown(flags[name])}`);
    }
    values[name] = list[0];
    return { name, list };
  });
  const several = lists.filter(({ list }) => list.length > 1);
  if (several.length > 1) {
    const told = several.map(({ name }) => `--${name}`).join(" and ");
    throw new UsageError(`Cannot vary two settings at once: one flag may have several values, got ${told}`);
  }
  const [vary] = several;
  for (const name of names) {
    atTheDoor(() => checkChoice("compare schedules", "each", name, Object.keys(SCHEDULES)));
    if (vary && !takes(name, vary.name)) {
      throw new UsageError(`Cannot vary --${vary.name}: each schedule must take it, got ${name}`);
    }
  }
  const idle = Object.keys(SCHEDULE_FLAGS).find((flag) =>
    values[flag] !== undefined && !names.some((name) => takes(name, flag))
  );
  if (idle) throw new UsageError(`Cannot read --${idle}: a schedule must take it, got ${names.join(", ")}`);
  const jobs: Job[] = [];
  for (let index = 0; index < seeds; index++) {
    for (const value of vary?.list ?? [undefined]) {
      for (const name of names) {
        const own = Object.fromEntries(
          Object.entries({ ...values, schedule: name }).filter(([flag]) => takes(name, flag)),
        );
        if (vary) Object.assign(own, varied({ [vary.name]: value! }, own, backend, saved));
        const experiment = experimentFromFlags(own, backend, saved);
        experiment.seed += index;
        jobs.push({ name, seed: experiment.seed, ...(value !== undefined && { value }), experiment });
      }
    }
  }
  return jobs;
}

/**
 * Sets the varied setting. A maximum rate scales the base rate with it, in the preset's ratio, so that the maximum can
 * go below the preset's base.
 */
function varied(
  value: ExperimentValues,
  others: ExperimentValues,
  backend: string,
  saved: Experiment | undefined,
): ExperimentValues {
  const maximum = value["max-lr"];
  if (maximum === undefined || others["base-lr"] !== undefined) return value;
  const { "max-lr": _, ...rest } = others;
  const { baseLr, maxLr } = experimentFromFlags(rest, backend, saved).schedule as ScheduleSettings;
  if (baseLr === undefined || maxLr === undefined) return value;
  return { ...value, "base-lr": Number((maximum * baseLr / maxLr).toPrecision(6)) };
}

/** Whether a flag has an effect on a schedule. Flags about other things always have one. */
function takes(schedule: string, flag: string): boolean {
  const setting = (SCHEDULE_FLAGS as Record<string, { sets: readonly string[] }>)[flag]?.sets[1];
  return setting === undefined || setting === "name" || setting === "warmUp" ||
    SCHEDULES[schedule].takes.some((name) => name === setting);
}

/**
 * The trainings of a record, to repeat them.
 *
 * @throws {UsageError} If two of them have the same name, value and seed, because they would share a file; or if they
 * differ in images or precision, which are set up once for all of them.
 */
export function recordJobs({ experiment, runs }: ResultRecord): Job[] {
  const jobs = runs.map(({ name = "run", seed, value, differs }) => ({
    ...{ name, seed, ...(value !== undefined && { value }) },
    experiment: { ...experiment, ...differs, seed },
  }));
  const names = jobs.map(jobName);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new UsageError(`Cannot repeat a record: its runs must differ in name, value or seed, got two ${twice}`);
  }
  const shared = ({ precision, data: { dataset, directory, imageSize } }: Experiment) =>
    JSON.stringify([precision, dataset, directory, imageSize]);
  for (const job of jobs) atTheDoor(() => checkExperiment(job.experiment));
  const other = jobs.find((job) => shared(job.experiment) !== shared(jobs[0].experiment));
  if (other) {
    throw new UsageError(
      `Cannot repeat a record: its runs must share their images and their precision, got ${jobName(other)} with others`,
    );
  }
  return jobs;
}

/** A job's value in words, with the base rate that it brings: `0.1 (base 0.005)`. */
export function valueText({ value, experiment: { schedule } }: Job): string {
  const base = isScheduleConfig(schedule) || schedule.maxLr !== value ? undefined : schedule.baseLr;
  return `${value}${base === undefined ? "" : ` (base ${base})`}`;
}

/** Reads a part of the runs: `2/4` is the second of four. */
export function shardFlag(text: string | undefined): { number: number; of: number } {
  if (text === undefined) return { number: 1, of: 1 };
  const [number, of] = /^\d+\/\d+$/.test(text) ? text.split("/").map(Number) : [0, 0];
  if (number < 1 || number > of) {
    throw new UsageError(`Cannot read --shard: it takes a part such as 2/4, got ${JSON.stringify(text)}`);
  }
  return { number, of };
}
