/**
 * A warm-up in front of any schedule.
 * @module
 */
import { type AnySchedule, asSchedule, type Schedule, schedule } from "./schedule.ts";
import { numeric, readOptions, rules } from "../support/check.ts";

/** Options of {@linkcode warmUp}. */
export interface WarmUpOptions {
  /** How long the warm-up lasts, in iterations, above 0. */
  iterations: number;
  /** The rate at iteration 0, 0 or more. Default 0. */
  from?: number;
}

/**
 * Warms a schedule up: before iteration `iterations` the rate is `from + (rate(i) - from) i / iterations`, and from
 * there on it is the schedule's own rate. The schedule is not shifted: it counts from the start of the run, and its
 * momentum and its cycles stay as they are. To run a warm-up first and the whole schedule after it, `join` a
 * `linearRamp` and the schedule.
 *
 * Sources: Goyal et al., Accurate, Large Minibatch SGD (2017, section 2.2); around a constant rate it is PyTorch's
 * `LinearLR`.
 *
 * @param rate The schedule to warm up.
 * @param options See {@linkcode WarmUpOptions}.
 * @throws {TypeError} If the schedule is not a function, or an option is unknown or not a number.
 * @throws {RangeError} If a value is out of range.
 * @example
 * ```ts
 * import { cosineDecay } from "./decays.ts";
 * import { warmUp } from "./warm_up.ts";
 *
 * const cosine = cosineDecay({ initialLr: 0.1, iterations: 1000 });
 * const rate = warmUp(cosine, { iterations: 100 });
 * if (rate(0).learningRate !== 0) throw new Error("it starts at 0");
 * if (rate(100).learningRate !== cosine(100).learningRate) throw new Error("from 100 on it is the cosine's rate");
 * ```
 */
export function warmUp(rate: AnySchedule, options: WarmUpOptions): Schedule {
  const verb = "warm a schedule up";
  const warmed = asSchedule(verb, "the schedule", rate);
  const { iterations, from } = readOptions(verb, options, {
    iterations: numeric(rules.positive),
    from: numeric(rules.notNegative, 0),
  });
  return schedule(
    (i) => {
      const own = warmed(i);
      return i < iterations ? { ...own, learningRate: from + (own.learningRate - from) * i / iterations } : own;
    },
    warmed.config && { schedule: "warmUp", of: warmed.config, ...options },
    warmed.cycleEnd,
  );
}
