/**
 * `deno task train`: one training, from flags to files.
 * @module
 */
import { missingBfloat16 } from "../../backend/native/bfloat16.ts";
import type { BackendName } from "../../backend/select.ts";
import { exists, fileError } from "../../support/files.ts";
import { createHash } from "node:crypto";
import { join, relative } from "../../support/path.ts";
import type { RunPlan } from "../../experiments/config.ts";
import { duration, ProgressBar } from "../../callbacks/progress.ts";
import { compiledModel, type RunResult, runTraining } from "../../experiments/trainer.ts";
import { writeConfig, writeRunFiles } from "../../experiments/run_files.ts";
import type { LearningRateScheduler } from "../../callbacks/scheduler.ts";
import type { AnyCallback } from "../../callbacks/compose.ts";
import { numbersOf } from "../../history/history.ts";
import { type Flag, helpText, parseFlags, UsageError } from "../flags.ts";
import {
  backendFlag,
  cutCycleWarning,
  loadImages,
  MACHINE_FLAGS,
  planFromFlags,
  readConfig,
  SETTING_FLAGS,
  startBackend,
  summary,
} from "../session.ts";
import { hearSignals, type Voice, voice } from "../terminal.ts";

const RUN_FLAGS = {
  output: { takes: "text", help: "the run's directory (output/ and a name with the date)" },
  config: { takes: "text", help: "repeat a run: its config.json; other flags go over it" },
  resume: { takes: "text", help: "go on with a run that was stopped: its directory" },
  "checkpoint-minutes": { takes: "number", help: "the longest time between two checkpoints (5)" },
  json: { help: "one event a line, as JSON, on standard output" },
} as const satisfies Record<string, Flag>;

const FLAGS = { ...SETTING_FLAGS, ...MACHINE_FLAGS, ...RUN_FLAGS };

/** The words of `--help`. */
export const TRAIN_HELP = helpText(
  "deno task train: train MiniGoogLeNet on CIFAR-10 under a cyclical learning rate.\n" +
    "What is missing (native TensorFlow, the images) is set up first, once.",
  { "What to train": SETTING_FLAGS, "The machine": MACHINE_FLAGS, "The run": RUN_FLAGS },
  [
    "deno task train                                   the quick preset",
    "deno task train --mode triangular2 --epochs 8     more epochs, halving cycles",
    "deno task train --classes cat,dog --seed 7        two classes",
    "deno task train --preset article                  the article's run",
    "deno task train --resume output/RUN               go on with a stopped run",
  ],
);

/** Runs the command; returns the exit code. */
export async function train(args: readonly string[]): Promise<number> {
  const flags = parseFlags(FLAGS, args);
  const speak = voice(flags.json);
  if (flags.help) {
    speak.say(TRAIN_HELP);
    return 0;
  }
  const choice = backendFlag(flags.backend);
  if (flags.resume !== undefined && (flags.config ?? flags.output) !== undefined) {
    throw new UsageError("Cannot resume a run: --resume takes neither --config nor --output, got both");
  }
  const minutes = flags["checkpoint-minutes"] ?? 5;
  if (!(minutes >= 0)) throw new UsageError(`Cannot read --checkpoint-minutes: it takes 0 or more, got ${minutes}`);
  const configPath = flags.resume === undefined ? flags.config : join(flags.resume, "config.json");
  const saved = configPath === undefined ? undefined : await readConfig(configPath);
  const { precision } = planFromFlags(flags, choice, saved).config; // a wrong call is found before anything is set up
  const directory = flags.resume ?? await newDirectory(flags.output, flags.mode ?? saved?.mode ?? "triangular");
  const stop = hearSignals(speak.say);

  const backend = await startBackend(choice, { precision, offline: flags.offline }, speak);
  const plan = planFromFlags(flags, backend, saved);
  if (
    plan.config.preset === "quick" && !saved && flags["train-size"] === undefined &&
    (backend === "wasm" || backend === "cpu")
  ) {
    speak.say(`The quick preset is scaled down for ${backend}: ${plan.config.trainSize} images.`);
  }
  const data = await loadImages(plan, flags, speak, stop);
  const probe = compiledModel(plan);
  for (const line of summary(plan, data, probe.countParams(), describeRates(plan))) speak.say(line);
  probe.dispose();
  const warning = cutCycleWarning(plan);
  if (warning) speak.say(warning);
  speak.event("start", { config: plan.config, iterations: plan.iterations, cycles: plan.cycles });
  // the first file: a place that cannot be written to is found before the training, not after
  await writeConfig(directory, plan.config, about(backend));

  const started = performance.now();
  const training: { scheduler?: LearningRateScheduler } = {};
  const result = await runTraining(plan, data, {
    callbacks: [new ProgressBar({ sink: speak.sink }), eventsAndEstimate(plan, speak, training)],
    signal: stop.signal,
    checkpoints: { directory: join(directory, "checkpoints"), everyMs: minutes * 60_000, run: identity(plan, backend) },
    resume: flags.resume !== undefined,
    onStart: (scheduler) => {
      training.scheduler = scheduler;
      if (flags.resume !== undefined) {
        speak.say(`Going on after iteration ${scheduler.iteration} of ${plan.iterations}.`);
      }
    },
  });
  return await finish(plan, backend, result, directory, performance.now() - started, speak, stop.code());
}

