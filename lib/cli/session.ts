/**
 * What the commands that train have in common: settings from flags, backend, images.
 * @module
 */
import { checkPrecision } from "../backend/native/bfloat16.ts";
import { type Precision, PRECISIONS } from "../backend/precision.ts";
import { missingNativePart } from "../backend/native/setup/package.ts";
import { needsSetUp, setUpNative } from "../backend/native/setup/install.ts";
import { type BackendChoice, type BackendName, BACKENDS, selectBackend } from "../backend/select.ts";
import { loadCifar10 } from "../data/cifar10/mod.ts";
import { fileError } from "../support/files.ts";
import { checkChoice } from "../support/check.ts";
import { planRun, presetConfig, type RunConfig, type RunPlan } from "../experiments/config.ts";
import { chooseData, type RunData } from "../experiments/trainer.ts";
import { type Flag, type FlagValues, UsageError } from "./flags.ts";
import { atTheDoor, showDownload, type Stop, type Voice } from "./terminal.ts";

/** Flags about the machine. */
export const MACHINE_FLAGS = {
  backend: { takes: "text", help: "auto, native, webgpu, wasm or cpu (auto: the fastest at hand)" },
  data: { takes: "text", help: "a directory with CIFAR-10's six .bin files; nothing is fetched" },
  offline: { help: "make no connection at all" },
} as const satisfies Record<string, Flag>;

/** Flags about what is trained, over the preset's values. */
export const SETTING_FLAGS = {
  preset: { takes: "text", help: "quick (minutes, the default) or article (the article's 96 epochs, hours)" },
  mode: { takes: "text", help: "the policy: triangular, triangular2 or exp_range" },
  "base-lr": { takes: "number", help: "the lower bound of the learning rate" },
  "max-lr": { takes: "number", help: "the upper bound of the learning rate" },
  "step-size": { takes: "number", help: "half a cycle, in epochs (Smith: 2 to 8)" },
  epochs: { takes: "number", help: "epochs to train" },
  "batch-size": { takes: "number", help: "images in a batch" },
  "train-size": { takes: "number", help: "training images to use, those held out included" },
  "validation-size": { takes: "number", help: "training images held out to validate on (a tenth)" },
  "test-size": { takes: "number", help: "test images to score on at the end" },
  classes: { takes: "text", help: "the classes to tell apart, as in cat,dog (two: binary cross-entropy)" },
  momentum: { takes: "number", help: "the optimizer's momentum" },
  gamma: { takes: "number", help: "exp_range's decay per iteration" },
  seed: { takes: "number", help: "decides weights, order, augmentation and dropout" },
  "no-augment": { help: "neither shift nor flip the images" },
  precision: { takes: "text", help: "float32, or bfloat16 for the convolutions where the processor has it (float32)" },
} as const satisfies Record<string, Flag>;

/** The values of {@linkcode SETTING_FLAGS}. */
export type SettingValues = FlagValues<typeof SETTING_FLAGS>;

/** Backends on which the quick preset takes fewer images. */
const isSlow = (backend: string) => backend === "wasm" || backend === "cpu";

/** Settings out of a preset, a saved config, and flags, the later over the earlier. */
export function planFromFlags(values: SettingValues, backend: string, saved?: RunConfig): RunPlan {
  return atTheDoor(() => {
    const preset = values.preset ?? saved?.preset ?? "quick";
    checkChoice("read --preset", "it", preset, ["quick", "article"]);
    if (values.precision !== undefined) checkChoice("read --precision", "it", values.precision, PRECISIONS);
    const given = {
      ...settingsOf(values),
      ...(values.classes !== undefined && { classes: values.classes.split(",").map((name) => name.trim()) }),
      ...(values["no-augment"] && { augment: false }),
    };
    const start = saved && values.preset === undefined ? saved : presetConfig(preset, isSlow(backend));
    const config: RunConfig = { ...start, ...given };
    const few = config.classes?.length;
    if (few < 10 && values.classes !== undefined) { // a preset's sizes are for all ten classes
      if (values["train-size"] === undefined) config.trainSize = Math.min(config.trainSize, 5000 * few);
      if (values["test-size"] === undefined) config.testSize = Math.min(config.testSize, 1000 * few);
    }
    const heldOut = preset === "article" ? 0 : Math.round(config.trainSize / 10);
    if (values["validation-size"] === undefined && config.trainSize !== start.trainSize) {
      config.validationSize = heldOut;
    }
    return planRun(config);
  });
}

/** Flags that are settings under their own name: --max-lr is maxLr. */
function settingsOf(values: SettingValues): Partial<RunConfig> {
  const camel = (name: string) => name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
  const others = ["preset", "classes", "no-augment"];
  return Object.fromEntries(
    Object.entries(values).filter(([name, value]) =>
      name in SETTING_FLAGS && !others.includes(name) && value !== undefined
    )
      .map(([name, value]) => [camel(name), value]),
  );
}

