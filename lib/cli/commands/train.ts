/**
 * `deno task train` runs one training, from flags to files.
 * @module
 */
import { ProgressBar } from "../../callbacks/progress.ts";
import type { LearningRateScheduler } from "../../callbacks/scheduler.ts";
import { tensorBoard } from "../../callbacks/tensor_board.ts";
import { hasCheckpoints } from "../../experiments/checkpoint.ts";
import { cutCycleWarning, scheduleName } from "../../experiments/describe.ts";
import { compiledModel } from "../../experiments/model.ts";
import { hardwareText, recordRun, versions, writeRecord } from "../../experiments/record.ts";
import { identityOf, writeExperiment } from "../../experiments/saved.ts";
import { runTraining } from "../../experiments/trainer.ts";
import { exists, fileError } from "../../support/files.ts";
import { join } from "../../support/path.ts";
import { EXPERIMENT_FLAGS, EXPERIMENT_GROUPS } from "../experiment_flags.ts";
import { experimentFromFlags } from "../experiment_from_flags.ts";
import {
  commandOf,
  type Flag,
  type FlagValues,
  helpText,
  parseFlags,
  quoted,
  refuseFlags,
  UsageError,
} from "../flags.ts";
import { LIST_FLAG, listText } from "../list.ts";
import {
  backendFlag,
  checkEarly,
  checkRecord,
  loadImages,
  MACHINE_FLAGS,
  planOn,
  readSaved,
  startBackend,
  summary,
  tellScaled,
} from "../session.ts";
import { eventsAndEstimate, finish } from "../train_report.ts";
import { hearSignals, voice } from "../terminal.ts";

const RUN_FLAGS = {
  output: { takes: "text", help: "the run's directory (in output/, with a name that contains the date)" },
  config: { takes: "text", help: "repeat a run from its config.json or a record; other flags change its settings" },
  resume: { takes: "text", help: "continue a stopped run: its directory" },
  record: { takes: "text", help: "write the result to this file as a record; with --resume, that of a finished run" },
  tensorboard: { help: "also write summaries for TensorBoard into the run's directory" },
  "checkpoint-minutes": { takes: "number", help: "the longest time between two checkpoints (5)" },
  json: { help: "print one event per line on standard output, as JSON" },
  ...LIST_FLAG,
} as const satisfies Record<string, Flag>;

const FLAGS = { ...EXPERIMENT_FLAGS, ...MACHINE_FLAGS, ...RUN_FLAGS };

/** The text of `--help`. */
export const TRAIN_HELP = helpText(
  "deno task train: train a model under a learning-rate schedule; by default MiniGoogLeNet on CIFAR-10 under a\n" +
    "cyclical one. Anything missing (native TensorFlow, the images) is set up the first time.",
  { ...EXPERIMENT_GROUPS, "The machine": MACHINE_FLAGS, "The run": RUN_FLAGS },
  [
    "deno task train                                             the quick preset",
    "deno task train --mode triangular2 --epochs 8               more epochs, halving cycles",
    "deno task train --schedule one-cycle --model cifar10-full   another schedule, another model",
    "deno task train --classes cat,dog --seed 7                  two classes",
    "deno task train --images my_photographs                     your own images, one folder per class",
    "deno task train --preset article                            the article's run",
    "deno task train --resume output/RUN                         continue a stopped run",
  ],
);

