/**
 * Rates that stay or fall: constant, linear, polynomial, step, time and exponential decay.
 * @module
 */
import { checkIteration, type Hyperparameters, type Schedule, schedule } from "./schedule.ts";
import { checkNumber, checkOptions, rules } from "../support/check.ts";

/** A schedule of a rate alone, from its formula. */
function decay(name: string, options: object, formula: (iteration: number) => number): Schedule {
  const rate = (iteration: number): Hyperparameters => {
    checkIteration(iteration);
    return { learningRate: formula(iteration) };
  };
  return schedule(rate, { schedule: name, ...options });
}

/**
 * One rate, and where given one momentum, for ever.
 *
 * @param options `learningRate`, 0 or more; `momentum`, 0 or more, optional.
 * @throws {TypeError} If an option is unknown or no number.
 * @throws {RangeError} If a value is negative or not finite.
 * @example
 * ```ts
 * import { constant } from "./decays.ts";
 *
 * if (constant({ learningRate: 0.01 })(1e6).learningRate !== 0.01) throw new Error("it stays");
 * ```
 */
export function constant(options: { learningRate: number; momentum?: number }): Schedule {
  const verb = "create a constant schedule";
  checkOptions(verb, options, ["learningRate", "momentum"]);
  const { learningRate, momentum } = options;
  checkNumber(verb, "learningRate", learningRate, ...rules.notNegative);
  if (momentum !== undefined) checkNumber(verb, "momentum", momentum, ...rules.notNegative);
  const rate = (iteration: number): Hyperparameters => {
    checkIteration(iteration);
    return momentum === undefined ? { learningRate } : { learningRate, momentum };
  };
  return schedule(rate, { schedule: "constant", ...options });
}

/** Options of {@linkcode linearDecay}. */
export interface LinearDecayOptions {
  /** The rate at iteration 0, 0 or more. */
  initialLr: number;
  /** The rate from `iterations` on, 0 or more. Default 0. */
  finalLr?: number;
  /** How many iterations the way takes, above 0. */
  iterations: number;
}

/**
 * A straight line from `initialLr` to `finalLr`: `final + (initial - final)(1 - i / N)`, held from N on.
 *
 * @param options See {@linkcode LinearDecayOptions}.
 * @throws {TypeError} If an option is unknown or no number.
 * @throws {RangeError} If a value is out of range.
 * @example
 * ```ts
 * import { linearDecay } from "./decays.ts";
 *
 * if (linearDecay({ initialLr: 0.1, iterations: 100 })(50).learningRate !== 0.05) throw new Error("half-way");
 * ```
 */
export function linearDecay(options: LinearDecayOptions): Schedule {
  checkOptions("create a linear decay", options, ["initialLr", "finalLr", "iterations"]);
  return decay("linearDecay", options, falling("create a linear decay", options, 1));
}

/**
 * A power of the way that is left: `final + (initial - final)(1 - i / N)^power`, held from N on.
 *
 * Source: the polynomial decay of PyImageSearch's *Keras learning rate schedules and decay*, by iteration.
 *
 * @param options As for {@linkcode linearDecay}, and `power`, above 0, default 1.
 * @throws {TypeError} If an option is unknown or no number.
 * @throws {RangeError} If a value is out of range.
 * @example
 * ```ts
 * import { polynomialDecay } from "./decays.ts";
 *
 * const rate = polynomialDecay({ initialLr: 1, iterations: 2, power: 2 });
 * if (rate(1).learningRate !== 0.25) throw new Error("half the way left, squared");
 * ```
 */
export function polynomialDecay(options: LinearDecayOptions & { power?: number }): Schedule {
  const verb = "create a polynomial decay";
  checkOptions(verb, options, ["initialLr", "finalLr", "iterations", "power"]);
  const { power = 1 } = options;
  checkNumber(verb, "power", power, ...rules.positive);
  return decay("polynomialDecay", options, falling(verb, options, power));
}

function falling(verb: string, { initialLr, finalLr = 0, iterations }: LinearDecayOptions, power: number) {
  checkNumber(verb, "initialLr", initialLr, ...rules.notNegative);
  checkNumber(verb, "finalLr", finalLr, ...rules.notNegative);
  checkNumber(verb, "iterations", iterations, ...rules.positive);
  return (i: number) => finalLr + (initialLr - finalLr) * Math.pow(1 - Math.min(i, iterations) / iterations, power);
}

/**
 * A drop every so often: `initialLr factor^floor(i / dropEvery)`.
 *
 * @param options `initialLr`, 0 or more; `factor`, above 0; `dropEvery`, in iterations, above 0.
 * @throws {TypeError} If an option is unknown or no number.
 * @throws {RangeError} If a value is out of range.
 * @example
 * ```ts
 * import { stepDecay } from "./decays.ts";
 *
 * const rate = stepDecay({ initialLr: 1, factor: 0.5, dropEvery: 10 });
 * if (rate(9).learningRate !== 1 || rate(10).learningRate !== 0.5) throw new Error("it drops at 10");
 * ```
 */
export function stepDecay(options: { initialLr: number; factor: number; dropEvery: number }): Schedule {
  const verb = "create a step decay";
  checkOptions(verb, options, ["initialLr", "factor", "dropEvery"]);
  const { initialLr, factor, dropEvery } = options;
  checkNumber(verb, "initialLr", initialLr, ...rules.notNegative);
  checkNumber(verb, "factor", factor, ...rules.positive);
  checkNumber(verb, "dropEvery", dropEvery, ...rules.positive);
  return decay("stepDecay", options, (i) => initialLr * Math.pow(factor, Math.floor(i / dropEvery)));
}

/**
 * Keras's time-based decay: `initialLr / (1 + decay i)`.
 *
 * @param options `initialLr`, 0 or more; `decay` per iteration, 0 or more.
 * @throws {TypeError} If an option is unknown or no number.
 * @throws {RangeError} If a value is negative or not finite.
 * @example
 * ```ts
 * import { timeDecay } from "./decays.ts";
 *
 * if (timeDecay({ initialLr: 1, decay: 0.5 })(2).learningRate !== 0.5) throw new Error("1 / (1 + 0.5 * 2)");
 * ```
 */
export function timeDecay(options: { initialLr: number; decay: number }): Schedule {
  const verb = "create a time decay";
  checkOptions(verb, options, ["initialLr", "decay"]);
  const { initialLr, decay: amount } = options;
  checkNumber(verb, "initialLr", initialLr, ...rules.notNegative);
  checkNumber(verb, "decay", amount, ...rules.notNegative);
  return decay("timeDecay", options, (i) => initialLr / (1 + amount * i));
}

/**
 * A constant factor each iteration: `initialLr gamma^i`.
 *
 * @param options `initialLr`, 0 or more; `gamma`, above 0.
 * @throws {TypeError} If an option is unknown or no number.
 * @throws {RangeError} If a value is out of range.
 * @example
 * ```ts
 * import { exponentialDecay } from "./decays.ts";
 *
 * if (exponentialDecay({ initialLr: 1, gamma: 0.5 })(3).learningRate !== 0.125) throw new Error("0.5 ** 3");
 * ```
 */
export function exponentialDecay(options: { initialLr: number; gamma: number }): Schedule {
  const verb = "create an exponential decay";
  checkOptions(verb, options, ["initialLr", "gamma"]);
  const { initialLr, gamma } = options;
  checkNumber(verb, "initialLr", initialLr, ...rules.notNegative);
  checkNumber(verb, "gamma", gamma, ...rules.positive);
  return decay("exponentialDecay", options, (i) => initialLr * Math.pow(gamma, i));
}
