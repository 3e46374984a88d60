/**
 * Callbacks of any kind on one fit, and the small ones: stopping.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { checkChoice, checkNumber, rules, shown } from "../schedules/schedule.ts";
import { metricName, numbersOf } from "./history.ts";
import { LearningRateScheduler } from "./scheduler.ts";

/** A class callback: ours, `tf.callbacks.*`, or one of your own. tfjs hands it the fit's parameters and the model. */
export interface ClassCallback {
  /** Takes the fit's parameters. */
  setParams(params: never): void;
  /** Takes the model. */
  setModel(model: never): void;
}

/** What {@linkcode callbacks} composes: class callbacks, and plain objects of handlers. */
export type AnyCallback = ClassCallback | tf.CustomCallbackArgs;

/** The handlers that a plain object may have. */
const HANDLERS = ["onTrainBegin", "onTrainEnd", "onEpochBegin", "onEpochEnd", "onBatchBegin", "onBatchEnd", "onYield"];

/** Whether tfjs takes it as a callback of its own kind: those are handed parameters and model. */
const isClass = (item: AnyCallback): item is tf.CustomCallback =>
  typeof (item as { setParams?: unknown }).setParams === "function";

/**
 * Any mix of callbacks as one list for `fit` and `fitDataset`: ours, `tf.callbacks.*`, plain objects. tfjs itself takes
 * either class callbacks or plain objects.
 *
 * @param items The callbacks; they are called in this order, a scheduler first of all.
 * @throws {TypeError} If an item is no callback, or there are two learning-rate schedulers.
 * @example
 * ```ts
 * import { callbacks, CyclicLR, tf } from "../mod.ts";
 *
 * const list = callbacks({ onEpochEnd: (epoch) => console.log(epoch) }, new CyclicLR(), tf.callbacks.earlyStopping());
 * if (!(list[0] instanceof CyclicLR)) throw new Error("the scheduler comes first");
 * ```
 */
export function callbacks(...items: readonly AnyCallback[]): tf.CustomCallback[] {
  const list = items.map((item) => {
    if (typeof item !== "object" || item === null) {
      throw new TypeError(
        `Cannot compose callbacks: each must be a callback or an object of handlers, got ${shown(item)}`,
      );
    }
    if (isClass(item)) return item;
    const unknown = Object.keys(item).find((key) => !HANDLERS.includes(key));
    if (unknown !== undefined) {
      throw new TypeError(`Cannot compose callbacks: handlers are ${HANDLERS.join(", ")}, got ${shown(unknown)}`);
    }
    return new tf.CustomCallback(item as tf.CustomCallbackArgs);
  });
  const schedulers = list.filter((item) => item instanceof LearningRateScheduler);
  if (schedulers.length > 1) {
    throw new TypeError(
      `Cannot compose callbacks: one fit takes one learning-rate scheduler, got ${schedulers.length}`,
    );
  }
  return [...schedulers, ...list.filter((item) => !schedulers.includes(item as LearningRateScheduler))];
}

/** The model of a callback of ours, once a fit has begun. */
export class ModelCallback extends tf.CustomCallback {
  /** The model that trains. */
  protected trained?: tf.LayersModel;

  /** tfjs hands over the model before it trains. */
  override setModel(model: tf.LayersModel): void {
    super.setModel(model as never);
    this.trained = model;
  }

  /** Ends the fit after this batch or epoch; what was trained stays. */
  protected stop(): void {
    if (this.trained) this.trained.stopTraining = true;
  }
}

class StopOnInterrupt extends ModelCallback {
  constructor(signal?: AbortSignal) {
    let interrupted = false;
    const interrupt = () => void (interrupted = true);
    super({
      onTrainBegin: () => {
        interrupted = false;
        // without a listener, the signal would end the process: in a notebook, the kernel
        if (!signal) Deno.addSignalListener("SIGINT", interrupt);
      },
      onBatchEnd: () => {
        if (interrupted || signal?.aborted) this.stop();
      },
      onTrainEnd: () => {
        if (!signal) Deno.removeSignalListener("SIGINT", interrupt);
      },
    });
  }
}

/**
 * Ends a fit cleanly on Stop in a notebook, or on Ctrl-C: after the batch, with weights and history kept.
 *
 * @param options `signal`: an AbortSignal to listen to instead of the process's SIGINT.
 * @example
 * ```ts
 * import { callbacks, CyclicLR, stopOnInterrupt } from "../mod.ts";
 *
 * const list = callbacks(new CyclicLR(), stopOnInterrupt());
 * ```
 */
export function stopOnInterrupt(options: { signal?: AbortSignal } = {}): tf.CustomCallback {
  return new StopOnInterrupt(options.signal);
}

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

/** The scheduler that marked a fit's parameters. */
export function schedulerOfFit(params: object | undefined): LearningRateScheduler | undefined {
  const values = Object.getOwnPropertySymbols(params ?? {}).map((key) => (params as Record<symbol, unknown>)[key]);
  return values.find((value) => value instanceof LearningRateScheduler);
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
