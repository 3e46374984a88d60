/**
 * The trapezoid: the rate climbs, stays flat, and falls.
 * @module
 */
import { rateSchedule, type Schedule } from "./schedule.ts";
import { checkNumber, numeric, readOptions, rules } from "../support/check.ts";

/** Options of {@linkcode warmupStableDecay}; the lengths are in iterations. */
export interface WarmupStableDecayOptions {
  /** The highest rate, 0 or more. */
  maxLr: number;
  /** How long the rate rises from 0 to `maxLr`; 0 or more. */
  warmUp: number;
  /** How long the rate stays at `maxLr`; 0 or more. */
  stable: number;
  /** How long the rate takes to fall to `finalLr`; above 0. */
  decay: number;
  /** The rate at the end, from 0 to `maxLr`. Default 0. */
  finalLr?: number;
}

/**
 * The rate climbs in a straight line from 0 to `maxLr`, stays there, falls in a straight line to `finalLr`, and stays
 * at `finalLr`. If w, s and d are the lengths of the three stages, the rate is `max i / w` before iteration w, `max`
 * before w + s, then `final + (max - final)(1 - (i - w - s) / d)`.
 *
 * Only the fall needs to know when the run ends, so you can make the flat stage longer while you train.
 *
 * Sources: Hu et al., MiniCPM (2024), which named it; Hägele et al., Scaling Laws and Compute-Optimal Training Beyond
 * Fixed Training Durations (2024).
 *
 * @param options See {@linkcode WarmupStableDecayOptions}.
 * @throws {TypeError} If an option is unknown or not a number.
 * @throws {RangeError} If a value is out of range.
 * @example
 * ```ts
 * import { warmupStableDecay } from "./warmup_stable_decay.ts";
 *
 * const rate = warmupStableDecay({ maxLr: 1, warmUp: 10, stable: 70, decay: 20 });
 * const got = [0, 5, 10, 79, 90, 100, 200].map((i) => rate(i).learningRate);
 * if (got.join() !== "0,0.5,1,1,0.5,0,0") throw new Error("up, along, down");
 * ```
 */
export function warmupStableDecay(options: WarmupStableDecayOptions): Schedule {
  const verb = "create a warm-up, stable, decay schedule";
  const { maxLr, warmUp, stable, decay, finalLr } = readOptions(verb, options, {
    maxLr: numeric(rules.notNegative),
    warmUp: numeric(rules.notNegative),
    stable: numeric(rules.notNegative),
    decay: numeric(rules.positive),
    finalLr: numeric(rules.notNegative, 0),
  });
  checkNumber(verb, "finalLr", finalLr, `at most maxLr ${maxLr}`, (value) => value <= maxLr);
  return rateSchedule("warmupStableDecay", options, (i) => {
    if (i < warmUp) return maxLr * i / warmUp;
    const fallen = Math.max(0, i - warmUp - stable) / decay;
    return fallen < 1 ? finalLr + (maxLr - finalLr) * (1 - fallen) : finalLr;
  });
}
