/**
 * A scheduler's state, which may come from a file.
 * @module
 */
import { isHistory, type TrainingHistory } from "../history/history.ts";
import { scheduleFromConfig } from "../schedules/config.ts";
import type { Schedule, ScheduleConfig } from "../schedules/schedule.ts";
import { checkNumber, rules, shown } from "../support/check.ts";

/** A scheduler's state as plain JSON. */
export interface SchedulerState {
  /** The schedule's config; absent if the schedule is a custom function. */
  schedule?: ScheduleConfig;
  /** Optimizer updates done. */
  iteration: number;
  /** The iteration of the last reset, from which the schedule counts. */
  origin: number;
  /** The history recorded so far. */
  history: TrainingHistory;
}

/** The schedule in a state. */
export function scheduleOf(json: SchedulerState): Schedule {
  if (typeof json !== "object" || json === null || json.schedule === undefined) {
    throw new TypeError(
      `Cannot restore a scheduler: the state must hold a schedule, or one must be given, got ${shown(json)}`,
    );
  }
  return scheduleFromConfig(json.schedule);
}

/**
 * Throws unless a state is complete.
 *
 * @throws {TypeError} If its history is incomplete.
 * @throws {RangeError} If a count in it is out of range.
 */
export function checkState(json: SchedulerState): void {
  const verb = "restore a scheduler";
  if (typeof json !== "object" || json === null) {
    throw new TypeError(`Cannot ${verb}: the state must be what toJSON returned, got ${shown(json)}`);
  }
  checkNumber(verb, "iteration", json.iteration, ...rules.whole);
  checkNumber(
    verb,
    "origin",
    json.origin,
    `from 0 to the iteration ${json.iteration}`,
    (n) => n >= 0 && n <= json.iteration,
  );
  if (!isHistory(json.history)) {
    throw new TypeError(`Cannot ${verb}: its history must be complete, got ${shown(json.history)}`);
  }
}