/** Runs the command and returns the exit code. */
export async function train(args: readonly string[]): Promise<number> {
  const flags = parseFlags(FLAGS, args);
  const speak = voice(flags.json);
  if (flags.help || flags.list) {
    speak.say(flags.help ? TRAIN_HELP : listText());
    return 0;
  }
  const { resume } = flags;
  if (resume !== undefined) {
    const names = [...Object.keys(EXPERIMENT_FLAGS), "config", "output"];
    refuseFlags(flags, names, "Cannot resume a run: it keeps its settings and its directory");
  }
  const minutes = flags["checkpoint-minutes"] ?? 5;
  if (!(minutes >= 0)) throw new UsageError(`Cannot read --checkpoint-minutes: it takes 0 or more, got ${minutes}`);
  const path = resume === undefined ? flags.config : join(resume, "config.json");
  const saved = path === undefined ? undefined : await readSaved(path);
  // a checkpoint can only be continued on the backend that wrote it
  const choice = backendFlag(flags.backend ?? (resume === undefined ? undefined : saved?.backend));
  const asked = experimentFromFlags(flags, choice, saved?.experiment);
  checkEarly(asked, flags); // finds a wrong call before anything is set up
  if (flags.output !== undefined) await checkNew(flags.output);
  await checkRecord(flags.record, flags.output);
  const changed = Object.keys(EXPERIMENT_FLAGS).some((name) => flags[name as keyof typeof flags] !== undefined);
  const command = (changed ? undefined : saved?.command) ?? commandOf("train", args);
  const stop = hearSignals(speak.say);

  const backend = await startBackend(choice, { precision: asked.precision, offline: flags.offline, stop }, speak);
  const experiment = experimentFromFlags(flags, backend, saved?.experiment);
  const { plan, data } = planOn(experiment, await loadImages(experiment, flags, speak, stop));
  if (!saved) tellScaled(plan.experiment, flags, backend, speak);
  const model = await compiledModel(plan);
  const runs = saved?.record?.runs.length ?? 1;
  if (runs > 1) {
    speak.say(
      `The record has ${runs} runs; this trains their shared experiment once (\`deno task compare\` repeats them all).`,
    );
  }
  for (const line of summary(plan, data, model.countParams())) speak.say(line);
  const warning = cutCycleWarning(plan);
  if (warning) speak.say(warning);
  speak.event("start", { config: plan.experiment, iterations: plan.iterations });
  const directory = resume ?? flags.output ?? await newDirectory(scheduleName(asked));
  // The first file is written now, so that an output directory that cannot be written to is found before the training.
  const raw = resume === undefined ? JSON.parse(JSON.stringify(plan.experiment)) : saved!.raw;
  if (resume === undefined) await writeExperiment(directory, plan.experiment, { command, backend, ...versions() });

  const training: { scheduler?: LearningRateScheduler } = {};
  const result = await runTraining(plan, data, {
    model,
    callbacks: [
      new ProgressBar({ sink: speak.sink, plan }),
      eventsAndEstimate(plan, speak, training),
      ...flags.tensorboard ? [tensorBoard(join(directory, "tensorboard"))] : [],
    ],
    signal: stop.signal,
    checkpoints: {
      directory: join(directory, "checkpoints"),
      everyMs: minutes * 60_000,
      run: identityOf(raw, backend),
    },
    resume: resume !== undefined,
    snapshotDirectory: join(directory, "snapshots"),
    onStart: (scheduler) => {
      training.scheduler = scheduler;
      if (resume !== undefined) speak.say(`Continuing after iteration ${scheduler.iteration} of ${plan.iterations}.`);
    },
  });
  const code = await finish(plan, data, backend, result, directory, speak, {
    code: stop.code(),
    flags: repeated(flags),
  });
  if (flags.record !== undefined && result.evaluation) {
    await writeRecord(flags.record, {
      command,
      experiment: plan.experiment,
      hardware: hardwareText(backend),
      versions: versions(),
      runs: [recordRun({
        ...{
          seed: experiment.seed,
          history: result.scheduler.history,
          scores: result.scores,
          labels: data.test.labels,
        },
        ...{ epochs: result.scheduler.iteration / plan.batchesPerEpoch, minutes: result.elapsedMs / 60_000 },
      }, { count: 1, classes: plan.experiment.data.classes.length })],
    });
    speak.say(`\nRecord: ${flags.record}`);
  }
  return code;
}

/** The flags that the command which continues a run must repeat, because they are no settings of the run. */
const repeated = (
  { data, record, "checkpoint-minutes": minutes, offline, tensorboard, json }: FlagValues<typeof FLAGS>,
): string[] => [
  ...data === undefined ? [] : ["--data", data],
  ...record === undefined ? [] : ["--record", record],
  ...minutes === undefined ? [] : ["--checkpoint-minutes", String(minutes)],
  ...offline ? ["--offline"] : [],
  ...tensorboard ? ["--tensorboard"] : [],
  ...json ? ["--json"] : [],
];

/** Makes a new directory in output/, of its own even for two runs that start in the same second. */
async function newDirectory(mode: string): Promise<string> {
  const stamp = new Date().toISOString().slice(0, 19).replace("T", "_").replaceAll(":", "-");
  const path = join("output", `${stamp}_${mode}`);
  const make = (directory: string, recursive: boolean) =>
    Deno.mkdir(directory, { recursive }).then(() => true, (error) => {
      if (recursive || !(error instanceof Deno.errors.AlreadyExists)) throw fileError("write to", directory, error);
      return false;
    });
  await make("output", true);
  for (let number = 1;; number++) {
    const directory = number === 1 ? path : `${path}_${number}`;
    if (await make(directory, false)) return directory;
  }
}

/** Throws if a run would overwrite the files of another. */
async function checkNew(output: string): Promise<void> {
  if (await exists(join(output, "config.json")) || await hasCheckpoints(join(output, "checkpoints"))) {
    throw new UsageError(
      `Cannot write to ${output}: --output takes a new directory, got one with a run; --resume ${
        quoted(output)
      } continues it`,
    );
  }
  try {
    if ((await Deno.stat(output)).isFile) {
      throw new UsageError(`Cannot write to ${output}: --output takes a directory, got a file`);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw fileError("write to", output, error);
  }
}
