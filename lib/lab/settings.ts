/**
 * What the laboratory trains, and the values in the form of a schedule.
 * @module
 */
import type { Experiment, ScheduleSettings } from "../experiments/experiment.ts";
import { SCHEDULES } from "../experiments/registries/schedules.ts";
import { scheduleFromSettings } from "../experiments/schedule.ts";
import type { Schedule } from "../schedules/schedule.ts";

/** The numbers of images: small enough for a browser, and chosen to give a round number of batches per epoch. */
export const DATA = { trainSize: 3600, validationSize: 400, testSize: 1000 } as const;
/** Images in a batch. */
export const BATCH_SIZE = 32;
/** Optimizer updates in an epoch. */
export const BATCHES_PER_EPOCH = (DATA.trainSize - DATA.validationSize) / BATCH_SIZE;
/** The momentum, if a schedule does not cycle it. */
export const MOMENTUM = 0.9;
/** Validations in a race. */
const VALIDATIONS = 12;

/** The values of a schedule's form. Lengths are in iterations. */
export interface ScheduleValues {
  /** The schedule's name in the registry. */
  schedule: string;
  /** The lower bound of the rate. */
  baseLr: number;
  /** The upper bound of the rate. */
  maxLr: number;
  /** Half a cycle. */
  stepSize: number;
  /** The length of a rise from 0 at the start; 0 for none. */
  warmUp: number;
  /** How much of the height gamma leaves at the end of the run, in percent. */
  left: number;
  /** What exp-range's gamma shrinks. */
  decays: "amplitude" | "bounds";
  /** The power of a polynomial decay. */
  power: number;
  /** The fraction of the run in which the rate rises, in percent. */
  peakAt: number;
  /** Whether momentum mirrors the rate. */
  mirrored: boolean;
  /** The lowest momentum. */
  lowMomentum: number;
  /** The highest momentum. */
  highMomentum: number;
}

/** The names of the values that are numbers. */
export type NumberName = {
  [K in keyof ScheduleValues]: ScheduleValues[K] extends number ? K : never;
}[keyof ScheduleValues];

/** What the page calls these numbers. */
export const LABELS: Readonly<Record<NumberName, string>> = {
  ...{ baseLr: "Base rate", maxLr: "Maximum rate", stepSize: "Step size, half a cycle" },
  ...{ left: "Height left at the end", power: "Power of the decay", peakAt: "Rise ends after" },
  ...{ warmUp: "Warm-up from 0", lowMomentum: "Lowest momentum", highMomentum: "Highest momentum" },
};

/** Optimizer updates of a run, unless the user changes it. */
export const ITERATIONS = 240;

/** The initial values of the form. */
export const DEFAULTS: ScheduleValues = {
  ...{ schedule: "triangular", baseLr: 0.001, maxLr: 0.02, stepSize: ITERATIONS / 4, warmUp: 0 },
  ...{ left: 10, decays: "amplitude", power: 2, peakAt: 30 },
  ...{ mirrored: false, lowMomentum: 0.85, highMomentum: 0.95 },
};

/** Which of the form's values a schedule takes. */
export function takenBy(schedule: string): (keyof ScheduleValues)[] {
  const takes = new Set<string>(SCHEDULES[schedule].takes);
  return [
    ...(["baseLr", "maxLr", "stepSize"] as const).filter((name) => takes.has(name)),
    ...(takes.has("gamma") ? ["left"] as const : []),
    ...(["decays", "power", "peakAt"] as const).filter((name) => takes.has(name)),
    "warmUp",
    ...(takes.has("momentumRange") ? ["mirrored", "lowMomentum", "highMomentum"] as const : []),
  ];
}

/**
 * The settings of an experiment's schedule: only those that the schedule takes.
 *
 * @param values The form's values.
 * @param iterations Optimizer updates of the run.
 * @throws {RangeError} If a number is NaN, infinite or negative, the base rate is above the maximum, a percentage is
 * out of range, or the momenta do not rise from the lowest to the highest, below 1.
 */
