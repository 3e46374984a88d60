/**
 * Combines callbacks of any kind for one fit.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { shown } from "../support/check.ts";
import { rateSetterOfFit } from "./rate_setter.ts";
import { ReduceOnPlateau } from "./reduce_on_plateau.ts";
import { LearningRateScheduler } from "./scheduler.ts";

/**
 * A class callback: one of ours, one of `tf.callbacks.*`, or your own. tfjs gives it the fit's parameters and the
 * model.
 */
export interface ClassCallback {
  /** Receives the fit's parameters. */
  setParams(params: never): void;
  /** Receives the model. */
  setModel(model: never): void;
}

/** What {@linkcode callbacks} combines: class callbacks, and plain objects of handlers. */
export type AnyCallback = ClassCallback | tf.CustomCallbackArgs;

/** The handlers that a plain object may have. */
const HANDLERS = ["onTrainBegin", "onTrainEnd", "onEpochBegin", "onEpochEnd", "onBatchBegin", "onBatchEnd", "onYield"];

/** Whether tfjs treats an item as a class callback, which gets the parameters and the model. */
const isClass = (item: AnyCallback): item is tf.CustomCallback =>
  typeof (item as { setParams?: unknown }).setParams === "function";

/**
 * Combines any mix of callbacks into one list for `fit` and `fitDataset`: ours, `tf.callbacks.*`, and plain objects.
 * Without this function, tfjs accepts either class callbacks or plain objects, but not both.
 *
 * @param items The callbacks. They are called in this order, except that the one that sets the rate always comes first.
 * @throws {TypeError} If an item is not a callback, or two of them set the rate.
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
  const setsRate = (item: tf.CustomCallback) =>
    item instanceof LearningRateScheduler || item instanceof ReduceOnPlateau;
  const setters = list.filter((item) => setsRate(item));
  if (setters.length > 1) {
    const names = setters.map((item) => item.constructor.name).join(", ");
    throw new TypeError(
      `Cannot compose callbacks: one fit takes one learning-rate scheduler, got ${setters.length} (${names})`,
    );
  }
  return [...setters, ...list.filter((item) => !setsRate(item))];
}

/** The scheduler of a fit, found through the parameters that tfjs gives to each callback. */
export function schedulerOfFit(params: object | undefined): LearningRateScheduler | undefined {
  const setter = rateSetterOfFit(params);
  return setter instanceof LearningRateScheduler ? setter : undefined;
}
