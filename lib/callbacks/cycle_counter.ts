/**
 * How many of a schedule's cycles have ended.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Schedule } from "../schedules/schedule.ts";

/** What happened at the end of a cycle. */
export interface CycleEnd {
  /** Optimizer updates done. */
  readonly iteration: number;
  /** Cycles that have ended since the start or the last reset. */
  readonly cycle: number;
  /** The model that trains; undefined in a custom loop. */
  readonly model?: tf.LayersModel;
}

/** Told of a cycle's end before the next batch; awaited. */
export type CycleEndListener = (end: CycleEnd) => void | Promise<void>;

/** Ends of cycles that are counted one by one between two iterations. */
const MOST_AT_ONCE = 10_000;

/** Counts a schedule's cycles as its iterations go by; a schedule without cycles has none. */
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
   * Goes on to a later iteration.
   *
   * @param iteration The schedule's iteration, not below the last one.
   * @returns Whether a cycle has ended since.
   */
  goTo(iteration: number): boolean {
    const before = this.#ended;
    // a billionth of slack, for step sizes that are rounded fractions
    while (iteration > 0 && this.#end <= iteration + 1e-9) {
      this.#ended++;
      // after so many at once it jumps: a state may name any iteration, and a cycle may be tiny
      const from = this.#ended - before < MOST_AT_ONCE ? this.#end : Math.max(this.#end, iteration);
      const next = this.#schedule.cycleEnd!(from + 1e-6);
      this.#end = next > this.#end ? next : Infinity;
    }
    return this.#ended > before;
  }
}
