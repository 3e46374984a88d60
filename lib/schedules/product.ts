/**
 * Multiplies schedules with each other.
 * @module
 */
import { type AnySchedule, asSchedule, type Schedule, schedule } from "./schedule.ts";

/**
 * The product of the schedules' rates: one schedule sets the rate, the others scale it. Momentum, weight decay and
 * cycles are those of the first schedule that has them.
 *
 * Source: PyTorch's `ChainedScheduler`.
 *
 * @param schedules The factors, one or more.
 * @throws {TypeError} If one is not a function.
 * @throws {RangeError} If no schedule is given.
 * @example
 * ```ts
 * import { cyclical } from "./cyclical.ts";
 * import { cosineDecay } from "./decays.ts";
 * import { product } from "./product.ts";
 *
 * // cycles under a falling cosine
 * const rate = product(
 *   cyclical({ baseLr: 0.001, maxLr: 0.1, stepSize: 100 }),
 *   cosineDecay({ initialLr: 1, iterations: 1000 }),
 * );
 * if (rate(1000).learningRate !== 0 || rate.cycleEnd!(0) !== 200) throw new Error("it ends at 0, after five cycles");
 * ```
 */
export function product(...schedules: readonly AnySchedule[]): Schedule {
  const verb = "multiply schedules";
  if (schedules.length === 0) throw new RangeError(`Cannot ${verb}: there must be one or more, got 0`);
  const factors = schedules.map((factor, index) => asSchedule(verb, `factor ${index}`, factor));
  const configs = factors.map(({ config }) => config);
  return schedule(
    (iteration) => {
      const values = factors.map((factor) => factor(iteration));
      const momentum = values.find((value) => value.momentum !== undefined)?.momentum;
      const weightDecay = values.find((value) => value.weightDecay !== undefined)?.weightDecay;
      return {
        learningRate: values.reduce((rate, value) => rate * value.learningRate, 1),
        ...(momentum !== undefined && { momentum }),
        ...(weightDecay !== undefined && { weightDecay }),
      };
    },
    configs.every((config) => config) ? { schedule: "product", of: configs } : undefined,
    factors.find(({ cycleEnd }) => cycleEnd)?.cycleEnd,
  );
}
