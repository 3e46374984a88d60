/**
 * TensorFlow operations by name, on the native backend; and, with types, what this project uses of tfjs-node's inside,
 * which has none. The other modules of this folder reach that inside through these types.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** The name under which tfjs-node registers its backend. */
export const NATIVE = "tensorflow";

/** The value of an operation's attribute; a bare string is a TF_ATTR_STRING, `{ type }` names a dtype. */
export type Attribute = number | boolean | string | readonly number[] | { readonly float: number } | {
  readonly type: ElementType;
} | { readonly shape: readonly number[] };

/** An attribute as tfjs-node's binding takes it. */
export interface RawAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** TensorFlow's handle of a tensor. */
export interface Handle {
  readonly id: number;
  readonly dtype: number;
  readonly shape: number[];
}

/** A tensor in tfjs-node's table: by TensorFlow's handle, or by numbers that TensorFlow has not got yet. */
export interface TensorEntry {
  readonly shape: number[];
  readonly dtype: number;
  readonly values: unknown;
  id: number;
  refCount: number;
}

/** What is used of tfjs-node's backend. */
export interface NativeBackend {
  binding: Readonly<Record<`TF_ATTR_${"TYPE" | "BOOL" | "INT" | "FLOAT" | "STRING" | "SHAPE"}`, number>> & {
    executeOp(name: string, attributes: RawAttribute[], ids: number[], outputs: number): Handle[];
    deleteTensor(id: number): void;
  };
  readonly tensorMap: {
    has(dataId: tf.DataId): boolean;
    get(dataId: tf.DataId): TensorEntry | undefined;
    set(dataId: tf.DataId, entry: TensorEntry): void;
    delete(dataId: tf.DataId): boolean;
  };
  getInputTensorIds(inputs: tf.TensorInfo[]): number[];
  createOutputTensor(handle: Handle): tf.Tensor;
  applyActivation(x: tf.Tensor, activation?: string, weights?: tf.Tensor, alpha?: number): tf.Tensor;
  incRef(dataId: tf.DataId): void;
  disposeData(dataId: tf.DataId, force?: boolean): boolean;
  executeSingleOutput(name: string, attributes: RawAttribute[], inputs: tf.TensorInfo[]): tf.Tensor;
  executeMultipleOutputs(
    name: string,
    attributes: RawAttribute[],
    inputs: tf.TensorInfo[],
    outputs: number,
  ): tf.Tensor[];
}

/** The active backend, which must be the native one. */
export const nativeBackend = (): NativeBackend => tf.backend() as unknown as NativeBackend;

/** TF_DataType numbers; tfjs has no name for bfloat16. */
export const DTYPES = { float32: 1, bfloat16: 14 } as const;
/** An element type. */
export type ElementType = keyof typeof DTYPES;

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
  inputs: tf.TensorInfo[],
  attributes: Record<string, Attribute> = {},
  outputs = 1,
): tf.Tensor[] {
  const backend = nativeBackend();
  const list = attributeList(backend, { T: { type: "float32" }, ...attributes });
  return backend.executeMultipleOutputs(name, list, inputs, outputs);
}

/** Runs one TensorFlow operation on handles and returns handles, which are the caller's to delete. */
export function nativeOpOnHandles(
  backend: NativeBackend,
  name: string,
  ids: number[],
  attributes: Record<string, Attribute>,
  outputs = 1,
): Handle[] {
  return backend.binding.executeOp(name, attributeList(backend, attributes), ids, outputs);
}

function attributeList({ binding }: NativeBackend, attributes: Record<string, Attribute>): RawAttribute[] {
  return Object.entries(attributes).map(([name, value]) => attribute(binding, name, value));
}

/** An attribute, in the words of the binding. */
export function attribute(binding: NativeBackend["binding"], name: string, value: Attribute): RawAttribute {
  if (typeof value === "boolean") return { name, type: binding.TF_ATTR_BOOL, value };
  if (typeof value === "string") return { name, type: binding.TF_ATTR_STRING, value };
  if (typeof value === "object" && "type" in value) {
    return { name, type: binding.TF_ATTR_TYPE, value: DTYPES[value.type] };
  }
  if (typeof value === "object" && "shape" in value) return { name, type: binding.TF_ATTR_SHAPE, value: value.shape };
  if (typeof value === "object" && "float" in value) return { name, type: binding.TF_ATTR_FLOAT, value: value.float };
  return { name, type: binding.TF_ATTR_INT, value };
}

/** What tfjs hands to a kernel of the native backend. */
export interface NativeCall extends Omit<Parameters<tf.KernelFunc>[0], "backend"> {
  readonly backend: NativeBackend;
}

/** Puts a kernel in the place of tfjs-node's own, which it is handed. */
export function replaceKernel(
  kernelName: string,
  kernel: (call: NativeCall, stock: (call: NativeCall) => tf.Tensor) => tf.TensorInfo,
): void {
  const config = tf.getKernel(kernelName, NATIVE)!;
  const stock = config.kernelFunc as unknown as (call: NativeCall) => tf.Tensor;
  tf.unregisterKernel(kernelName, NATIVE);
  tf.registerKernel({ ...config, kernelFunc: (call) => kernel(call as unknown as NativeCall, stock) });
}

/** The end of a fused convolution: the layer's activation of its sums, which are used up. */
export function activate({ backend, inputs, attrs }: NativeCall, sums: tf.Tensor): tf.Tensor {
  const { activation, leakyreluAlpha } = attrs as unknown as { activation: string; leakyreluAlpha?: number };
  const y = backend.applyActivation(sums, activation, inputs.preluActivationWeights as tf.Tensor, leakyreluAlpha);
  if (y !== sums) sums.dispose();
  return y;
}
