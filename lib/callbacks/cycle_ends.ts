/**
 * How a callback hears of cycles' ends.
 * @module
 */
import { schedulerOfFit } from "./compose.ts";
import type { CycleEndListener } from "./cycle_counter.ts";
import type { LearningRateScheduler } from "./scheduler.ts";

/**
 * Tells a callback of each cycle's end, until the fit is over.
 *
 * @param verb What the callback does, for the error.
 * @param params The fit's parameters, which know its scheduler.
 * @param listener Called after the last batch of each cycle; awaited.
 * @param scheduler Another scheduler, whose cycles count instead.
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
