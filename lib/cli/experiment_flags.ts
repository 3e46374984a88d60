/**
 * The flags that describe an experiment, the same for every command: each is one setting.
 * @module
 */
import { AVERAGES, type Experiment, isScheduleConfig, type ScheduleSettings } from "../experiments/experiment.ts";
import { checkExperiment } from "../experiments/check_experiment.ts";
import { isSlow, PRESETS, presetExperiment } from "../experiments/presets.ts";
import { DATASETS } from "../experiments/registries/datasets.ts";
import { OPTIMIZERS } from "../experiments/registries/optimizers.ts";
import { SCHEDULES } from "../experiments/registries/schedules.ts";
import { checkChoice } from "../support/check.ts";
import { resolve } from "../support/path.ts";
import { type Flag, type FlagValues, UsageError } from "./flags.ts";
import { atTheDoor } from "./terminal.ts";

/** A flag that is a setting of the experiment. */
interface SettingFlag extends Flag {
  /** The setting, by its group and its name; `name` switches to another entry of a registry. */
  readonly sets: readonly [group: keyof Experiment, name?: string];
}

/** Flags about the images. */
export const DATA_FLAGS = {
  dataset: { takes: "text", sets: ["data", "dataset"], help: "a data set by name (cifar10)" },
  images: { takes: "text", sets: ["data", "directory"], help: "your own images: a folder with one sub-folder a class" },
  "image-size": { takes: "number", sets: ["data", "imageSize"], help: "height and width that a folder's images get (32)" },
  classes: { takes: "text", sets: ["data", "classes"], help: "the classes to tell apart, as in cat,dog (two: binary cross-entropy)" },
  "train-size": { takes: "number", sets: ["data", "trainSize"], help: "training images to use, those held out included" },
  "validation-size": { takes: "number", sets: ["data", "validationSize"], help: "training images held out to validate on (a tenth)" },
  "test-size": { takes: "number", sets: ["data", "testSize"], help: "test images to score on at the end" },
  augment: { sets: ["augmentation"], help: "shift and flip the training images, as the article does" },
  "no-augment": { sets: ["augmentation"], help: "leave the training images as they are" },
  cutout: { takes: "number", sets: ["augmentation", "cutout"], help: "cut a square of so many pixels out of each training image (0)" },
  "label-smoothing": { takes: "number", sets: ["loss", "labelSmoothing"], help: "how much of each target is spread over all classes (0)" },
} as const satisfies Record<string, SettingFlag>;

/** Flags about the model and what trains it. */
export const MODEL_FLAGS = {
  model: { takes: "text", sets: ["model", "name"], help: "a model by name (mini-googlenet), or ./my_model.ts, whose default export builds one" },
  dropout: { takes: "number", sets: ["model", "dropout"], help: "the model's dropout rate, where it has one" },
  "batch-norm-momentum": { takes: "number", sets: ["model", "batchNormMomentum"], help: "how much of batch normalization's averages stays each step (0.99)" },
  optimizer: { takes: "text", sets: ["optimizer", "name"], help: "an optimizer by name (momentum)" },
  momentum: { takes: "number", sets: ["optimizer", "momentum"], help: "the optimizer's momentum, or beta1 (0.9)" },
  nesterov: { sets: ["optimizer", "nesterov"], help: "Nesterov's momentum" },
  "weight-decay": { takes: "number", sets: ["optimizer", "weightDecay"], help: "weight decay of the kernels, decoupled from the gradient (0)" },
  "coupled-decay": { sets: ["optimizer", "coupledDecay"], help: "weight decay as L2, through the gradient" },
} as const satisfies Record<string, SettingFlag>;