/** `triangular, 0.001 to 0.03, half a cycle 140 iterations (1 epoch)` */
function describeRates({ config, stepSize }: RunPlan): string {
  const { mode, baseLr, maxLr, gamma, stepSize: epochs } = config;
  return `${mode}, ${baseLr} to ${maxLr}, half a cycle ${Number(stepSize.toFixed(2))} iterations ` +
    `(${epochs} ${epochs === 1 ? "epoch" : "epochs"})${
      mode === "exp_range" ? `, gamma ${gamma}` : ""
    }, momentum ${config.momentum}`;
}

/** A checkpoint belongs to a run of these settings on this backend. */
function identity(plan: RunPlan, backend: string): string {
  return createHash("sha256").update(JSON.stringify([plan.config, backend])).digest("hex");
}

function about(backend: string): Record<string, unknown> {
  return { backend, deno: Deno.version.deno, tfjs: "4.22.0", platform: `${Deno.build.os} ${Deno.build.arch}` };
}

/** The run's directory, new: a run's files are never written over. */
async function newDirectory(output: string | undefined, mode: string): Promise<string> {
  if (output === undefined) {
    const stamp = new Date().toISOString().slice(0, 19).replace("T", "_").replaceAll(":", "-");
    return join("output", `${stamp}_${mode}`);
  }
  if (await exists(join(output, "config.json"))) {
    throw new UsageError(
      `Cannot write to ${output}: --output takes a new directory, got one with a run; --resume ${output} goes on with it`,
    );
  }
  try {
    if ((await Deno.stat(output)).isFile) {
      throw new UsageError(`Cannot write to ${output}: --output takes a directory, got a file`);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw fileError("write to", output, error);
  }
  return output;
}

/** Events for `--json`, and, after the first steps, how long the run will take. */
function eventsAndEstimate(
  plan: RunPlan,
  { say, event, json }: Voice,
  training: { scheduler?: LearningRateScheduler },
): AnyCallback {
  const [skipped, measured] = [2, 8];
  let started = 0;
  let steps = 0;
  return {
    onBatchEnd(_batch, logs) {
      steps++;
      if (steps === skipped) started = performance.now();
      if (steps === skipped + measured) {
        const total = (performance.now() - started) / measured *
          (plan.iterations - (training.scheduler?.iteration ?? 0));
        if (total > 600_000) say(`This run will take about ${duration(total)}; Ctrl-C stops it, --resume goes on.`);
      }
      if (!json || !training.scheduler) return;
      const { history } = training.scheduler;
      const { loss, accuracy } = numbersOf(logs);
      event("batch", { iteration: history.iterations.at(-1), lr: history.lr.at(-1), loss, accuracy });
    },
    onEpochEnd() {
      event("epoch", training.scheduler?.history.epochs.at(-1));
    },
  };
}

/** Writes what there is and says how it went; returns the exit code. */
async function finish(
  plan: RunPlan,
  backend: BackendName,
  { status, model, scheduler, evaluation }: RunResult,
  directory: string,
  elapsed: number,
  { say, event }: Voice,
  signalCode: number,
): Promise<number> {
  const { config } = plan;
  const { history } = scheduler;
  const names = await writeRunFiles({
    directory,
    title: `${config.mode}, ${config.baseLr} to ${config.maxLr}`,
    history,
    evaluation,
    classNames: config.classes,
    model: status === "diverged" ? undefined : model,
  });
  const place = relative(Deno.cwd(), directory).startsWith("..") ? directory : relative(Deno.cwd(), directory) || ".";
  const files = [`Files in ${place}:`, `  config.json, ${names.join(", ")}`];
  if (status === "diverged") {
    const last = history.iterations.length - 1;
    say(files.join("\n"));
    event("diverged", { iteration: history.iterations[last], lr: history.lr[last], directory: place });
    throw new Error(
      `Cannot go on training: the loss must be a finite number, got ${history.loss[last]} at iteration ` +
        `${history.iterations[last]} with the learning rate at ${history.lr[last].toPrecision(3)}; ` +
        "take a lower --max-lr (`deno task find-lr` finds one)",
    );
  }
  if (status === "interrupted" || !evaluation) {
    say([`Stopped after ${scheduler.iteration} of ${plan.iterations} iterations.`, ...files].join("\n"));
    say(`Go on with: deno task train --resume ${place}`);
    event("interrupted", { iteration: scheduler.iteration, directory: place });
    return signalCode;
  }
  const { accuracy, loss, report } = evaluation;
  say(`\nOn ${evaluation.predictions.length} test images, after ${duration(elapsed)}:\n\n${report}`);
  say(`Test accuracy ${(accuracy * 100).toFixed(2)} %, loss ${loss.toFixed(4)}`);
  say(["", ...files, "", ...nextSteps(plan, backend, place)].join("\n"));
  event("end", { accuracy, loss, seconds: elapsed / 1000, directory: place });
  return 0;
}

function nextSteps({ config }: RunPlan, backend: BackendName, place: string): string[] {
  const other = config.mode === "triangular" ? "triangular2" : "triangular";
  const faster = backend === "native" && config.precision === "float32" && missingBfloat16() === undefined;
  const steps = [
    [`open ${join(place, "plots.html")}`, "the plots, interactive"],
    [`deno task train --mode ${other} --epochs ${4 * config.stepSize}`, "another policy, two cycles"],
    ...faster ? [["deno task train --precision bfloat16", "mixed precision, which this processor has: faster"]] : [],
    ["deno task find-lr", "find the bounds for your own model"],
    ["deno task train --preset article", "the article's run (hours)"],
  ];
  const width = Math.max(...steps.map(([command]) => command.length));
  return ["Next:", ...steps.map(([command, what]) => `  ${command.padEnd(width)}   ${what}`)];
}
