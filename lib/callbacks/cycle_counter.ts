/**
 * Counts how many of a schedule's cycles have ended.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { ROUNDING } from "../schedules/periods.ts";
import type { Schedule } from "../schedules/schedule.ts";

/** What happened at the end of a cycle. */
export interface CycleEnd {
  /** Optimizer updates done. */
  readonly iteration: number;
  /** Cycles that have ended since the start or the last reset. */
  readonly cycle: number;
  /** The model in training; undefined in a custom loop. */
  readonly model?: tf.LayersModel;
}

/** A function called at the end of a cycle. The next batch waits for it. */
export type CycleEndListener = (end: CycleEnd) => void | Promise<void>;

/** How many ends of cycles between two iterations are counted one by one. */
const MOST_AT_ONCE = 10_000;

/** Counts a schedule's cycles as its iterations go by. For a schedule without cycles, the count stays 0. */
export class CycleCounter {
  readonly #schedule: Schedule;
  #end: number;
  #ended = 0;

  /** @param schedule The schedule, at its iteration 0. */
  constructor(schedule: Schedule) {
    this.#schedule = schedule;
    this.#end = schedule.cycleEnd?.(0) ?? Infinity;
  }

  /** Cycles that have ended so far. */
  get ended(): number {
    return this.#ended;
  }

  /**
   * Advances to a later iteration.
   *
   * @param iteration The schedule's iteration, not below the last one.
   * @returns Whether a cycle has ended since.
   */
  goTo(iteration: number): boolean {
    const before = this.#ended;
    // step sizes may be rounded fractions
    while (iteration > 0 && this.#end <= iteration + ROUNDING) {
      this.#ended++;
      // A restored state may name any iteration, and cycles may be tiny: after so many at once, jump ahead.
      const from = this.#ended - before < MOST_AT_ONCE ? this.#end : Math.max(this.#end, iteration);
      const next = this.#schedule.cycleEnd!(from + 1e-6);
      this.#end = next > this.#end ? next : Infinity;
    }
    return this.#ended > before;
  }
}
