/**
 * What our own callbacks are made from.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** A callback that knows the model it is on, and can end the fit. */
export class ModelCallback extends tf.CustomCallback {
  /** The model that trains; undefined before the first fit. */
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
