/**
 * Cosine annealing with warm restarts.
 * @module
 */
import { checkIteration, type Schedule, schedule } from "./schedule.ts";
import { checkNumber, checkOptions, rules } from "../support/check.ts";

/** Options of {@linkcode cosineRestarts}. */
export interface CosineRestartsOptions {
  /** The rate at a cycle's end, 0 or more. */
  baseLr: number;
  /** The rate at a cycle's start, not below `baseLr`. */
  maxLr: number;
  /** The first cycle's length, in iterations, above 0. */
  period: number;
  /** How much longer each cycle is than the one before, 1 or more. Default 1. */
  multiplier?: number;
}

/**
 * Down from `maxLr` to `baseLr` along a cosine, then a jump back up, each cycle `multiplier` times as long:
 * `base + (max - base)(1 + cos(pi p / T)) / 2`, p iterations into a cycle of length T.
 *
 * Sources: Loshchilov and Hutter, SGDR (2016); PyTorch's `CosineAnnealingWarmRestarts`.
 *
 * @param options See {@linkcode CosineRestartsOptions}.
 * @throws {TypeError} If an option is unknown or no number.
 * @throws {RangeError} If a value is out of range.
 * @example
 * ```ts
 * import { cosineRestarts } from "./cosine_restarts.ts";
 *
 * const rate = cosineRestarts({ baseLr: 0, maxLr: 1, period: 10, multiplier: 2 });
 * if (rate(10).learningRate !== 1 || rate(20).learningRate.toFixed(3) !== "0.500") throw new Error("10, then 20 long");
 * ```
 */
export function cosineRestarts(options: CosineRestartsOptions): Schedule {
  const verb = "create a schedule with cosine restarts";
  checkOptions(verb, options, ["baseLr", "maxLr", "period", "multiplier"]);
  const { baseLr, maxLr, period, multiplier = 1 } = options;
  checkNumber(verb, "baseLr", baseLr, ...rules.notNegative);
  checkNumber(verb, "maxLr", maxLr, `not below baseLr ${baseLr}`, (value) => value >= baseLr);
  checkNumber(verb, "period", period, ...rules.positive);
  checkNumber(verb, "multiplier", multiplier, "1 or more", (value) => value >= 1);

  /** The start and the length of the cycle that holds the iteration. */
  const cycleAt = (iteration: number): { start: number; length: number } => {
    checkIteration(iteration);
    if (multiplier === 1) return { start: Math.floor(iteration / period) * period, length: period };
    // start of cycle n: period (m^n - 1) / (m - 1); the logarithm may land one off, which the next lines mend
    const startOf = (n: number) => period * (Math.pow(multiplier, n) - 1) / (multiplier - 1);
    let n = Math.max(0, Math.floor(Math.log1p(iteration * (multiplier - 1) / period) / Math.log(multiplier)));
    if (startOf(n) > iteration) n--;
    else if (startOf(n + 1) <= iteration) n++;
    return { start: startOf(n), length: startOf(n + 1) - startOf(n) };
  };
  return schedule(
    (iteration) => {
      const { start, length } = cycleAt(iteration);
      return { learningRate: baseLr + (maxLr - baseLr) * (1 + Math.cos(Math.PI * (iteration - start) / length)) / 2 };
    },
    { schedule: "cosineRestarts", ...options },
    (iteration) => {
      const { start, length } = cycleAt(iteration);
      return start + length;
    },
  );
}
