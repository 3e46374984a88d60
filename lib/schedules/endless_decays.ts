/**
 * Schedules that fall towards 0 forever.
 * @module
 */
import { rateSchedule, type Schedule } from "./schedule.ts";
import { numeric, readOptions, rules } from "../support/check.ts";

/**
 * Keras's time-based decay: `initialLr / (1 + decay i)`.
 *
 * @param options `initialLr`, 0 or more; `decay` per iteration, 0 or more.
 * @throws {TypeError} If an option is unknown or not a number.
 * @throws {RangeError} If a value is negative or not finite.
 * @example
 * ```ts
 * import { timeDecay } from "./endless_decays.ts";
 *
 * if (timeDecay({ initialLr: 1, decay: 0.5 })(2).learningRate !== 0.5) throw new Error("1 / (1 + 0.5 * 2)");
 * ```
 */
export function timeDecay(options: { initialLr: number; decay: number }): Schedule {
  const { initialLr, decay } = readOptions("create a time decay", options, {
    initialLr: numeric(rules.notNegative),
    decay: numeric(rules.notNegative),
  });
  return rateSchedule("timeDecay", options, (i) => initialLr / (1 + decay * i));
}

/**
 * Multiplies the rate by the same factor at each iteration: `initialLr gamma^i`.
 *
 * Source: PyTorch's `ExponentialLR`.
 *
 * @param options `initialLr`, 0 or more; `gamma`, above 0.
 * @throws {TypeError} If an option is unknown or not a number.
 * @throws {RangeError} If a value is out of range.
 * @example
 * ```ts
 * import { exponentialDecay } from "./endless_decays.ts";
 *
 * if (exponentialDecay({ initialLr: 1, gamma: 0.5 })(3).learningRate !== 0.125) throw new Error("0.5 ** 3");
 * ```
 */
export function exponentialDecay(options: { initialLr: number; gamma: number }): Schedule {
  const { initialLr, gamma } = readOptions("create an exponential decay", options, {
    initialLr: numeric(rules.notNegative),
    gamma: numeric(rules.positive),
  });
  return rateSchedule("exponentialDecay", options, (i) => initialLr * Math.pow(gamma, i));
}

/**
 * Climbs in a straight line from 0 to `maxLr`, then falls with the inverse square root of the iteration:
 * `maxLr i / warmUp` before iteration `warmUp`, `maxLr sqrt(warmUp / i)` from there on.
 *
 * Sources: Vaswani et al., Attention Is All You Need (2017, section 5.3); fairseq's `inverse_sqrt`.
 *
 * @param options `maxLr`, the highest rate, 0 or more; `warmUp`, the ramp's length in iterations, above 0.
 * @throws {TypeError} If an option is unknown or not a number.
 * @throws {RangeError} If a value is out of range.
 * @example
 * ```ts
 * import { inverseSquareRoot } from "./endless_decays.ts";
 *
 * const rate = inverseSquareRoot({ maxLr: 1, warmUp: 100 });
 * if (rate(50).learningRate !== 0.5 || rate(400).learningRate !== 0.5) throw new Error("half-way up, and at 4 times 100");
 * ```
 */
export function inverseSquareRoot(options: { maxLr: number; warmUp: number }): Schedule {
  const { maxLr, warmUp } = readOptions("create an inverse square root schedule", options, {
    maxLr: numeric(rules.notNegative),
    warmUp: numeric(rules.positive),
  });
  return rateSchedule("inverseSquareRoot", options, (i) => maxLr * (i < warmUp ? i / warmUp : Math.sqrt(warmUp / i)));
}
