/**
 * Lets callbacks know when cycles end.
 * @module
 */
import { schedulerOfFit } from "./compose.ts";
import type { CycleEndListener } from "./cycle_counter.ts";
import type { LearningRateScheduler } from "./scheduler.ts";

/**
 * Calls a listener at the end of each cycle, until the fit is over.
 *
 * @param verb What the callback does, for the error message.
 * @param params The fit's parameters, through which its scheduler is found.
 * @param listener Called after the last batch of each cycle. The training waits for it.
 * @throws {TypeError} If the fit has no scheduler with cycles.
 */
export function listenToCycleEnds(verb: string, params: object | undefined, listener: CycleEndListener): void {
  withCycles(verb, schedulerOfFit(params)).addCycleEndListener(listener);
}

/**
 * Returns the scheduler if it has cycles.
 *
 * @throws {TypeError} If it has none, or there is no scheduler.
 */
export function withCycles(verb: string, scheduler: LearningRateScheduler | undefined): LearningRateScheduler {
  if (scheduler?.schedule?.cycleEnd) return scheduler;
  throw new TypeError(`Cannot ${verb}: the fit must have a scheduler with cycles, got none`);
}
