/**
 * Early stopping at the end of a cycle.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { numbersOf } from "../history/history.ts";
import { checkNumber, checkOptions, rules } from "../support/check.ts";
import { schedulerOfFit } from "./compose.ts";
import { withCycles } from "./cycle_ends.ts";
import { ModelCallback } from "./model_callback.ts";
import { Best, checkMeasured, checkMonitor, type Monitor } from "./monitor.ts";
import type { LearningRateScheduler } from "./scheduler.ts";

const VERB = "stop at a cycle's end";

/** Options of {@linkcode stopAtCycleEnd}. */
export interface StopAtCycleEndOptions {
  /** What to watch. Default `"val_loss"`. */
  monitor?: Monitor;
  /** After how many cycles in a row without a new best to stop; 1 or more. Default 1. */
  patience?: number;
  /** The scheduler whose cycles count. By default it is the fit's own. */
  scheduler?: LearningRateScheduler;
}

class StopAtCycleEnd extends ModelCallback {
  constructor({ monitor = "val_loss", patience = 1, scheduler }: StopAtCycleEndOptions) {
    let best: Best;
    let [without, seen] = [0, 0];
    let driver: LearningRateScheduler;
    super({
      onTrainBegin: () => {
        driver = withCycles(VERB, scheduler ?? schedulerOfFit(this.params));
        [best, without, seen] = [new Best(monitor), 0, driver.cyclesEnded];
        checkMeasured(VERB, monitor, this.params);
      },
      onEpochEnd: (_epoch, logs) => {
        const value = numbersOf(logs)[monitor];
        // an epoch that was cut short was not validated
        if (driver.cyclesEnded === seen || value === undefined) return;
        seen = driver.cyclesEnded;
        if (best.improvedBy(value)) without = 0;
        else if (++without >= patience) this.stop();
      },
    });
  }
}

/**
 * Early stopping that waits for the end of a cycle, when the rate is at its base and the weights have settled. It
 * compares only epochs in which a cycle ended.
 *
 * Source: the article's advice to stop at the end of a cycle.
 *
 * @param options See {@linkcode StopAtCycleEndOptions}.
 * @throws {TypeError} If an option is unknown.
 * @throws {RangeError} If the monitor is unknown or the patience is not a whole number of 1 or more.
 * @example
 * ```ts
 * import { callbacks, CyclicLR, stopAtCycleEnd } from "../mod.ts";
 *
 * const list = callbacks(new CyclicLR(), stopAtCycleEnd({ monitor: "val_loss", patience: 2 }));
 * ```
 */
export function stopAtCycleEnd(options: StopAtCycleEndOptions = {}): tf.CustomCallback {
  checkOptions(VERB, options, ["monitor", "patience", "scheduler"]);
  checkMonitor(VERB, options.monitor ?? "val_loss");
  checkNumber(VERB, "patience", options.patience ?? 1, ...rules.count);
  return new StopAtCycleEnd(options);
}
