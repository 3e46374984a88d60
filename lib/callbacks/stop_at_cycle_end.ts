/**
 * Early stopping at the end of a cycle.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { metricName, numbersOf } from "../history/history.ts";
import { checkChoice, checkNumber, rules, shown } from "../support/check.ts";
import { schedulerOfFit } from "./compose.ts";
import { ModelCallback } from "./model_callback.ts";
import type { LearningRateScheduler } from "./scheduler.ts";

/** Options of {@linkcode stopAtCycleEnd}. */
export interface StopAtCycleEndOptions {
  /** What to watch. Default `"val_loss"`. */
  monitor?: "val_loss" | "val_accuracy" | "loss" | "accuracy";
  /** How many cycles in a row without a new best end the training; 1 or more. Default 1. */
  patience?: number;
  /** The scheduler whose cycles count; the one on the same fit is found by itself. */
  scheduler?: LearningRateScheduler;
}

class StopAtCycleEnd extends ModelCallback {
  constructor({ monitor = "val_loss", patience = 1, scheduler }: StopAtCycleEndOptions) {
    let best = NaN;
    let without = 0;
    let cycleEnded = false;
    const better = monitor.endsWith("loss") ? (a: number, b: number) => a < b : (a: number, b: number) => a > b;
    super({
      onTrainBegin: () => {
        [best, without, cycleEnded] = [NaN, 0, false];
        scheduler ??= schedulerOfFit(this.params);
        if (!scheduler?.schedule.cycleEnd) {
          throw new TypeError("Cannot stop at a cycle's end: the fit must have a scheduler with cycles, got none");
        }
        const next = scheduler.onCycleEnd;
        scheduler.onCycleEnd = async (end) => {
          cycleEnded = true;
          await next?.(end);
        };
      },
      onEpochEnd: (_epoch, logs) => {
        const value = numbersOf(logs)[monitor];
        if (value === undefined) {
          throw new TypeError(
            `Cannot stop at a cycle's end: the epoch must have ${shown(monitor)}, got ${
              Object.keys(logs ?? {}).map(metricName).join(", ")
            }`,
          );
        }
        if (!cycleEnded) return;
        cycleEnded = false;
        if (Number.isNaN(best) || better(value, best)) [best, without] = [value, 0];
        else if (++without >= patience) this.stop();
      },
    });
  }
}

/**
 * Early stopping that waits for the end of a cycle, where the rate is at its base and the weights are at rest. It
 * compares the epochs in which a cycle ended with each other.
 *
 * Source: the article's advice to stop at the end of a cycle.
 *
 * @param options See {@linkcode StopAtCycleEndOptions}.
 * @throws {RangeError} If the monitor is unknown or the patience is no whole number of 1 or more.
 * @example
 * ```ts
 * import { callbacks, CyclicLR, stopAtCycleEnd } from "../mod.ts";
 *
 * const list = callbacks(new CyclicLR(), stopAtCycleEnd({ monitor: "val_loss", patience: 2 }));
 * ```
 */
export function stopAtCycleEnd(options: StopAtCycleEndOptions = {}): tf.CustomCallback {
  const verb = "stop at a cycle's end";
  checkChoice(verb, "monitor", options.monitor ?? "val_loss", ["val_loss", "val_accuracy", "loss", "accuracy"]);
  checkNumber(verb, "patience", options.patience ?? 1, ...rules.count);
  return new StopAtCycleEnd(options);
}
