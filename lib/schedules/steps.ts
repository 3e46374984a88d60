/**
 * Schedules that keep a rate for a while and then change it in one step.
 * @module
 */
import { periodsDone } from "./periods.ts";
import { rateSchedule, type Schedule } from "./schedule.ts";
import { numeric, type OptionCheck, readOptions, type Rule, rules, shown } from "../support/check.ts";

/**
 * Multiplies the rate by `factor` every `dropEvery` iterations: `initialLr factor^floor(i / dropEvery)`.
 *
 * Source: PyTorch's `StepLR`.
 *
 * @param options `initialLr`, 0 or more; `factor`, above 0; `dropEvery`, in iterations, above 0.
 * @throws {TypeError} If an option is unknown or not a number.
 * @throws {RangeError} If a value is out of range.
 * @example
 * ```ts
 * import { stepDecay } from "./steps.ts";
 *
 * const rate = stepDecay({ initialLr: 1, factor: 0.5, dropEvery: 10 });
 * if (rate(9).learningRate !== 1 || rate(10).learningRate !== 0.5) throw new Error("it drops at 10");
 * ```
 */
export function stepDecay(options: { initialLr: number; factor: number; dropEvery: number }): Schedule {
  const { initialLr, factor, dropEvery } = readOptions("create a step decay", options, {
    initialLr: numeric(rules.notNegative),
    factor: numeric(rules.positive),
    dropEvery: numeric(rules.positive),
  });
  return rateSchedule("stepDecay", options, (i) => initialLr * Math.pow(factor, periodsDone(i, dropEvery)));
}

/** Options of {@linkcode piecewiseConstant}. */
export interface PiecewiseConstantOptions {
  /** The iterations at which the rate changes: above 0, and rising. */
  boundaries: readonly number[];
  /** The rates, each 0 or more. There must be one more rate than boundaries. */
  learningRates: readonly number[];
}

/**
 * Rates of your choice between boundaries of your choice: `learningRates[k]` from iteration `boundaries[k - 1]` on.
 *
 * Source: PyTorch's `MultiStepLR`, with rates in place of a factor. (Keras's `PiecewiseConstantDecay` changes the rate
 * one iteration later.)
 *
 * @param options See {@linkcode PiecewiseConstantOptions}.
 * @throws {TypeError} If an option is unknown, is not an array or holds anything but numbers.
 * @throws {RangeError} If a value is out of range, the boundaries do not rise, or the counts do not match.
 * @example
 * ```ts
 * import { piecewiseConstant } from "./steps.ts";
 *
 * const rate = piecewiseConstant({ boundaries: [100, 150], learningRates: [0.1, 0.01, 0.001] });
 * if (rate(99).learningRate !== 0.1 || rate(100).learningRate !== 0.01) throw new Error("the second rate from 100 on");
 * ```
 */
export function piecewiseConstant(options: PiecewiseConstantOptions): Schedule {
  const verb = "create a piecewise constant schedule";
  const { boundaries, learningRates } = readOptions(verb, options, {
    boundaries: numbers(rules.positive),
    learningRates: numbers(rules.notNegative),
  });
  const falls = boundaries.findIndex((boundary, index) => index > 0 && boundary <= boundaries[index - 1]);
  if (falls > 0) {
    throw new RangeError(
      `Cannot ${verb}: boundaries[${falls}] must be above ${boundaries[falls - 1]}, the one before, ` +
        `got ${boundaries[falls]}`,
    );
  }
  if (learningRates.length !== boundaries.length + 1) {
    throw new RangeError(
      `Cannot ${verb}: for ${boundaries.length} boundaries there must be ${boundaries.length + 1} learningRates, ` +
        `got ${learningRates.length}`,
    );
  }
  return rateSchedule(
    "piecewiseConstant",
    options,
    (i) => learningRates[boundaries.findLastIndex((boundary) => boundary <= i) + 1],
  );
}

/** Checks an array of numbers against a rule, and copies it, so that the caller may change the array afterwards. */
function numbers(rule: Rule): OptionCheck<readonly number[]> {
  return (verb, name, value) => {
    if (!Array.isArray(value)) throw new TypeError(`Cannot ${verb}: ${name} must be an array, got ${shown(value)}`);
    return Array.from(value, (entry, index) => numeric(rule)(verb, `${name}[${index}]`, entry));
  };
}
