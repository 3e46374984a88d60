/**
 * TensorFlow operations by name, on the native backend: the one place that touches tfjs-node's untyped inside.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** The name under which tfjs-node registers its backend. */
export const NATIVE = "tensorflow";

/** The value of an operation's attribute; a bare string is a TF_ATTR_STRING, `{ type }` names a dtype. */
export type Attribute = number | boolean | string | readonly number[] | { readonly float: number } | {
  readonly type: "float32" | "bfloat16";
};

interface NativeBackend {
  readonly binding: Record<string, number>;
  executeMultipleOutputs(name: string, attributes: unknown[], inputs: tf.Tensor[], outputs: number): tf.Tensor[];
}

/** TF_DataType numbers; tfjs has no name for bfloat16. */
const DTYPES = { float32: 1, bfloat16: 14 } as const;

/**
 * Runs one TensorFlow operation and returns its outputs. They are tracked by `tf.tidy` like any tensor.
 *
 * @param name TensorFlow's name of the operation, as in its op registry.
 * @param inputs The input tensors, in the order of the registry.
 * @param attributes The attributes; `T`, the element type, is float32 unless given.
 * @param outputs How many outputs the operation has.
 */
export function nativeOp(
  name: string,
  inputs: tf.Tensor[],
  attributes: Record<string, Attribute> = {},
  outputs = 1,
): tf.Tensor[] {
  const backend = tf.backend() as unknown as NativeBackend;
  const list = Object.entries({ T: { type: "float32" } as const, ...attributes })
    .map(([key, value]) => attribute(backend.binding, key, value));
  return backend.executeMultipleOutputs(name, list, inputs, outputs);
}

function attribute(binding: Record<string, number>, name: string, value: Attribute) {
  if (typeof value === "boolean") return { name, type: binding.TF_ATTR_BOOL, value };
  if (typeof value === "string") return { name, type: binding.TF_ATTR_STRING, value };
  if (typeof value === "object" && "type" in value) {
    return { name, type: binding.TF_ATTR_TYPE, value: DTYPES[value.type] };
  }
  if (typeof value === "object" && "float" in value) return { name, type: binding.TF_ATTR_FLOAT, value: value.float };
  return { name, type: binding.TF_ATTR_INT, value };
}
