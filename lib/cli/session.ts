/**
 * What the commands that train share: the backend, the images, and the first lines that a run prints.
 * @module
 */
import { checkPrecision } from "../backend/native/bfloat16.ts";
import type { Precision } from "../backend/precision.ts";
import { missingNativePart } from "../backend/native/setup/package.ts";
import { needsSetUp, setUpNative } from "../backend/native/setup/install.ts";
import { type BackendChoice, type BackendName, BACKENDS, selectBackend } from "../backend/select.ts";
import { checkExperiment } from "../experiments/check_experiment.ts";
import { cyclesOf, describeSchedule } from "../experiments/describe.ts";
import type { Experiment } from "../experiments/experiment.ts";
import { cifar10IsCached } from "../data/cifar10/mod.ts";
import { planExperiment, type RunPlan } from "../experiments/plan.ts";
import { isSlow } from "../experiments/presets.ts";
import { chooseData, type RunData } from "../experiments/data.ts";
import { DATASETS, factsOf, type Images } from "../experiments/registries/datasets.ts";
import { readExperiment, type SavedExperiment } from "../experiments/saved.ts";
import { checkChoice } from "../support/check.ts";
import { exists } from "../support/files.ts";
import { dirname, resolve } from "../support/path.ts";
import { type Flag, refuseFlags, UsageError } from "./flags.ts";
import { atTheDoor, showDownload, type Stop, type Voice } from "./terminal.ts";

/** Flags about the machine. */
export const MACHINE_FLAGS = {
  backend: { takes: "text", help: "auto, native, webgpu, wasm or cpu (auto: the fastest available)" },
  data: { takes: "text", help: "a directory with CIFAR-10's six .bin files; nothing is fetched" },
  offline: { help: "make no connection at all" },
} as const satisfies Record<string, Flag>;

/** Reads and checks the flag for the backend. */
export function backendFlag(value: string | undefined): BackendChoice {
  return atTheDoor(() => {
    const backend = value ?? "auto";
    checkChoice("read --backend", "it", backend, BACKENDS);
    return backend;
  });
}

/**
 * Sets up native TensorFlow if the choice needs it, and says so. If that fails, auto continues with another backend; if
 * the user stops it, nothing continues.
 */
export async function ensureNative(
  choice: BackendChoice,
  offline: boolean,
  { say }: Voice,
  stop?: Stop,
): Promise<void> {
  if ((choice !== "auto" && choice !== "native") || !needsSetUp()) return;
  if (offline) {
    if (!missingNativePart()) return;
    if (choice === "native") {
      throw new Error("Cannot set up native TensorFlow: the first time, it needs the network, got --offline");
    }
    return say("Native TensorFlow is not set up, and --offline forbids fetching it.");
  }
  say("Setting up native TensorFlow, once:");
  try {
    const way = await setUpNative({
      onStage: (line) => {
        // A stage that Ctrl-C ended looks like one that failed, after which another way would be tried.
        stop?.signal.throwIfAborted();
        say(`  ${line}`);
      },
    });
    say(`  done (${way === "wheel" ? "TensorFlow 2.21.0" : "libtensorflow 2.9.1"})`);
  } catch (error) {
    stop?.signal.throwIfAborted();
    if (choice === "native" || !(error instanceof Deno.errors.NotFound)) throw error;
    say(`  ${error.message}`);
    say("  Continuing without it.");
  }
  stop?.signal.throwIfAborted();
}

/** Starts the backend, after setting it up if necessary, and says which one and why. */
export async function startBackend(
  choice: BackendChoice,
  { precision, offline = false, stop }: { precision: Precision; offline?: boolean; stop?: Stop },
  speak: Voice,
): Promise<BackendName> {
  checkPrecision(precision, choice); // checked before anything is fetched
  await ensureNative(choice, offline, speak, stop);
  const { name, reason } = await selectBackend(choice, { precision });
  speak.say(`Backend: ${name} (${reason})${precision === "bfloat16" ? ", convolutions in bfloat16" : ""}`);
  speak.event("backend", { name, reason, precision });
  return name;
}

