/**
 * What our own callbacks are made from.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

const HANDLERS = ["onTrainBegin", "onTrainEnd", "onEpochBegin", "onEpochEnd", "onBatchBegin", "onBatchEnd"] as const;

/**
 * Makes a callback's handlers its own and binds them. Where a class callback stands behind a plain object in an array,
 * tfjs wraps it and calls its handlers on the wrapper, which then call themselves without end.
 */
export function bindHandlers(callback: tf.CustomCallback): void {
  for (const name of HANDLERS) {
    Object.defineProperty(callback, name, { value: callback[name].bind(callback), configurable: true });
  }
}

/** A callback that knows the model it is on, and can end the fit. */
export class ModelCallback extends tf.CustomCallback {
  /** The model that trains; undefined before the first fit. */
  protected trained?: tf.LayersModel;

  /** @param handlers What it does, and when. */
  constructor(handlers: tf.CustomCallbackArgs) {
    super({
      ...handlers,
      onTrainBegin: (logs) => {
        if (!this.trained) {
          throw new TypeError(
            "Cannot train with this callback behind a plain object: compose them by callbacks(...), got a bare array",
          );
        }
        return handlers.onTrainBegin?.(logs);
      },
    });
    bindHandlers(this);
  }

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
