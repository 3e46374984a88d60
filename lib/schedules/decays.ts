/**
 * Schedules that fall to a final rate in a given number of iterations, along a line, a power or a cosine.
 * @module
 */
import { rateSchedule, type Schedule } from "./schedule.ts";
import { numeric, type OptionChecks, readOptions, rules } from "../support/check.ts";

/** Options of {@linkcode linearDecay} and {@linkcode cosineDecay}. */
export interface DecayOptions {
  /** The rate at iteration 0, 0 or more. */
  initialLr: number;
  /** The rate from iteration `iterations` on, 0 or more. Default 0. */
  finalLr?: number;
  /** How many iterations the fall takes, above 0. */
  iterations: number;
}

const OPTIONS = {
  initialLr: numeric(rules.notNegative),
  finalLr: numeric(rules.notNegative, 0),
  iterations: numeric(rules.positive),
} satisfies OptionChecks<DecayOptions>;

/**
 * Falls in a straight line from `initialLr` to `finalLr`: `final + (initial - final)(1 - i / N)`. From iteration N on,
 * the rate stays at `finalLr`.
 *
 * @param options See {@linkcode DecayOptions}.
 * @throws {TypeError} If an option is unknown or not a number.
 * @throws {RangeError} If a value is out of range.
 * @example
 * ```ts
 * import { linearDecay } from "./decays.ts";
 *
 * if (linearDecay({ initialLr: 0.1, iterations: 100 })(50).learningRate !== 0.05) throw new Error("half-way");
 * ```
 */
export function linearDecay(options: DecayOptions): Schedule {
  const read = readOptions("create a linear decay", options, OPTIONS);
  return rateSchedule("linearDecay", options, falling(read, (p) => 1 - p));
}

/**
 * Falls from `initialLr` to `finalLr` along a power of what remains of the run:
 * `final + (initial - final)(1 - i / N)^power`. From iteration N on, the rate stays at `finalLr`.
 *
 * Source: the polynomial decay of PyImageSearch's *Keras learning rate schedules and decay*, computed for each
 * iteration rather than each epoch.
 *
 * @param options As for {@linkcode linearDecay}, and `power`, above 0, default 1.
 * @throws {TypeError} If an option is unknown or not a number.
 * @throws {RangeError} If a value is out of range.
 * @example
 * ```ts
 * import { polynomialDecay } from "./decays.ts";
 *
 * const rate = polynomialDecay({ initialLr: 1, iterations: 2, power: 2 });
 * if (rate(1).learningRate !== 0.25) throw new Error("half the way left, squared");
 * ```
 */
export function polynomialDecay(options: DecayOptions & { power?: number }): Schedule {
  const checks = { ...OPTIONS, power: numeric(rules.positive, 1) };
  const { power, ...read } = readOptions("create a polynomial decay", options, checks);
  return rateSchedule("polynomialDecay", options, falling(read, (p) => Math.pow(1 - p, power)));
}

/**
 * Falls from `initialLr` to `finalLr` along half a cosine: `final + (initial - final)(1 + cos(pi i / N)) / 2`. From
 * iteration N on, the rate stays at `finalLr`.
 *
 * Sources: Loshchilov and Hutter, SGDR (2016), without restarts; PyTorch's `CosineAnnealingLR`, which gives the same
 * values up to its `T_max`. Beyond `T_max` PyTorch's rate climbs again; this one stays at `finalLr`.
 *
 * @param options See {@linkcode DecayOptions}.
 * @throws {TypeError} If an option is unknown or not a number.
 * @throws {RangeError} If a value is out of range.
 * @example
 * ```ts
 * import { cosineDecay } from "./decays.ts";
 *
 * const rate = cosineDecay({ initialLr: 0.1, iterations: 100 });
 * if (rate(50).learningRate.toFixed(9) !== "0.050000000") throw new Error("half-way it is at half the rate");
 * if (rate(100).learningRate !== 0 || rate(200).learningRate !== 0) throw new Error("it ends at 0 and stays there");
 * ```
 */
export function cosineDecay(options: DecayOptions): Schedule {
  const read = readOptions("create a cosine decay", options, OPTIONS);
  return rateSchedule("cosineDecay", options, falling(read, (p) => (1 + Math.cos(Math.PI * p)) / 2));
}

/**
 * A fall from `initialLr` to `finalLr`. `shape` goes from 1 to 0 as p, the fraction of the run completed, goes from 0
 * to 1.
 */
function falling({ initialLr, finalLr, iterations }: Required<DecayOptions>, shape: (p: number) => number) {
  return (i: number) => finalLr + (initialLr - finalLr) * shape(Math.min(i, iterations) / iterations);
}
