/**
 * Gradients, in the two forms in which tfjs passes them to optimizers.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";

/** Gradients by the weight's name, or as a list. A weight that the loss does not depend on has none. */
export type Gradients = tf.NamedTensorMap | { name: string; tensor: tf.Tensor | null }[];

/** Gradients as a list, in their order. */
export const gradientList = <T extends tf.Tensor | null>(
  gradients: Readonly<Record<string, T>> | { name: string; tensor: T }[],
): { name: string; tensor: T }[] =>
  Array.isArray(gradients) ? gradients : Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));
