/**
 * Plans a run: derives from an experiment everything that follows from its settings.
 * @module
 */
import { ROUNDING } from "../schedules/periods.ts";
import type { Schedule } from "../schedules/schedule.ts";
import { shown } from "../support/check.ts";
import { checkExperiment } from "./check_experiment.ts";
import type { CompanionSettings, DataSettings, Experiment } from "./experiment.ts";
import type { DatasetFacts } from "./registries/datasets.ts";
import { inIterations, scheduleFromSettings } from "./schedule.ts";

/** A data set's settings with all defaults filled in. */
export type PlannedData =
  & DataSettings
  & Required<Pick<DataSettings, "classes" | "trainSize" | "validationSize" | "testSize">>;

/** An experiment, and what follows from its settings. */
export interface RunPlan {
  /** The settings, checked, with classes and sizes filled in. */
  readonly experiment: Experiment & { data: PlannedData };
  /** Height, width and channels of an image. */
  readonly shape: DatasetFacts["shape"];
  /** The schedule. */
  readonly schedule: Schedule;
  /** Optimizer updates in an epoch. */
  readonly batchesPerEpoch: number;
  /** Optimizer updates in the run. */
  readonly iterations: number;
  /** Epochs in the run; the last one may be incomplete. */
  readonly epochs: number;
  /** Optimizer updates between two validations, in addition to those at the ends of epochs; not always a whole number. */
  readonly validateEvery?: number;
}

const VERB = "plan a run";

/**
 * Checks an experiment and works out what follows from it.
 *
 * @param experiment The experiment.
 * @param facts The facts about its data set.
 * @throws {TypeError} If a setting is missing, unknown or of the wrong kind, or has no effect.
 * @throws {RangeError} If a value is out of range, or a name is not in its registry.
 * @example
 * ```ts
 * import { planExperiment } from "./plan.ts";
 * import { presetExperiment } from "./presets.ts";
 * import { DATASETS } from "./registries/datasets.ts";
 *
 * const plan = planExperiment(presetExperiment("article"), DATASETS.cifar10.facts!);
 * if (plan.iterations !== 96 * 781) throw new Error("the article's run");
 * ```
 */
export function planExperiment(experiment: Experiment, facts: DatasetFacts): RunPlan {
  checkExperiment(experiment);
  const data = planData(experiment.data, facts);
  const side = Math.min(facts.shape[0], facts.shape[1]);
  if (experiment.augmentation.cutout > side) {
    const { cutout } = experiment.augmentation;
    throw new RangeError(`Cannot ${VERB}: cutout must be at most ${side}, the side of an image, got ${cutout}`);
  }
  const { batchSize, epochs, iterations: given, validateEvery } = experiment.budget;
  const trained = data.trainSize - data.validationSize;
  if (batchSize > trained) {
    throw new RangeError(
      `Cannot ${VERB}: batchSize must not be above the ${trained} images to train on, got ${batchSize}`,
    );
  }
  const batchesPerEpoch = Math.floor(trained / batchSize);
  const iterations = given ?? epochs! * batchesPerEpoch;
  const schedule = scheduleFromSettings(experiment.schedule, iterations, batchesPerEpoch);
  checkCompanions(experiment.companions, schedule, iterations);
  return {
    experiment: { ...experiment, data },
    shape: facts.shape,
    schedule,
    batchesPerEpoch,
    iterations,
    epochs: Math.ceil(iterations / batchesPerEpoch),
    ...(validateEvery !== undefined && { validateEvery: Math.max(1, inIterations(validateEvery, batchesPerEpoch)) }),
  };
}

/** Throws if an average would have no weights or an ensemble no models: better before the training than after it. */
function checkCompanions({ average, snapshots }: CompanionSettings, schedule: Schedule, iterations: number): void {
  const what = average?.every === "cycle" ? "an average" : "snapshots";
  if (average?.every === "cycle" || snapshots) {
    if (!schedule.cycleEnd) {
      throw new TypeError(`Cannot ${VERB}: ${what} of cycles' ends must have a schedule with cycles, got none`);
    }
    const first = schedule.cycleEnd(0);
    if (first > iterations + ROUNDING) {
      throw new RangeError(
        `Cannot ${VERB}: ${what} of cycles' ends must have one within ${iterations} iterations, got the first at ${first}`,
      );
    }
  }
  if (typeof average?.every === "number" && average.every > iterations) {
    throw new RangeError(
      `Cannot ${VERB}: average.every must be at most the ${iterations} iterations of the run, got ${average.every}`,
    );
  }
}

/** Fills in classes and sizes, and checks them against the data set. */
function planData(settings: DataSettings, facts: DatasetFacts): PlannedData {
  const classes = settings.classes ?? [...facts.classNames];
  checkClasses(classes, facts.classNames);
  const there = (counts: readonly number[]) =>
    classes.reduce((sum, name) => sum + counts[facts.classNames.indexOf(name)], 0);
  const most = { trainSize: there(facts.train), testSize: there(facts.test) };
  const { trainSize = most.trainSize, testSize = most.testSize } = settings;
  for (const [name, size] of Object.entries({ trainSize, testSize }) as ["trainSize" | "testSize", number][]) {
    if (size <= most[name]) continue;
    throw new RangeError(`Cannot ${VERB}: ${name} must be at most ${most[name]}, the number of images, got ${size}`);
  }
  const { validationSize = Math.round(trainSize / 10) } = settings;
  if (validationSize >= trainSize) {
    throw new RangeError(
      `Cannot ${VERB}: validationSize must be a whole number from 0 to ${trainSize - 1}, got ${validationSize}`,
    );
  }
  return { ...settings, classes, trainSize, validationSize, testSize };
}

function checkClasses(classes: readonly string[], known: readonly string[]): void {
  if (classes.length < 2 || new Set(classes).size !== classes.length) {
    throw new RangeError(
      `Cannot ${VERB}: classes must be two or more different ones of ${known.join(", ")}, got ${shown(classes)}`,
    );
  }
  const unknown = classes.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(`Cannot ${VERB}: classes must be among ${known.join(", ")}, got ${shown(unknown)}`);
  }
}
