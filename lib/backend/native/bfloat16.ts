/**
 * Mixed precision on the native backend, as PyTorch's autocast and Keras's mixed_bfloat16 policy, but by operation, so that
 * no model changes: convolutions round what they are given to bfloat16, and images stay so from one to the next.
 * Weights, the statistics of batch normalization, dense layers, loss and updates stay float32.
 *
 * A bfloat16 keeps float32's range and 8 of its 24 bits of precision; processors that multiply pairs of them at once do
 * a convolution in half the time, those with matrix units (AMX) in a quarter.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { checkChoice, shown } from "../../support/check.ts";
import { processorInfo } from "./setup/libc.ts";
import { type Precision, PRECISIONS } from "../precision.ts";
import { held, heldAsBfloat16, heldEntry } from "./held_tensors.ts";
import { attribute, DTYPES, NATIVE, type NativeBackend, nativeBackend, type RawAttribute } from "./ops.ts";

/**
 * The operations that can run in bfloat16, and when: convolutions always, others where all or any of their images are in
 * bfloat16 already, as convolutions leave them and want them.
 */
const WHEN: Readonly<Record<string, "always" | "all" | "any">> = {
  Conv2D: "always",
  Conv2DBackpropInput: "always",
  Conv2DBackpropFilter: "always",
  _MklNativeConv2DWithBias: "always",
  FusedBatchNormV3: "all",
  _MklNativeFusedBatchNormEx: "all",
  Relu: "all",
  _MklNativeMaxPool: "all",
  ConcatV2: "all",
  SplitV: "all",
  Add: "all",
  // what comes down from a layer in float32 is rounded for the convolution's gradient anyway
  FusedBatchNormGradV3: "any",
  ReluGrad: "any",
  _MklNativeMaxPoolGrad: "any",
};

/**
 * Lets the native backend's convolutions round their inputs, or not any more. The native backend must be active.
 *
 * @param precision The precision from now on.
 * @throws {Deno.errors.NotSupported} If this TensorFlow has no convolutions in bfloat16.
 */
export function setPrecision(precision: Precision): void {
  setRounding(precision);
  if (precision === "float32") return;
  try { // the processor may have bfloat16 instructions that this TensorFlow does not use
    tf.tidy(() => tf.conv2d(tf.ones<tf.Rank.R4>([1, 1, 1, 1]), tf.ones([1, 1, 1, 1]), 1, "same"));
  } catch (cause) {
    setRounding("float32");
    throw new Deno.errors.NotSupported(
      "Cannot select a precision: bfloat16 needs a TensorFlow that can convolve in it, got one that cannot; take float32",
      { cause },
    );
  }
}

function setRounding(precision: Precision): void {
  const backend = nativeBackend();
  const stock = Object.getPrototypeOf(backend) as NativeBackend;
  const execute: NativeBackend["executeMultipleOutputs"] = (name, attributes, inputs, outputs) =>
    executeInBfloat16(backend, name, attributes, inputs, outputs) ??
      stock.executeMultipleOutputs.call(backend, name, attributes, inputs, outputs);
  const mixed = precision === "bfloat16";
  backend.executeMultipleOutputs = mixed ? execute : stock.executeMultipleOutputs;
  backend.executeSingleOutput = mixed
    ? (name, attributes, inputs) => execute(name, attributes, inputs, 1)[0]
    : stock.executeSingleOutput;
}

/** Whether a backend's convolutions round their inputs. */
export const isMixed = (backend: NativeBackend): boolean =>
  backend.executeMultipleOutputs !== (Object.getPrototypeOf(backend) as NativeBackend).executeMultipleOutputs;

/** The precision of the active backend. */
export const activePrecision = (): Precision =>
  tf.getBackend() === NATIVE && isMixed(nativeBackend()) ? "bfloat16" : "float32";

/** Runs an operation on images rounded to bfloat16; undefined if it is none of those that do. */
function executeInBfloat16(
  backend: NativeBackend,
  name: string,
  attributes: RawAttribute[],
  inputs: tf.TensorInfo[],
  outputs: number,
): tf.Tensor[] | undefined {
  const { binding } = backend;
  const when = WHEN[name];
  if (!when) return;
  // other inputs are sizes, or batch normalization's numbers, which stay as they are
  const numbers = inputs.filter(({ dtype }) => dtype === "float32");
  const images = when === "always" ? numbers : numbers.filter(({ shape }) => shape.length === 4);
  const roundable = name.includes("BatchNorm") ? images : numbers; // a bias is rounded with the images it is added to
  const isRounded = (image: tf.TensorInfo) => heldEntry(backend, image)?.has("bfloat16") ?? false;
  const rounds = when === "always" ||
    images.length > 0 && (when === "all" ? images.every(isRounded) : images.some(isRounded));
  if (!rounds) return;
  const ids = inputs.map((tensor) =>
    roundable.includes(tensor) ? held(backend, tensor).handle("bfloat16") : backend.getInputTensorIds([tensor])[0]
  );
  const type = attribute(binding, "T", { type: "bfloat16" });
  return binding.executeOp(name, attributes.map((one) => one.name === "T" ? type : one), ids, outputs)
    .map((handle) =>
      handle.dtype === DTYPES.bfloat16 ? heldAsBfloat16(backend, handle) : backend.createOutputTensor(handle)
    );
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