export function scheduleSettings(values: ScheduleValues, iterations: number): ScheduleSettings {
  // momenta that are not mirrored have no fields on the page, so they are not checked
  const taken = takenBy(values.schedule).filter((name) => values.mirrored || !/Momentum$/.test(name));
  const takes = (name: keyof ScheduleValues) => taken.includes(name);
  const { baseLr, maxLr, stepSize, warmUp, left, decays, power, peakAt, mirrored } = values;
  for (const [name, label] of Object.entries(LABELS) as [NumberName, string][]) {
    if (!takes(name) || (Number.isFinite(values[name]) && values[name] >= 0)) continue;
    throw new RangeError(`"${label}" must be 0 or more, got ${values[name]}.`);
  }
  if (takes("baseLr") && baseLr > maxLr) {
    throw new RangeError(`The base rate must not be above the maximum ${maxLr}, got ${baseLr}.`);
  }
  if (takes("left") && !(left > 0 && left <= 100)) {
    throw new RangeError(`"${LABELS.left}" must be above 0 % and at most 100 %, got ${left}.`);
  }
  if (takes("peakAt") && !(peakAt > 0 && peakAt < 100)) {
    throw new RangeError(`"${LABELS.peakAt}" must be above 0 % and below 100 % of the run, got ${peakAt}.`);
  }
  if (takes("mirrored") && mirrored && !(values.lowMomentum <= values.highMomentum && values.highMomentum < 1)) {
    throw new RangeError(
      `Momentum must rise from low to high and stay below 1, got ${values.lowMomentum} and ${values.highMomentum}.`,
    );
  }
  return {
    name: values.schedule,
    ...(takes("baseLr") && { baseLr }),
    ...(takes("maxLr") && { maxLr }),
    ...(takes("stepSize") && { stepSize: { iterations: stepSize } }),
    ...(takes("left") && { gamma: Number(((left / 100) ** (1 / iterations)).toPrecision(7)) }),
    ...(takes("decays") && decays !== "amplitude" && { decays }),
    ...(takes("power") && { power }),
    ...(takes("peakAt") && { peakAt: peakAt / 100 }),
    ...(warmUp > 0 && { warmUp: { iterations: warmUp } }),
    ...(takes("mirrored") && mirrored && { momentumRange: [values.lowMomentum, values.highMomentum] as const }),
  };
}

/** The schedule that the form describes, for a run of this many iterations. */
export function scheduleOf(values: ScheduleValues, iterations: number): Schedule {
  return scheduleFromSettings(scheduleSettings(values, iterations), iterations, BATCHES_PER_EPOCH);
}

/** Optimizer updates between two validations of a race. */
export function validateEvery(iterations: number): number {
  return Math.max(1, Math.round(iterations / VALIDATIONS));
}

/**
 * The laboratory's training as an experiment, so that `deno task compare --config` can repeat its record.
 *
 * @param schedule The schedule.
 * @param budget `iterations`, optimizer updates; `seed`; `madeUp`: whether the images are made up. Experiments on
 * made-up images work only here, because no registry has these images.
 */
export function labExperiment(
  schedule: ScheduleSettings,
  { iterations, seed, madeUp }: { iterations: number; seed: number; madeUp: boolean },
): Experiment {
  return {
    preset: "quick",
    data: { dataset: madeUp ? "made-up" : "cifar10", ...DATA },
    augmentation: { shift: 0, fill: "nearest", flip: false, cutout: 0 },
    model: { name: "small-cnn" },
    loss: { labelSmoothing: 0 },
    optimizer: { name: "momentum", momentum: MOMENTUM },
    schedule,
    budget: { batchSize: BATCH_SIZE, iterations, validateEvery: { iterations: validateEvery(iterations) } },
    companions: {},
    precision: "float32",
    seed,
  };
}
