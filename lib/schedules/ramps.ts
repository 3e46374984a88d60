/**
 * Ramps: the rates of a range test, and warm-ups.
 * @module
 */
import { rateSchedule, type Schedule } from "./schedule.ts";
import { numeric, type OptionChecks, readOptions, type Rule, rules } from "../support/check.ts";

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
 * A straight ramp: `from + (to - from) i / (N - 1)`. It reaches `to` on the last iteration and stays there.
 *
 * Source: Smith's range test (2015, section 3.3).
 *
 * @param options See {@linkcode RampOptions}; `from` and `to` 0 or more.
 * @throws {TypeError} If an option is unknown or not a number.
 * @throws {RangeError} If a value is out of range.
 * @example
 * ```ts
 * import { linearRamp } from "./ramps.ts";
 *
 * if (linearRamp({ from: 0, to: 1, iterations: 11 })(5).learningRate !== 0.5) throw new Error("half-way");
 * ```
 */
export function linearRamp(options: RampOptions): Schedule {
  const { from, to, iterations } = readOptions("create a linear ramp", options, checks(rules.notNegative));
  return ramp("linearRamp", options, iterations, to, (p) => from + (to - from) * p);
}

/**
 * An exponential ramp: `from (to / from)^(i / (N - 1))`. It reaches `to` on the last iteration and stays there.
 *
 * Source: fastai's learning-rate finder.
 *
 * @param options See {@linkcode RampOptions}; `from` and `to` above 0.
 * @throws {TypeError} If an option is unknown or not a number.
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
  const { from, to, iterations } = readOptions("create an exponential ramp", options, checks(rules.positive));
  return ramp("exponentialRamp", options, iterations, to, (p) => from * Math.pow(to / from, p));
}

const checks = (rate: Rule): OptionChecks<RampOptions> => ({
  from: numeric(rate),
  to: numeric(rate),
  iterations: numeric(rules.count),
});

function ramp(name: string, options: RampOptions, iterations: number, to: number, at: (p: number) => number): Schedule {
  return rateSchedule(name, options, (i) => i >= iterations - 1 ? to : at(i / (iterations - 1)));
}
