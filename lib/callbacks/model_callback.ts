/**
 * The base of our own callbacks.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

const HANDLERS = ["onTrainBegin", "onTrainEnd", "onEpochBegin", "onEpochEnd", "onBatchBegin", "onBatchEnd"] as const;

/**
 * Binds a callback's handlers to the callback. If a class callback comes after a plain object in an array, tfjs wraps
 * it and calls its handlers on the wrapper, where unbound handlers would call themselves forever.
 */
export function bindHandlers(callback: tf.CustomCallback): void {
  for (const name of HANDLERS) {
    Object.defineProperty(callback, name, { value: callback[name].bind(callback), configurable: true });
  }
}

/** A callback that knows the model in training, and can end the fit. */
export class ModelCallback extends tf.CustomCallback {
  /** The model in training; undefined before the first fit. */
  protected trained?: tf.LayersModel;

  /** @param handlers The handlers of the callback's events. */
  constructor(handlers: tf.CustomCallbackArgs) {
    super({
      ...handlers,
      onTrainBegin: (logs) => {
        if (!this.trained) {
          throw new TypeError(
            "Cannot train with this callback after a plain object: combine them with callbacks(...), got a bare array",
          );
        }
        return handlers.onTrainBegin?.(logs);
      },
    });
    bindHandlers(this);
  }

  /** tfjs calls this with the model before training starts. */
  override setModel(model: tf.LayersModel): void {
    super.setModel(model as never);
    this.trained = model;
  }

  /** Ends the fit after this batch or epoch. The model keeps what it has learned. */
  protected stop(): void {
    if (this.trained) this.trained.stopTraining = true;
  }
}