/** Flags about the learning rate. */
export const SCHEDULE_FLAGS = {
  schedule: { takes: "text", sets: ["schedule", "name"], help: "a schedule by name (triangular); --list names them" },
  mode: { takes: "text", sets: ["schedule", "name"], help: "the article's word for three of them: triangular, triangular2 or exp_range" },
  "base-lr": { takes: "number", sets: ["schedule", "baseLr"], help: "the lower bound of the learning rate" },
  "max-lr": { takes: "number", sets: ["schedule", "maxLr"], help: "the upper bound; the one rate, where it is fixed" },
  "step-size": { takes: "number", sets: ["schedule", "stepSize"], help: "half a cycle, in epochs (Smith: 2 to 8)" },
  "warm-up": { takes: "number", sets: ["schedule", "warmUp"], help: "a rise from 0 over the schedule's start, in epochs (0)" },
  gamma: { takes: "number", sets: ["schedule", "gamma"], help: "the decay per iteration of exp-range and exponential" },
  decays: { takes: "text", sets: ["schedule", "decays"], help: "what exp-range's gamma shrinks: amplitude, or bounds as in the paper" },
  power: { takes: "number", sets: ["schedule", "power"], help: "the power of a polynomial decay (2)" },
  "peak-at": { takes: "number", sets: ["schedule", "peakAt"], help: "the share of the run in which one-cycle or slanted-triangular rises" },
  "momentum-range": { takes: "text", sets: ["schedule", "momentumRange"], help: "momentum that mirrors the rate, as in 0.85,0.95" },
} as const satisfies Record<string, SettingFlag>;

/** Flags about the budget and what is made of the weights. */
export const BUDGET_FLAGS = {
  epochs: { takes: "number", sets: ["budget", "epochs"], help: "epochs to train" },
  iterations: { takes: "number", sets: ["budget", "iterations"], help: "optimizer updates to train, instead of epochs" },
  "batch-size": { takes: "number", sets: ["budget", "batchSize"], help: "images in a batch" },
  "validate-every": { takes: "number", sets: ["budget", "validateEvery"], help: "epochs between two validations, also parts of one (1)" },
  average: { takes: "text", sets: ["companions", "average"], help: "also score an average of the weights: swa (cycles' ends) or ema (exponential)" },
  snapshots: { sets: ["companions", "snapshots"], help: "also score the ensemble of the models at the cycles' ends" },
  "refresh-batch-norm": { sets: ["companions", "refreshBatchNorm"], help: "work batch normalization's statistics out anew before each score" },
  "flip-at-test": { sets: ["companions", "flipAtTest"], help: "also score images together with their mirror images" },
  precision: { takes: "text", sets: ["precision"], help: "float32, or bfloat16 for the convolutions where the processor has it (float32)" },
  seed: { takes: "number", sets: ["seed"], help: "decides weights, order, augmentation and dropout" },
} as const satisfies Record<string, SettingFlag>;

const SETTING_FLAGS = { ...DATA_FLAGS, ...MODEL_FLAGS, ...SCHEDULE_FLAGS, ...BUDGET_FLAGS };

/** Every flag of an experiment, and the preset that it starts from. */
export const EXPERIMENT_FLAGS = {
  preset: { takes: "text", help: `${Object.keys(PRESETS).join(", ")} (quick); --list says what each is` },
  ...SETTING_FLAGS,
} as const satisfies Record<string, Flag>;

/** The values of {@linkcode EXPERIMENT_FLAGS}. */
export type ExperimentValues = FlagValues<typeof EXPERIMENT_FLAGS>;

/** The flags in groups, for `--help`. */
export const EXPERIMENT_GROUPS: Record<string, Record<string, Flag>> = {
  "The images": { preset: EXPERIMENT_FLAGS.preset, ...DATA_FLAGS },
  "The model and its optimizer": MODEL_FLAGS,
  "The learning rate": SCHEDULE_FLAGS,
  "The budget, and what is scored": BUDGET_FLAGS,
};

/**
 * An experiment out of a preset, a saved experiment, and flags, the later over the earlier; checked.
 *
 * @param values The flags.
 * @param backend The backend: a slow one gets a smaller quick preset.
 * @param saved An experiment that was saved.
 * @throws {UsageError} If a value is wrong.
 */
