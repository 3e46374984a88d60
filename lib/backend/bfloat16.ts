/**
 * Mixed precision on the native backend: convolutions on bfloat16 inputs, all else (weights, sums, batch normalization,
 * loss) in float32. As Keras's mixed_bfloat16 policy, but by kernel, so that no model and no weight changes.
 *
 * A bfloat16 keeps float32's range and 8 of its 24 bits of precision; processors that multiply pairs of them at once do
 * a convolution in half the time, others in far more.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { checkChoice, shown } from "../schedules/schedule.ts";
import { processorInfo } from "./libc.ts";
import { type Precision, PRECISIONS } from "./precision.ts";
import {
  attribute,
  type ElementType,
  type Handle,
  NATIVE,
  type NativeBackend,
  nativeBackend,
  type RawAttribute,
} from "./native_ops.ts";

/** tfjs's kernels that convolve, forward and backward. */
const KERNELS = ["Conv2D", "FusedConv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter"];

/** A kernel that convolves in bfloat16 remembers the one it took the place of, and what it shares with the others. */
interface Bfloat16Kernel extends tf.KernelConfig {
  readonly stock: tf.KernelConfig;
  readonly operations: Bfloat16Operations;
}

/**
 * Lets the native backend's convolutions round their inputs, or not any more. The native backend must be active.
 *
 * @param precision The precision from now on.
 */
export function setConvolutionPrecision(precision: Precision): void {
  const kernels = KERNELS.map((name) => tf.getKernel(name, NATIVE) as tf.KernelConfig | Bfloat16Kernel);
  if ("stock" in kernels[0] === (precision === "bfloat16")) return;
  const operations = "operations" in kernels[0] ? kernels[0].operations : new Bfloat16Operations();
  for (const kernel of kernels) {
    tf.unregisterKernel(kernel.kernelName, NATIVE);
    tf.registerKernel("stock" in kernel ? kernel.stock : bfloat16Kernel(kernel, operations));
  }
  if (precision === "float32") operations.dispose();
}

/** The kernel on a backend whose convolutions round: shapes, padding, bias and activation stay the kernel's own. */
function bfloat16Kernel(stock: tf.KernelConfig, operations: Bfloat16Operations): Bfloat16Kernel {
  return {
    ...stock,
    stock,
    operations,
    kernelFunc: (call) => {
      const backend = call.backend as NativeBackend;
      const executeSingleOutput: NativeBackend["executeSingleOutput"] = (name, attributes, inputs) =>
        KERNELS.includes(name)
          ? operations.execute(name, attributes, inputs)
          : backend.executeSingleOutput(name, attributes, inputs);
      return stock.kernelFunc({ ...call, backend: Object.assign(Object.create(backend), { executeSingleOutput }) });
    },
  };
}

/** Runs operations on float32 tensors rounded to bfloat16. tfjs has no such tensors, so TensorFlow's handles lie beside them. */
class Bfloat16Operations {
  readonly #backend = nativeBackend();
  readonly #disposeData = this.#backend.disposeData;
  /**
   * Rounded once, kept as long as the tensor: images serve two branches and their filters' gradients. It halves the
   * time of rounding (124 to 67 ms a step of 64, 2 cores with AVX2).
   */
  readonly #rounded = new Map<tf.DataId, number>();

  constructor() {
    this.#backend.disposeData = (dataId, force) => {
      const gone = this.#disposeData.call(this.#backend, dataId, force);
      if (gone) this.#forget(dataId);
      return gone;
    };
  }

  /** Runs one operation with one result. */
  execute(name: string, attributes: RawAttribute[], inputs: tf.Tensor[]): tf.Tensor {
    const { binding } = this.#backend;
    const ids = this.#backend.getInputTensorIds(inputs).map((id, index) => this.#round(inputs[index], id));
    const type = attribute(binding, "T", { type: "bfloat16" });
    const [result] = binding.executeOp(name, attributes.map((one) => one.name === "T" ? type : one), ids, 1);
    const tensor = this.#backend.createOutputTensor(this.#cast(result.id, "bfloat16", "float32"));
    binding.deleteTensor(result.id);
    return tensor;
  }

  /** Ends it: the backend is as it was. */
  dispose(): void {
    [...this.#rounded.keys()].forEach((dataId) => this.#forget(dataId));
    this.#backend.disposeData = this.#disposeData;
  }

  #round(tensor: tf.Tensor, id: number): number {
    if (tensor.dtype !== "float32") return id;
    const known = this.#rounded.get(tensor.dataId);
    if (known !== undefined) return known;
    const { id: rounded } = this.#cast(id, "float32", "bfloat16");
    this.#rounded.set(tensor.dataId, rounded);
    return rounded;
  }

  #cast(id: number, from: ElementType, to: ElementType): Handle {
    const { binding } = this.#backend;
    const attributes = Object.entries({ SrcT: { type: from }, DstT: { type: to }, Truncate: false })
      .map(([name, value]) => attribute(binding, name, value));
    return binding.executeOp("Cast", attributes, [id], 1)[0];
  }

  #forget(dataId: tf.DataId): void {
    const rounded = this.#rounded.get(dataId);
    if (rounded === undefined) return;
    this.#rounded.delete(dataId);
    this.#backend.binding.deleteTensor(rounded);
  }
}

/**
 * Refuses a precision that this machine or the backend asked for cannot have.
 *
 * @param precision The precision.
 * @param backend The backend that was asked for, or that runs.
 * @throws {RangeError} If the precision's name is unknown.
 * @throws {Deno.errors.NotSupported} If it cannot be had here; the message says what it needs.
 */
export function checkPrecision(precision: Precision, backend: string): void {
  const verb = "select a precision";
  checkChoice(verb, "the precision", precision, PRECISIONS);
  if (precision === "float32") return;
  const refusal = backend === "auto" || backend === "native"
    ? missingBfloat16()
    : `the native backend, got ${shown(backend)}`;
  if (refusal) throw new Deno.errors.NotSupported(`Cannot ${verb}: bfloat16 needs ${refusal}; take float32`);
}

/**
 * Says why this processor cannot be asked for bfloat16.
 *
 * @param processor What the system tells of it, Linux's `/proc/cpuinfo`; undefined where it tells nothing.
 * @returns undefined where it has bfloat16 instructions, else what it needs and what is there, in words.
 */
export function missingBfloat16(processor: string | undefined = processorInfo()): string | undefined {
  if (processor === undefined) return "a Linux that tells what its processor can do, got none";
  // x86 lists flags, Arm features
  return /^(?:flags|Features)\s*:.*\b(?:avx512_bf16|amx_bf16|bf16)\b/m.test(processor)
    ? undefined
    : "a processor with bfloat16 instructions (avx512_bf16, amx_bf16 or Arm's bf16), got one without";
}
