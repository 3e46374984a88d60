/**
 * The rules for an experiment's settings, each written once.
 * @module
 */
import { PRECISIONS } from "../backend/precision.ts";
import { scheduleFromConfig } from "../schedules/config.ts";
import { checkChoice, checkNumber, checkOptions, rules, shown } from "../support/check.ts";
import { type Experiment, isScheduleConfig } from "./experiment.ts";
import { PRESETS } from "./presets.ts";
import { DATASETS } from "./registries/datasets.ts";
import { MODELS } from "./registries/models.ts";
import { OPTIMIZERS } from "./registries/optimizers.ts";
import { SCHEDULES } from "./registries/schedules.ts";

const VERB = "plan a run";

/** Throws unless a setting satisfies its rule. */
type Check = (name: string, value: unknown) => void;

const number = (rule: readonly [words: string, holds: (value: number) => boolean]): Check => (name, value) =>
  checkNumber(VERB, name, value, ...rule);
const choice = (choices: readonly string[]): Check => (name, value) => checkChoice(VERB, name, value, choices);
const optional = (check: Check): Check => (name, value) => value === undefined || check(name, value);
const toggle: Check = (name, value) => {
  if (typeof value !== "boolean") {
    throw new TypeError(`Cannot ${VERB}: ${name} must be true or false, got ${shown(value)}`);
  }
};
const text: Check = (name, value) => {
  if (typeof value !== "string" || value === "") {
    throw new TypeError(`Cannot ${VERB}: ${name} must be a non-empty string, got ${shown(value)}`);
  }
};
/** A number of epochs, or `{ iterations }`. */
const length: Check = (name, value) => {
  if (typeof value !== "object" || value === null) return checkNumber(VERB, name, value, ...rules.positive);
  checkOptions(VERB, value, ["iterations"]);
  checkNumber(VERB, `${name}.iterations`, (value as { iterations?: unknown }).iterations, ...rules.positive);
};
const twoNumbers: Check = (name, value) => {
  if (!Array.isArray(value) || value.length !== 2) {
    throw new TypeError(`Cannot ${VERB}: ${name} must be two numbers, low and high, got ${shown(value)}`);
  }
  value.forEach((one) => checkNumber(VERB, name, one, ...rules.belowOne));
  if (value[0] > value[1]) throw new RangeError(`Cannot ${VERB}: ${name} must rise, got ${shown(value)}`);
};

const DATA: Record<string, Check> = {
  dataset: choice(Object.keys(DATASETS)),
  directory: optional(text),
  imageSize: optional(number(rules.count)),
  classes: optional((_name, value) => {
    if (!Array.isArray(value)) {
      throw new TypeError(`Cannot ${VERB}: classes must be a list of names, got ${shown(value)}`);
    }
  }),
  trainSize: optional(number(rules.count)),
  validationSize: optional(number(rules.whole)),
  testSize: optional(number(rules.count)),
};
const AUGMENTATION: Record<string, Check> = {
  shift: number(rules.belowOne),
  fill: choice(["nearest", "reflect", "zero"]),
  flip: toggle,
  cutout: number(rules.whole),
};
const OPTIMIZER: Record<string, Check> = {
  name: (_, value) => checkChoice(VERB, "the optimizer's name", value, Object.keys(OPTIMIZERS)),
  momentum: optional(number(rules.belowOne)),
  nesterov: optional(toggle),
  weightDecay: optional(number(rules.notNegative)),
  coupledDecay: optional(toggle),
};
const SCHEDULE: Record<string, Check> = {
  name: (_, value) => checkChoice(VERB, "the schedule's name", value, Object.keys(SCHEDULES)),
  baseLr: optional(number(rules.notNegative)),
  maxLr: optional(number(rules.notNegative)),
  stepSize: optional(length),
  warmUp: optional(length),
  gamma: optional(number(rules.decay)),
  decays: optional(choice(["amplitude", "bounds"])),
  power: optional(number(rules.positive)),
  peakAt: optional(number(["above 0 and below 1", (value) => value > 0 && value < 1])),
  momentumRange: optional(twoNumbers),
};
const BUDGET: Record<string, Check> = {
  batchSize: number(rules.count),
  epochs: optional(number(rules.count)),
  iterations: optional(number(rules.count)),
  validateEvery: optional(length),
};
const COMPANIONS: Record<string, Check> = {
  average: optional((_name, value) => {
    checkOptions(VERB, value, ["every", "decay"]);
    const { every, decay } = value as { every?: unknown; decay?: unknown };
    if (every !== "cycle") checkNumber(VERB, "average.every", every, ...rules.count);
    if (decay === undefined) return;
    checkNumber(VERB, "average.decay", decay, ...rules.belowOne);
    if (every === "cycle") {
      throw new TypeError(`Cannot ${VERB}: an average of cycles' ends takes no decay, got ${decay}`);
    }
  }),
  snapshots: optional(toggle),
  refreshBatchNorm: optional(toggle),
  flipAtTest: optional(toggle),
};

