/**
 * A tensor's values outside of tfjs, which can be saved and restored bit for bit.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** One tensor's values. */
export interface SavedTensor {
  /** Its name, such as `"conv/kernel/momentum"`; empty if it needs none. */
  readonly name: string;
  /** Its shape. */
  readonly shape: readonly number[];
  /** Its values, float32 or int32. */
  readonly values: Float32Array | Int32Array;
}

/** Reads a tensor; its values are a copy. */
export async function readTensor(name: string, tensor: tf.Tensor): Promise<SavedTensor> {
  const values = await tensor.data() as Float32Array | Int32Array;
  return { name, shape: [...tensor.shape], values: values.slice() };
}

/** Makes a tensor again from saved values. */
export function tensorOf({ values, shape }: SavedTensor): tf.Tensor {
  return tf.tensor(values, [...shape], values instanceof Int32Array ? "int32" : "float32");
}

/** Whether a value, which may come from a file, is a saved tensor with as many values as its shape requires. */
export function isSavedTensor(value: unknown): value is SavedTensor {
  const { shape, values } = (value ?? {}) as Partial<SavedTensor>;
  return (values instanceof Float32Array || values instanceof Int32Array) && Array.isArray(shape) &&
    shape.every((size) => Number.isInteger(size) && size >= 0) && tf.util.sizeFromShape(shape) === values.length;
}
