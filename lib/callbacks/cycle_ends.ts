/**
 * Lets a callback know when a cycle ends.
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
 * @param scheduler A scheduler to use instead of the fit's own.
 * @throws {TypeError} If the fit has no scheduler with cycles.
 */
export function listenToCycleEnds(
  verb: string,
  params: object | undefined,
  listener: CycleEndListener,
  scheduler: LearningRateScheduler | undefined = schedulerOfFit(params),
): void {
  if (!scheduler?.schedule.cycleEnd) {
    throw new TypeError(`Cannot ${verb}: the fit must have a scheduler with cycles, got none`);
  }
  scheduler.addCycleEndListener(listener);
}
