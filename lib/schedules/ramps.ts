/**
 * Ramps: the rates of a range test, and warm-ups.
 * @module
 */
import { checkIteration, type Schedule, schedule } from "./schedule.ts";
import { checkNumber, checkOptions, rules } from "../support/check.ts";

/** Options of the ramps. */
export interface RampOptions {
  /** The rate of the first iteration. */
  from: number;
  /** The rate of the last iteration. */
  to: number;
  /** How many iterations there are, first and last included; 1 or more. */
  iterations: number;
}

/**
 * A straight ramp: `from + (to - from) i / (N - 1)`, which reaches `to` on the last iteration and holds it.
 *
 * Source: Smith's range test (2015, section 3.3).
 *
 * @param options See {@linkcode RampOptions}; `from` and `to` 0 or more.
 * @throws {TypeError} If an option is unknown or no number.
 * @throws {RangeError} If a value is out of range.
 * @example
 * ```ts
 * import { linearRamp } from "./ramps.ts";
 *
 * if (linearRamp({ from: 0, to: 1, iterations: 11 })(5).learningRate !== 0.5) throw new Error("half-way");
 * ```
 */
export function linearRamp(options: RampOptions): Schedule {
  const verb = "create a linear ramp";
  const { from, to, iterations } = checked(verb, options, rules.notNegative);
  return ramp("linearRamp", options, iterations, to, (p) => from + (to - from) * p);
}

/**
 * An exponential ramp: `from (to / from)^(i / (N - 1))`, which reaches `to` on the last iteration and holds it.
 *
 * Source: fastai's learning-rate finder.
 *
 * @param options See {@linkcode RampOptions}; `from` and `to` above 0.
 * @throws {TypeError} If an option is unknown or no number.
 * @throws {RangeError} If a value is out of range.
 * @example
 * ```ts
 * import { exponentialRamp } from "./ramps.ts";
 *
 * const rate = exponentialRamp({ from: 1e-7, to: 10, iterations: 100 });
 * if (rate(99).learningRate !== 10) throw new Error("the last iteration is at the end of the ramp");
 * ```
 */
export function exponentialRamp(options: RampOptions): Schedule {
  const verb = "create an exponential ramp";
  const { from, to, iterations } = checked(verb, options, rules.positive);
  return ramp("exponentialRamp", options, iterations, to, (p) => from * Math.pow(to / from, p));
}

function checked(verb: string, options: RampOptions, rule: readonly [string, (value: number) => boolean]) {
  checkOptions(verb, options, ["from", "to", "iterations"]);
  checkNumber(verb, "from", options.from, ...rule);
  checkNumber(verb, "to", options.to, ...rule);
  checkNumber(verb, "iterations", options.iterations, ...rules.count);
  return options;
}

function ramp(name: string, options: RampOptions, iterations: number, to: number, at: (p: number) => number): Schedule {
  return schedule((iteration) => {
    checkIteration(iteration);
    return { learningRate: iteration >= iterations - 1 ? to : at(iteration / (iterations - 1)) };
  }, { schedule: name, ...options });
}