/** Reads a config.json that a run wrote. */
export async function readConfig(path: string): Promise<RunConfig> {
  const text = await Deno.readTextFile(path).catch((error) => {
    throw new UsageError((fileError("read", path, error) as Error).message);
  });
  try {
    const { config } = JSON.parse(text);
    if (typeof config !== "object" || config === null) throw new TypeError("no settings");
    return config;
  } catch (error) {
    throw new UsageError(`Cannot use ${path}: it must be a run's config.json, got ${(error as Error).message}`);
  }
}

/** The backend's name out of the flag, checked. */
export function backendFlag(value: string | undefined): BackendChoice {
  return atTheDoor(() => {
    const backend = value ?? "auto";
    checkChoice("read --backend", "it", backend, BACKENDS);
    return backend;
  });
}

/** Sets up native TensorFlow where the choice needs it; says so. Without it, auto goes on with another backend. */
export async function ensureNative(choice: BackendChoice, offline: boolean, { say }: Voice): Promise<void> {
  if ((choice !== "auto" && choice !== "native") || !needsSetUp()) return;
  if (offline) {
    if (!missingNativePart()) return;
    if (choice === "native") {
      throw new Error("Cannot set up native TensorFlow: it needs the network once, got --offline");
    }
    return say("Native TensorFlow is not set up, and --offline forbids to fetch it.");
  }
  say("Setting up native TensorFlow, once:");
  try {
    const way = await setUpNative({ onStage: (line) => say(`  ${line}`) });
    say(`  done (${way === "wheel" ? "TensorFlow 2.21.0" : "libtensorflow 2.9.1"})`);
  } catch (error) {
    if (choice === "native" || !(error instanceof Deno.errors.NotFound)) throw error;
    say(`  ${error.message}`);
    say("  Going on without it.");
  }
}

/** Starts the backend, set up first where it must be, and says which and why. */
export async function startBackend(
  choice: BackendChoice,
  { precision, offline = false }: { precision: Precision; offline?: boolean },
  speak: Voice,
): Promise<BackendName> {
  checkPrecision(precision, choice); // before anything is fetched for it
  await ensureNative(choice, offline, speak);
  const { name, reason } = await selectBackend(choice, { precision });
  speak.say(`Backend: ${name} (${reason})${precision === "bfloat16" ? ", convolutions in bfloat16" : ""}`);
  speak.event("backend", { name, reason, precision });
  return name;
}

/** Loads the images that a plan asks for, fetching them where they are missing; then gives up network and subprocesses. */
export async function loadImages(
  plan: RunPlan,
  values: { data?: string; offline?: boolean },
  { sink, say }: Voice,
  stop: Stop,
): Promise<RunData> {
  if (values.data === undefined && values.offline) say("Offline: CIFAR-10 from the cache.");
  const images = await loadCifar10({
    ...(values.data !== undefined && { directory: values.data }),
    signal: stop.signal,
    onProgress: showDownload(sink),
  });
  await giveUpPermissions();
  return chooseData(plan, images);
}

/** From here on nothing may be fetched and no process started. */
export async function giveUpPermissions(): Promise<void> {
  await Deno.permissions.revoke({ name: "net" });
  await Deno.permissions.revoke({ name: "run" });
}

/** The lines that open a run. */
export function summary(plan: RunPlan, data: RunData, parameters: number, rates: string): string[] {
  const { config } = plan;
  const held = config.validationSize > 0
    ? `${data.validation.size} held out of training to validate on`
    : `validated on the ${data.validation.size} test images, as the article did`;
  const cut = plan.endsAtBase ? "" : " (the last one is cut)";
  return [
    `Data:     CIFAR-10, ${
      config.classes.length === 10 ? "10 classes" : config.classes.join(" and ")
    }: ${data.train.size} images, ${held}, ` +
    `${data.test.size} test images`,
    `Model:    MiniGoogLeNet, ${parameters.toLocaleString("en")} parameters, seed ${config.seed}`,
    `Schedule: ${rates}`,
    `Run:      ${config.epochs} epochs x ${plan.batchesPerEpoch} batches of ${config.batchSize} = ${plan.iterations} iterations, ` +
    `${Number(plan.cycles.toFixed(3))} ${plan.cycles === 1 ? "cycle" : "cycles"}${cut}`,
  ];
}

/** A warning where the run cuts a cycle. */
export function cutCycleWarning({ endsAtBase, config, nearestEpochs }: RunPlan): string | undefined {
  if (endsAtBase) return;
  return `Warning: ${config.epochs} epochs cut a cycle of ${2 * config.stepSize}; the run would end at its base rate ` +
    `with --epochs ${nearestEpochs}`;
}
