/**
 * The cyclical learning rate as a callback.
 * @module
 */
import { cyclical, type CyclicalOptions } from "../schedules/cyclical.ts";
import type { CyclePlan } from "../schedules/plan_cycles.ts";
import type { AnySchedule } from "../schedules/schedule.ts";
import { checkOptions } from "../support/check.ts";
import { LearningRateScheduler } from "./scheduler.ts";
import { scheduleOf, type SchedulerState } from "./scheduler_state.ts";

const RESETTABLE = ["baseLr", "maxLr", "stepSize", "stepSizeDown"] as const;
/** What {@linkcode CyclicLR.reset} may change. */
export type ResetOptions = Pick<CyclicalOptions, typeof RESETTABLE[number]>;

/**
 * Cycles the learning rate while a model trains: `cyclical` as a callback.
 *
 * Sources: Smith (2015/2017); bckenstler's CLR, which gave the options their names.
 *
 * @example
 * ```ts
 * import { CyclicLR, tf } from "../mod.ts";
 *
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
 * model.compile({ optimizer: tf.train.momentum(0.01, 0.9), loss: "meanSquaredError" });
 * const clr = new CyclicLR({ baseLr: 0.001, maxLr: 0.006, stepSize: 2000, mode: "triangular2" });
 * await model.fit(tf.ones([4, 1]), tf.ones([4, 1]), { epochs: 1, callbacks: [clr], verbose: 0 });
 * if (clr.history.lr[0] !== 0.001) throw new Error("the first batch trains at the base rate");
 * ```
 */
export class CyclicLR extends LearningRateScheduler {
  #options: CyclicalOptions;

  /**
   * @param options The options of `cyclical`, and `plan`, the result of `planCycles`. With a plan, a fit of a different
   * length throws an error.
   * @throws {TypeError} If an option is unknown or of the wrong kind.
   * @throws {RangeError} If a value is out of range.
   */
  constructor(options: CyclicalOptions & { plan?: CyclePlan } = {}) {
    const { plan, ...own } = options ?? {};
    super(cyclical(own), { plan });
    this.#options = own;
  }

  /**
   * Starts a new cycle with the very next batch, with new bounds or step sizes if they are given. The iteration keeps
   * counting up.
   *
   * @param options What to change; everything else stays the same.
   * @throws {TypeError} If an option is unknown or of the wrong kind.
   * @throws {RangeError} If a value is out of range; then nothing changes.
   */
  reset(options: ResetOptions = {}): void {
    checkOptions("reset a cyclical learning rate", options, RESETTABLE);
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
    const next = { ...this.#options, ...given };
    this.restart(cyclical(next));
    this.#options = next;
  }

  /**
   * Makes a cyclical learning rate that continues from a state.
   *
   * @param json What `toJSON` returned; it may have been through JSON.
   * @param schedule The schedule, needed if its scale function is your own: the state cannot hold a function.
   * @throws {TypeError} If it is not a state, or no schedule is in the state or given.
   * @throws {RangeError} If a count in it is negative.
   * @returns A `CyclicLR`; if the schedule is not a plain `cyclical`, a LearningRateScheduler, which has no `reset`.
   */
  static override fromJSON(json: SchedulerState, schedule?: AnySchedule): LearningRateScheduler {
    const config = (schedule ?? scheduleOf(json)).config;
    if (config?.schedule !== "cyclical") return super.fromJSON(json, schedule);
    const { schedule: _, ...options } = config;
    return new CyclicLR(options as CyclicalOptions).restore(json);
  }
}
