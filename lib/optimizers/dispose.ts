/**
 * Frees a model together with its optimizer.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { privateFields } from "./private_fields.ts";

/** Frees a compiled model and its optimizer. The model's own `dispose` frees only an optimizer that it made itself. */
export function disposeModel(model: tf.LayersModel): void {
  const { optimizer } = model;
  // tfjs's momentum optimizer forgets this scalar when it is disposed
  const { c } = privateFields(optimizer) as { c?: tf.Scalar };
  optimizer.dispose();
  if (c && !c.isDisposed) c.dispose();
  model.dispose();
}