/** Reads the experiment that a flag names. A file without one is a usage error. */
export async function readSaved(path: string): Promise<SavedExperiment> {
  try {
    return await readExperiment(path);
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

/** Says so if the quick preset was made smaller because the backend is slow. */
export function tellScaled(
  { preset, data }: Experiment,
  values: { "train-size"?: number },
  backend: BackendName,
  { say }: Voice,
): void {
  if (preset === "quick" && data.dataset === "cifar10" && isSlow(backend) && values["train-size"] === undefined) {
    say(`The quick preset is scaled down for ${backend}: ${data.trainSize} images.`);
  }
}

/**
 * Throws unless a record can be written at the end, where a mistake would cost the whole training. Its directory must
 * exist, unless it is the output's own, which the command makes.
 */
export async function checkRecord(path: string | undefined, output?: string): Promise<void> {
  if (path === undefined || (output !== undefined && resolve(dirname(path)) === resolve(output))) return;
  if (!await exists(dirname(path))) {
    throw new UsageError(`Cannot write ${path}: its directory must exist, got none`);
  }
}

/** Throws if something is wrong with an experiment, or with `--data` for it, before anything is set up. */
export function checkEarly(experiment: Experiment, values: { data?: string }): void {
  atTheDoor(() => {
    checkExperiment(experiment);
    const { facts } = DATASETS[experiment.data.dataset];
    if (facts) planExperiment(experiment, facts);
  });
  if (experiment.data.dataset !== "cifar10") {
    refuseFlags(values, ["data"], "Cannot use CIFAR-10's files: the experiment uses other images");
  }
}

/** Loads an experiment's images, and fetches them if they are missing. Then gives up network and subprocesses. */
export async function loadImages(
  { data }: Experiment,
  values: { data?: string; offline?: boolean },
  { sink, say }: Voice,
  stop: Stop,
): Promise<Images> {
  if (data.dataset === "cifar10" && values.data === undefined && values.offline) {
    if (!await cifar10IsCached()) {
      throw new Error(
        "Cannot load CIFAR-10: it is not in the cache, and --offline forbids fetching it; run `deno task setup` once " +
          "with a network, or name a directory with --data",
      );
    }
    say("Offline: CIFAR-10 from the cache.");
  }
  const images = await DATASETS[data.dataset].load(data, {
    cifar10Directory: values.data,
    signal: stop.signal,
    onProgress: showDownload(sink),
  });
  await giveUpPermissions();
  return images;
}

/** Plans an experiment on loaded images, and chooses the images that it uses. */
export function planOn(experiment: Experiment, images: Images): { plan: RunPlan; data: RunData } {
  const plan = atTheDoor(() => planExperiment(experiment, factsOf(images)));
  return { plan, data: chooseData(plan, images) };
}

/** From here on, nothing can be fetched and no process can be started. */
async function giveUpPermissions(): Promise<void> {
  await Deno.permissions.revoke({ name: "net" });
  await Deno.permissions.revoke({ name: "run" });
}

/** The first lines that a run prints. */
export function summary(plan: RunPlan, data: RunData, parameters: number): string[] {
  const { experiment, batchesPerEpoch, iterations } = plan;
  const { data: { dataset, classes, validationSize }, model, budget: { epochs, batchSize }, seed } = experiment;
  const held = validationSize > 0
    ? `${data.validation.size} held out of training for validation`
    : `validated on the ${data.validation.size} test images, as the article did`;
  const told = classes.length === 2 ? classes.join(" and ") : `${classes.length} classes`;
  const length = epochs === undefined
    ? `${iterations} iterations of ${batchSize} images`
    : `${epochs} ${
      epochs === 1 ? "epoch" : "epochs"
    } x ${batchesPerEpoch} batches of ${batchSize} = ${iterations} iterations`;
  const cycles = cyclesOf(plan);
  const count = cycles && `${Number(cycles.cycles.toFixed(3))} ${cycles.cycles === 1 ? "cycle" : "cycles"}` +
      `${cycles.endsAtBase ? "" : " (the last one is incomplete)"}`;
  return [
    `Data:     ${DATASETS[dataset].title}, ${told}: ${data.train.size} images, ${held}, ${data.test.size} test images`,
    `Model:    ${model.name}, ${parameters.toLocaleString("en")} parameters, seed ${seed}`,
    `Schedule: ${describeSchedule(plan)}`,
    `Run:      ${[length, count].filter(Boolean).join(", ")}`,
  ];
}
