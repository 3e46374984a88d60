/**
 * What a headless run is: its settings, their presets, and their rules.
 * @module
 */
import { type Precision, PRECISIONS } from "../backend/precision.ts";
import { cyclical, type CyclicalMode, type CyclicalOptions } from "../schedules/cyclical.ts";
import { type CyclePlan, planCycles } from "../schedules/plan_cycles.ts";
import { checkChoice, checkNumber, checkOptions, rules, shown } from "../support/check.ts";
import { CIFAR10_CLASSES } from "../data/cifar10/classes.ts";

/** The settings of a run; plain JSON, enough to repeat it. */
export interface RunConfig {
  /** Where the settings started from. */
  preset: "quick" | "article";
  /** The policy. */
  mode: CyclicalMode;
  /** The lower bound of the rate. */
  baseLr: number;
  /** The upper bound of the rate. */
  maxLr: number;
  /** Half a cycle, in epochs. */
  stepSize: number;
  /** Epochs to train. */
  epochs: number;
  /** Images in a batch. */
  batchSize: number;
  /** Training images to use, those held out included. */
  trainSize: number;
  /** Training images held out to validate on; 0 where the test images serve, as in the article. */
  validationSize: number;
  /** Test images to score on. */
  testSize: number;
  /** The classes to tell apart. */
  classes: string[];
  /** The optimizer's momentum. */
  momentum: number;
  /** exp_range's decay per iteration. */
  gamma: number;
  /** Decides weights, order, augmentation and dropout. */
  seed: number;
  /** Whether images are shifted and flipped. */
  augment: boolean;
  /** bfloat16 is mixed precision, on the native backend. */
  precision: Precision;
}

const COMMON = {
  mode: "triangular",
  batchSize: 64,
  classes: [...CIFAR10_CLASSES],
  momentum: 0.9,
  gamma: 0.99994,
  seed: 42,
  augment: true,
  precision: "float32",
} as const;

/**
 * The settings of a preset. quick ends in minutes on a laptop with the native backend; on a slower backend it takes fewer
 * images. article has the article's numbers: 96 epochs of 781 iterations, hours on a processor.
 *
 * @param preset The preset's name.
 * @param slow Whether the backend is a slow one (WebAssembly, plain JavaScript).
 */
export function presetConfig(preset: RunConfig["preset"], slow = false): RunConfig {
  if (preset === "article") {
    return {
      ...COMMON,
      classes: [...COMMON.classes],
      preset,
      ...{ baseLr: 1e-7, maxLr: 1e-2, stepSize: 8, epochs: 96, trainSize: 50_000, validationSize: 0, testSize: 10_000 },
    };
  }
  const sizes = slow
    ? { trainSize: 1280, validationSize: 128, testSize: 400 }
    : { trainSize: 10_000, validationSize: 1000, testSize: 2000 };
  return {
    ...COMMON,
    classes: [...COMMON.classes],
    preset,
    // measured: batches of 32 up to 0.02 beat batches of 64 up to 0.03 by 7 points in the same time (seed 42)
    ...{
      baseLr: 1e-3,
      maxLr: 2e-2,
      batchSize: 32,
      stepSize: 1,
      epochs: 2,
      ...sizes,
    },
  };
}

/** A run's settings with what follows from them. */
export interface RunPlan extends CyclePlan {
  /** The settings, checked. */
  readonly config: RunConfig;
  /** Options for `cyclical` that the settings ask for. */
  readonly cyclical: CyclicalOptions;
  /** Optimizer updates in an epoch. */
  readonly batchesPerEpoch: number;
}

const VERB = "plan a run";

/**
 * Checks settings and works out what follows from them.
 *
 * @param config The settings.
 * @throws {TypeError} If a setting is missing, unknown or of the wrong kind.
 * @throws {RangeError} If a value is out of range.
 * @example
 * ```ts
 * import { planRun, presetConfig } from "./config.ts";
 *
 * const plan = planRun(presetConfig("article"));
 * if (plan.iterations !== 96 * 781 || plan.cycles !== 6) throw new Error("the article's run");
 * ```
 */
export function planRun(config: RunConfig): RunPlan {
  checkOptions(VERB, config, Object.keys(presetConfig("quick")));
  checkChoice(VERB, "preset", config.preset, ["quick", "article"]);
  for (const name of ["epochs", "batchSize", "trainSize", "testSize"] as const) {
    checkNumber(VERB, name, config[name], ...rules.count);
  }
  checkNumber(VERB, "stepSize", config.stepSize, ...rules.positive);
  checkNumber(VERB, "momentum", config.momentum, "0 or more and below 1", (value) => value >= 0 && value < 1);
  checkNumber(VERB, "seed", config.seed, "a whole number", Number.isSafeInteger);
  if (typeof config.augment !== "boolean") {
    throw new TypeError(`Cannot ${VERB}: augment must be true or false, got ${shown(config.augment)}`);
  }
  checkChoice(VERB, "precision", config.precision, PRECISIONS);
  checkClasses(config.classes);
  checkNumber(
    VERB,
    "validationSize",
    config.validationSize,
    `a whole number from 0 to ${config.trainSize - 1}`,
    (n) => Number.isInteger(n) && n >= 0 && n < config.trainSize,
  );
  const most = { trainSize: 5000 * config.classes.length, testSize: 1000 * config.classes.length };
  for (const name of ["trainSize", "testSize"] as const) {
    if (config[name] > most[name]) {
      throw new RangeError(
        `Cannot ${VERB}: ${name} must be at most ${most[name]}, the images there are, got ${config[name]}`,
      );
    }
  }
  const trained = config.trainSize - config.validationSize;
  if (config.batchSize > trained) {
    throw new RangeError(
      `Cannot ${VERB}: batchSize must not be above the ${trained} images to train on, got ${config.batchSize}`,
    );
  }
  const batchesPerEpoch = Math.floor(trained / config.batchSize);
  const plan = planCycles({ batchesPerEpoch, epochs: config.epochs, stepSizeEpochs: config.stepSize });
  const options: CyclicalOptions = {
    baseLr: config.baseLr,
    maxLr: config.maxLr,
    stepSize: plan.stepSize,
    mode: config.mode,
    ...(config.mode === "exp_range" && { gamma: config.gamma }),
  };
  cyclical({ ...options, gamma: config.gamma }); // checks the bounds and the mode
  return { ...plan, config, cyclical: options, batchesPerEpoch };
}

function checkClasses(classes: unknown): asserts classes is string[] {
  const known = CIFAR10_CLASSES.join(", ");
  if (!Array.isArray(classes) || classes.length < 2 || new Set(classes).size !== classes.length) {
    throw new RangeError(
      `Cannot ${VERB}: classes must be two or more different ones of ${known}, got ${shown(classes)}`,
    );
  }
  const unknown = classes.find((name) => !CIFAR10_CLASSES.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(`Cannot ${VERB}: classes must be among ${known}, got ${shown(unknown)}`);
  }
}