export function experimentFromFlags(values: ExperimentValues, backend: string, saved?: Experiment): Experiment {
  return atTheDoor(() => {
    const preset = values.preset ?? "quick";
    checkChoice("read --preset", "it", preset, Object.keys(PRESETS));
    const base = saved && values.preset === undefined
      ? structuredClone(saved)
      : presetExperiment(preset, isSlow(backend));
    if (values.schedule !== undefined && values.mode !== undefined) {
      throw new UsageError("Cannot read --mode: it is another word for --schedule, got both");
    }
    const experiment = withEntries(base, values) as unknown as Record<string, Record<string, unknown>>;
    for (const [flag, { sets: [group, name] }] of Object.entries(SETTING_FLAGS) as [string, SettingFlag][]) {
      const value = (values as Record<string, unknown>)[flag];
      if (value === undefined || name === "name") continue;
      if (name === undefined) experiment[group] = read(flag, value) as Record<string, unknown>;
      else experiment[group] = { ...experiment[group], [name]: read(flag, value) };
    }
    const done = experiment as unknown as Experiment;
    if (values.iterations !== undefined && values.epochs === undefined) delete done.budget.epochs;
    if (values.epochs !== undefined && values.iterations === undefined) delete done.budget.iterations;
    fitSizes(done, values, base);
    checkExperiment(done);
    return done;
  });
}

/** Flags whose text is more than a text. */
function read(flag: string, value: unknown): unknown {
  const list = () => String(value).split(",").map((part) => part.trim());
  switch (flag) {
    case "classes":
      return list();
    case "momentum-range":
      return list().map(Number);
    case "images":
      return resolve(String(value));
    case "augment":
      return PRESETS.article.experiment.augmentation;
    case "no-augment":
      return { shift: 0, fill: "nearest", flip: false, cutout: 0 };
    case "average":
      checkChoice("read --average", "it", value, Object.keys(AVERAGES));
      return AVERAGES[value as keyof typeof AVERAGES];
    default:
      return value;
  }
}

/** Another schedule, model, optimizer or data set keeps what it can use of the settings so far. */
function withEntries(base: Experiment, values: ExperimentValues): Experiment {
  const { model, optimizer, images, dataset = images === undefined ? undefined : "folder" } = values;
  const scheduleName = values.schedule ?? modeName(values.mode);
  const experiment = { ...base };
  if (model !== undefined && model !== base.model.name) experiment.model = { name: model };
  if (optimizer !== undefined) {
    checkChoice("read --optimizer", "it", optimizer, Object.keys(OPTIMIZERS));
    const { takes } = OPTIMIZERS[optimizer];
    experiment.optimizer = kept(base.optimizer, [...takes, "weightDecay", "coupledDecay"], optimizer);
  }
  if (scheduleName !== undefined) {
    checkChoice("read --schedule", "it", scheduleName, Object.keys(SCHEDULES));
    const settings = isScheduleConfig(base.schedule) ? {} : base.schedule;
    experiment.schedule = kept(settings, ["warmUp", ...SCHEDULES[scheduleName].takes], scheduleName) as ScheduleSettings;
  }
  if (dataset !== undefined && dataset !== base.data.dataset) {
    checkChoice("read --dataset", "it", dataset, Object.keys(DATASETS));
    experiment.data = { dataset };
  }
  return experiment;
}

function kept<T extends object>(settings: T, names: readonly string[], name: string): T & { name: string } {
  const entries = Object.entries(settings).filter(([key]) => names.includes(key));
  return { ...Object.fromEntries(entries), name } as T & { name: string };
}

/** The article's word for a policy as a schedule's name. */
function modeName(mode: string | undefined): string | undefined {
  if (mode === undefined) return undefined;
  const modes = ["triangular", "triangular2", "exp_range"];
  checkChoice("read --mode", "mode", mode, modes);
  return mode.replace("_", "-");
}

/** A preset's sizes are for all of CIFAR-10's classes, and for the training images that it takes. */
function fitSizes({ data }: Experiment, values: ExperimentValues, base: Experiment): void {
  const few = data.classes?.length;
  const { facts } = DATASETS[data.dataset] ?? {};
  if (few !== undefined && facts && values.classes !== undefined) {
    if (values["train-size"] === undefined) data.trainSize = Math.min(data.trainSize ?? Infinity, few * facts.train[0]);
    if (values["test-size"] === undefined) data.testSize = Math.min(data.testSize ?? Infinity, few * facts.test[0]);
  }
  if (values["validation-size"] === undefined && data.trainSize !== base.data.trainSize && data.trainSize !== undefined) {
    data.validationSize = base.data.validationSize === 0 ? 0 : Math.round(data.trainSize / 10);
  }
}

