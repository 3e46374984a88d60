/**
 * Gradients in the two shapes in which tfjs's optimizers are handed them.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";

/** By the weight's name, or as a list; none for a weight that the loss does not depend on. */
export type Gradients = tf.NamedTensorMap | { name: string; tensor: tf.Tensor | null }[];

/** Gradients as a list, in their order. */
export const gradientList = <T extends tf.Tensor | null>(
  gradients: Readonly<Record<string, T>> | { name: string; tensor: T }[],
): { name: string; tensor: T }[] =>
  Array.isArray(gradients) ? gradients : Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));