/** Checks a group of settings: first their names, then their values. */
function checkGroup(settings: unknown, checks: Record<string, Check>): void {
  checkOptions(VERB, settings, Object.keys(checks));
  for (const [name, check] of Object.entries(checks)) check(name, (settings as Record<string, unknown>)[name]);
}

/** Throws if a registry's entry does not take a setting, because ignoring it would mislead. */
function checkTaken(settings: object, name: string, takes: readonly string[]): void {
  const useless = Object.entries(settings).find(([key, value]) =>
    value !== undefined && key !== "name" && !takes.includes(key)
  )?.[0];
  if (useless) {
    throw new TypeError(`Cannot ${VERB}: ${shown(name)} takes ${takes.join(", ") || "nothing"}, got ${shown(useless)}`);
  }
}

/**
 * Checks everything in an experiment that can be checked before its data set is known.
 *
 * @param experiment The experiment.
 * @throws {TypeError} If a setting is missing, unknown or of the wrong kind, or has no effect.
 * @throws {RangeError} If a value is out of range, or a name is not in its registry.
 */
export function checkExperiment(experiment: Experiment): void {
  checkGroup(experiment, {
    preset: choice(Object.keys(PRESETS)),
    data: (_, value) => checkGroup(value, DATA),
    augmentation: (_, value) => checkGroup(value, AUGMENTATION),
    model: (_, value) => {
      const name = (value as { name?: unknown } | null | undefined)?.name;
      if (typeof name === "string" && isModule(name)) return; // a module checks its own options
      checkChoice(VERB, "model", name, Object.keys(MODELS));
      checkTaken(value as object, name, MODELS[name].takes ?? []);
    },
    loss: (_, value) => checkGroup(value, { labelSmoothing: number(rules.belowOne) }),
    optimizer: (_, value) => checkGroup(value, OPTIMIZER),
    schedule: (_, value) => {
      if (typeof value === "object" && value !== null && isScheduleConfig(value as Experiment["schedule"])) {
        scheduleFromConfig(value as never);
      } else checkGroup(value, SCHEDULE);
    },
    budget: (_, value) => checkGroup(value, BUDGET),
    companions: (_, value) => checkGroup(value, COMPANIONS),
    precision: choice(PRECISIONS),
    seed: number(["a whole number", Number.isSafeInteger]),
  });
  const { data, optimizer, schedule, budget } = experiment;
  if (data.dataset === "folder" && data.directory === undefined) {
    throw new TypeError(`Cannot ${VERB}: the data set "folder" needs a directory, got undefined`);
  }
  if ((budget.epochs === undefined) === (budget.iterations === undefined)) {
    throw new TypeError(`Cannot ${VERB}: the budget takes either epochs or iterations, got ${shown(budget)}`);
  }
  for (const name of ["directory", "imageSize"] as const) {
    if (data[name] === undefined || DATASETS[data.dataset].takes?.includes(name)) continue;
    throw new TypeError(
      `Cannot ${VERB}: the data set ${shown(data.dataset)} takes no ${name}, got ${shown(data[name])}`,
    );
  }
  const { takes } = OPTIMIZERS[optimizer.name];
  checkTaken(optimizer, optimizer.name, [...takes, "weightDecay", "coupledDecay"]);
  if (optimizer.coupledDecay && optimizer.weightDecay === undefined) {
    throw new TypeError(`Cannot ${VERB}: coupledDecay has no effect without weightDecay, got true`);
  }
  if ("momentumRange" in schedule && schedule.momentumRange && !takes.includes("momentum")) {
    throw new TypeError(
      `Cannot ${VERB}: momentumRange needs an optimizer with momentum, got ${shown(optimizer.name)}`,
    );
  }
  if (!isScheduleConfig(schedule)) checkTaken(schedule, schedule.name, ["warmUp", ...SCHEDULES[schedule.name].takes]);
}

/** Whether a model's name is a module's path. */
export const isModule = (name: string): boolean => /\.[jt]s$/.test(name);
