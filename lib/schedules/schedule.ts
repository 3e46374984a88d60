/**
 * What a schedule is, and how one is made from a formula.
 * @module
 */
import { checkNumber, rules, shown } from "../support/check.ts";

/** What a schedule sets for one iteration. */
export interface Hyperparameters {
  /** The learning rate, 0 or more. */
  readonly learningRate: number;
  /** The momentum (beta1 for the Adam family), if the schedule cycles it. */
  readonly momentum?: number;
  /** The weight decay, 0 or more, if the schedule sets it. It needs an optimizer that `withWeightDecay` returned. */
  readonly weightDecay?: number;
}

/** A schedule's plain-JSON description; `scheduleFromConfig` rebuilds the schedule from it. */
export interface ScheduleConfig {
  /** The name of the function that made the schedule, such as `"cyclical"`. */
  readonly schedule: string;
  readonly [option: string]: unknown;
}

/**
 * A learning-rate schedule: a pure function of the iteration, counted from 0 in optimizer updates. It can be called
 * with any iteration, in any order, and with fractional ones.
 */
export interface Schedule {
  (iteration: number): Hyperparameters;
  /** Plain JSON that `scheduleFromConfig` turns back into this schedule; absent for a hand-written function. */
  readonly config?: ScheduleConfig;
  /** The iteration at which the cycle that holds `iteration` ends; absent if there are no cycles. */
  cycleEnd?(iteration: number): number;
}

/** A function from the iteration to the learning rate alone, like Keras's schedules. */
export interface RateFunction {
  (iteration: number): number;
  /** Only a {@linkcode Schedule} has a config. */
  readonly config?: undefined;
  /** Only a {@linkcode Schedule} has cycles. */
  readonly cycleEnd?: undefined;
}

/** What functions that take a schedule accept: a schedule, or a function that returns the rate as a number. */
export type AnySchedule = Schedule | RateFunction;

/**
 * Requires both momenta or neither, and base not above max. Whether they are below 1 is checked when an optimizer gets
 * them.
 */
export function checkMomenta(verb: string, baseMomentum: number | undefined, maxMomentum: number | undefined): void {
  if (baseMomentum === undefined && maxMomentum === undefined) return;
  if (baseMomentum === undefined || maxMomentum === undefined) {
    throw new TypeError(
      `Cannot ${verb}: baseMomentum and maxMomentum must come together, got ${shown({ baseMomentum, maxMomentum })}`,
    );
  }
  if (baseMomentum > maxMomentum) {
    throw new RangeError(
      `Cannot ${verb}: baseMomentum must not be above maxMomentum ${maxMomentum}, got ${baseMomentum}`,
    );
  }
}

/**
 * The prototype of all schedules made here, by which a notebook's display recognizes them. It inherits from Function's.
 */
export const schedulePrototype: Schedule = Object.create(Function.prototype);

/**
 * Makes a schedule that rejects iterations that are negative or not numbers, and attaches the config and `cycleEnd`.
 */
export function schedule(
  rate: (iteration: number) => Hyperparameters,
  config: ScheduleConfig | undefined,
  cycleEnd?: (iteration: number) => number,
): Schedule {
  const checked = <T>(formula: (iteration: number) => T) => (iteration: number): T => {
    if (!(iteration >= 0) || iteration === Infinity) {
      throw new RangeError(`Cannot evaluate a schedule: the iteration must be 0 or more, got ${iteration}`);
    }
    return formula(iteration);
  };
  return Object.freeze(Object.assign(Object.setPrototypeOf(checked(rate), schedulePrototype), {
    ...(config && { config: frozenCopy(config) }),
    ...(cycleEnd && { cycleEnd: checked(cycleEnd) }),
  }));
}

/** Makes a schedule that sets only the rate, from the rate's formula. */
export function rateSchedule(name: string, options: object, formula: (iteration: number) => number): Schedule {
  return schedule((iteration) => ({ learningRate: formula(iteration) }), { schedule: name, ...options });
}

/**
 * Accepts a schedule from a user. A schedule made here is returned unchanged. Any other function is wrapped: each value
 * that it returns is checked, and a plain number is taken as the learning rate.
 *
 * @throws {TypeError} If it is not a function.
 */
export function asSchedule(verb: string, name: string, given: unknown): Schedule {
  if (isMadeHere(given)) return given;
  if (!isFunction(given)) throw new TypeError(`Cannot ${verb}: ${name} must be a function, got ${shown(given)}`);
  return schedule((iteration) => checkedAnswer(given(iteration)), given.config, given.cycleEnd?.bind(given));
}

const isFunction = (given: unknown): given is AnySchedule => typeof given === "function";
const isMadeHere = (given: unknown): given is Schedule =>
  isFunction(given) && Object.getPrototypeOf(given) === schedulePrototype;

function checkedAnswer(answer: Hyperparameters | number): Hyperparameters {
  const verb = "evaluate a schedule";
  const hyperparameters = typeof answer === "number" ? { learningRate: answer } : answer;
  if (typeof hyperparameters?.learningRate !== "number") {
    throw new TypeError(
      `Cannot ${verb}: it must return a number, or an object with a learningRate, got ${shown(answer)}`,
    );
  }
  checkNumber(verb, "the learning rate that it returns", hyperparameters.learningRate, ...rules.notNegative);
  return hyperparameters;
}

/** A copy as plain JSON, frozen at every level, so that a caller who changes the options later does not change it. */
function frozenCopy(config: ScheduleConfig): ScheduleConfig {
  return JSON.parse(JSON.stringify(config), (_key, value) => Object.freeze(value));
}
