/**
 * A rate that never changes.
 * @module
 */
import { type Schedule, schedule } from "./schedule.ts";
import { numeric, optional, readOptions, rules } from "../support/check.ts";

/**
 * The same rate forever, and the same momentum if one is given.
 *
 * @param options `learningRate`, 0 or more; `momentum`, 0 or more, optional.
 * @throws {TypeError} If an option is unknown or not a number.
 * @throws {RangeError} If a value is negative or not finite.
 * @example
 * ```ts
 * import { constant } from "./constant.ts";
 *
 * if (constant({ learningRate: 0.01 })(1e6).learningRate !== 0.01) throw new Error("it stays");
 * ```
 */
export function constant(options: { learningRate: number; momentum?: number }): Schedule {
  const { learningRate, momentum } = readOptions("create a constant schedule", options, {
    learningRate: numeric(rules.notNegative),
    momentum: optional(numeric(rules.notNegative)),
  });
  return schedule(
    () => momentum === undefined ? { learningRate } : { learningRate, momentum },
    { schedule: "constant", ...options },
  );
}
