/**
 * Callbacks of any kind on one fit.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { shown } from "../support/check.ts";
import { rateSetterOfFit } from "./rate_setter.ts";
import { ReduceOnPlateau } from "./reduce_on_plateau.ts";
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
 * @param items The callbacks; they are called in this order, the one that sets the rate first of all.
 * @throws {TypeError} If an item is not a callback, or there are two that set the rate.
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

/** The scheduler of a fit, from the parameters that tfjs hands to each callback. */
export function schedulerOfFit(params: object | undefined): LearningRateScheduler | undefined {
  const setter = rateSetterOfFit(params);
  return setter instanceof LearningRateScheduler ? setter : undefined;
}
