/**
 * What a schedule is, and the checks that only schedules need.
 * @module
 */
import { checkNumber, rules, shown } from "../support/check.ts";

/** What a schedule sets for one iteration. */
export interface Hyperparameters {
  /** The learning rate, 0 or more. */
  readonly learningRate: number;
  /** The momentum (beta1 for the Adam family), where the schedule cycles it. */
  readonly momentum?: number;
  /** The weight decay, 0 or more, where the schedule sets it; for an optimizer that `withWeightDecay` returned. */
  readonly weightDecay?: number;
}

/** A schedule's plain-JSON description; `scheduleFromConfig` builds the schedule again. */
export interface ScheduleConfig {
  /** The name of the function that made the schedule, such as `"cyclical"`. */
  readonly schedule: string;
  readonly [option: string]: unknown;
}

/**
 * A learning-rate schedule: a pure function of the iteration, counted from 0 in optimizer updates.
 * Any iteration may be asked for, in any order, fractional ones too.
 */
export interface Schedule {
  (iteration: number): Hyperparameters;
  /** Plain JSON that `scheduleFromConfig` turns back into this schedule; absent for a hand-written function. */
  readonly config?: ScheduleConfig;
  /** The iteration at which the cycle that holds `iteration` ends; absent where there are no cycles. */
  cycleEnd?(iteration: number): number;
}

/** Throws a RangeError for an iteration that is negative or no number: a schedule starts at 0. */
export function checkIteration(iteration: number): void {
  if (!(iteration >= 0) || iteration === Infinity) {
    throw new RangeError(`Cannot evaluate a schedule: the iteration must be 0 or more, got ${iteration}`);
  }
}

/** Both momenta or neither, each from 0 to 1, base not above max. */
export function checkMomenta(verb: string, baseMomentum: unknown, maxMomentum: unknown): void {
  if (baseMomentum === undefined && maxMomentum === undefined) return;
  if (baseMomentum === undefined || maxMomentum === undefined) {
    throw new TypeError(
      `Cannot ${verb}: baseMomentum and maxMomentum must come together, got ${shown({ baseMomentum, maxMomentum })}`,
    );
  }
  checkNumber(verb, "baseMomentum", baseMomentum, ...rules.notNegative);
  checkNumber(verb, "maxMomentum", maxMomentum, ...rules.notNegative);
  if (baseMomentum > maxMomentum) {
    throw new RangeError(
      `Cannot ${verb}: baseMomentum must not be above maxMomentum ${maxMomentum}, got ${baseMomentum}`,
    );
  }
}

/** What all schedules made here inherit from, beside Function; a notebook's display knows them by it. */
export const schedulePrototype: Schedule = Object.create(Function.prototype);

/** Attaches the config, frozen, and the end of a cycle to a schedule's function. */
export function schedule(
  rate: (iteration: number) => Hyperparameters,
  config: ScheduleConfig | undefined,
  cycleEnd?: (iteration: number) => number,
): Schedule {
  return Object.freeze(Object.assign(Object.setPrototypeOf(rate, schedulePrototype), {
    ...(config && { config: Object.freeze(config) }),
    ...(cycleEnd && { cycleEnd }),
  }));
}
