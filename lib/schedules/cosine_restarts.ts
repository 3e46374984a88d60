/**
 * Cosine annealing with warm restarts.
 * @module
 */
import { periodsDone, ROUNDING } from "./periods.ts";
import { type Schedule, schedule } from "./schedule.ts";
import { checkNumber, numeric, readOptions, rules } from "../support/check.ts";

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
  /** How high each restart climbs above `baseLr`, as a fraction of the one before: above 0 and at most 1. Default 1. */
  peakDecay?: number;
}

/**
 * The rate falls from `maxLr` to `baseLr` along a cosine, then jumps back up. Each cycle is `multiplier` times as long
 * and `peakDecay` times as high as the one before. At p iterations into cycle n (counted from 0), whose length is
 * `T = period multiplier^n`, the rate is `base + (max - base) peakDecay^n (1 + cos(pi p / T)) / 2`.
 *
 * Sources: Loshchilov and Hutter, SGDR (2016); PyTorch's `CosineAnnealingWarmRestarts`; `peakDecay` is `m_mul` of
 * Keras's `CosineDecayRestarts`.
 *
 * @param options See {@linkcode CosineRestartsOptions}.
 * @throws {TypeError} If an option is unknown or not a number.
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
  const { baseLr, maxLr, period, multiplier, peakDecay } = readOptions(verb, options, {
    baseLr: numeric(rules.notNegative),
    maxLr: numeric(rules.notNegative),
    period: numeric(rules.positive),
    multiplier: numeric(["1 or more", (value) => value >= 1], 1),
    peakDecay: numeric(rules.decay, 1),
  });
  checkNumber(verb, "maxLr", maxLr, `not below baseLr ${baseLr}`, (value) => value >= baseLr);

  /** The number (counted from 0), the start and the length of the cycle that holds the iteration. */
  const cycleAt = (iteration: number): { n: number; start: number; length: number } => {
    if (multiplier === 1) {
      const n = periodsDone(iteration, period);
      return { n, start: n * period, length: period };
    }
    // Cycle n starts at period (m^n - 1) / (m - 1). The logarithm may be off by one, which the next lines put right.
    const startOf = (n: number) => period * (Math.pow(multiplier, n) - 1) / (multiplier - 1);
    let n = Math.max(0, Math.floor(Math.log1p(iteration * (multiplier - 1) / period) / Math.log(multiplier)));
    if (startOf(n) > iteration + ROUNDING) n--;
    else if (startOf(n + 1) <= iteration + ROUNDING) n++;
    return { n, start: startOf(n), length: startOf(n + 1) - startOf(n) };
  };
  return schedule(
    (iteration) => {
      const { n, start, length } = cycleAt(iteration);
      const height = (maxLr - baseLr) * Math.pow(peakDecay, n);
      return { learningRate: baseLr + height * (1 + Math.cos(Math.PI * (iteration - start) / length)) / 2 };
    },
    { schedule: "cosineRestarts", ...options },
    (iteration) => {
      const { start, length } = cycleAt(iteration);
      return start + length;
    },
  );
}
