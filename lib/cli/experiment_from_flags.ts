/**
 * Makes an experiment from the flags of a command line.
 * @module
 */
import { checkExperiment } from "../experiments/check_experiment.ts";
import { AVERAGES, type Experiment, isScheduleConfig, type ScheduleSettings } from "../experiments/experiment.ts";
import { isSlow, presetExperiment, PRESETS } from "../experiments/presets.ts";
import { DATASETS } from "../experiments/registries/datasets.ts";
import { OPTIMIZERS } from "../experiments/registries/optimizers.ts";
import { SCHEDULES } from "../experiments/registries/schedules.ts";
import { checkChoice } from "../support/check.ts";
import { resolve } from "../support/path.ts";
import { type ExperimentValues, SETTING_FLAGS, type SettingFlag } from "./experiment_flags.ts";
import { refuseFlags, UsageError } from "./flags.ts";
import { atTheDoor } from "./terminal.ts";

/**
 * Makes an experiment from a preset or a saved experiment, changed by flags, and checks it.
 *
 * @param values The flags.
 * @param backend The backend. On a slow one, the quick preset is smaller.
 * @param saved A saved experiment to start from instead of a preset.
 * @throws {UsageError} If a value is wrong.
 */
export function experimentFromFlags(values: ExperimentValues, backend: string, saved?: Experiment): Experiment {
  return atTheDoor(() => {
    if (saved) {
      checkExperiment(saved);
      refuseFlags(values, ["preset"], "Cannot start from a preset: a saved experiment replaces it");
    }
    const base = saved ? structuredClone(saved) : presetExperiment(values.preset ?? "quick", isSlow(backend));
    if (values.schedule !== undefined && values.mode !== undefined) {
      throw new UsageError("Cannot read --mode: it is another word for --schedule, got both");
    }
    if (values.augment && values["no-augment"]) {
      throw new UsageError("Cannot read --augment: --no-augment says the opposite, got both");
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

/** Converts a flag's value to a setting. */
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

/** Switches to another schedule, model, optimizer or data set, and keeps the earlier settings that it can use. */
function withEntries(base: Experiment, values: ExperimentValues): Experiment {
  const { model, optimizer, images, dataset = images === undefined ? undefined : "folder" } = values;
  const scheduleName = values.schedule ?? modeName(values.mode);
  const experiment = { ...base };
  if (model !== undefined && model !== base.model.name) experiment.model = { name: model };
  if (optimizer !== undefined && optimizer !== base.optimizer.name) {
    checkChoice("read --optimizer", "it", optimizer, Object.keys(OPTIMIZERS));
    experiment.optimizer = kept(base.optimizer, ["weightDecay", "coupledDecay"], optimizer);
  }
  if (optimizer !== undefined && !isScheduleConfig(base.schedule)) {
    const scale = OPTIMIZERS[optimizer].rateScale / OPTIMIZERS[base.optimizer.name].rateScale;
    const { momentumRange, ...others } = scaled(base.schedule, scale);
    const cycles = momentumRange && OPTIMIZERS[optimizer].takes.includes("momentum");
    experiment.schedule = cycles ? { ...others, momentumRange } : others;
  }
  if (scheduleName !== undefined) {
    checkChoice("read --schedule", "it", scheduleName, Object.keys(SCHEDULES));
    const settings = isScheduleConfig(experiment.schedule) ? {} : experiment.schedule;
    experiment.schedule = kept(
      settings,
      ["warmUp", ...SCHEDULES[scheduleName].takes],
      scheduleName,
    ) as ScheduleSettings;
  }
  if (dataset !== undefined && dataset !== base.data.dataset) {
    checkChoice("read --dataset", "it", dataset, Object.keys(DATASETS));
    experiment.data = { dataset };
  }
  return experiment;
}

/** The same schedule with its bounds multiplied by a number. */
function scaled(schedule: ScheduleSettings, scale: number): ScheduleSettings {
  const bounds = (["baseLr", "maxLr"] as const).filter((name) => schedule[name] !== undefined)
    .map((name) => [name, Number((schedule[name]! * scale).toPrecision(6))]);
  return { ...schedule, ...Object.fromEntries(bounds) };
}

function kept<T extends object>(settings: T, names: readonly string[], name: string): T & { name: string } {
  const entries = Object.entries(settings).filter(([key]) => names.includes(key));
  return { ...Object.fromEntries(entries), name } as T & { name: string };
}

/** Converts the article's name of a policy to a schedule's name. */
function modeName(mode: string | undefined): string | undefined {
  if (mode === undefined) return undefined;
  const modes = ["triangular", "triangular2", "exp_range"];
  checkChoice("read --mode", "mode", mode, modes);
  return mode.replace("_", "-");
}

/**
 * Adapts the sizes. A preset's sizes are meant for all of CIFAR-10's classes and for its own number of training images.
 */
function fitSizes({ data }: Experiment, values: ExperimentValues, base: Experiment): void {
  const few = data.classes?.length;
  const { facts } = DATASETS[data.dataset] ?? {};
  if (few !== undefined && facts && values.classes !== undefined) {
    if (values["train-size"] === undefined) data.trainSize = Math.min(data.trainSize ?? Infinity, few * facts.train[0]);
    if (values["test-size"] === undefined) data.testSize = Math.min(data.testSize ?? Infinity, few * facts.test[0]);
  }
  if (
    values["validation-size"] === undefined && data.trainSize !== base.data.trainSize && data.trainSize !== undefined
  ) {
    data.validationSize = base.data.validationSize === 0 ? 0 : Math.round(data.trainSize / 10);
  }
}
