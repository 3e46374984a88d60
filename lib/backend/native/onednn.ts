/**
 * Operations of oneDNN that TensorFlow puts into its own graphs only, by their names: convolutions that add their bias,
 * and max pooling with its gradient. Official builds of TensorFlow for x86 have them.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { replaceGradient } from "../gradients.ts";
import { held } from "./held_tensors.ts";
import { activate, type Attribute, NATIVE, nativeBackend, nativeOp, replaceKernel } from "./ops.ts";

/** TensorFlow's graphs label oneDNN's operations so; its eager mode takes the label as well. */
export const ONEDNN = { _kernel: "MklNameChangeOp" } as const;
/** Training batch normalization and, with `activation_mode: "Relu"`, ReLU in one pass. */
export const BATCH_NORM_WITH_RELU = "_MklNativeFusedBatchNormEx";
const CONVOLUTION_WITH_BIAS = "_MklNativeConv2DWithBias";
const POOL = "_MklNativeMaxPool";
const PLACES = "Places";

/** Whether this TensorFlow has oneDNN's operations. */
export function hasOneDnn(): boolean {
  if (/^(0|false)$/i.test(Deno.env.get("TF_ENABLE_ONEDNN_OPTS") ?? "")) return false; // turned off by the user
  return tf.tidy(() => {
    const [one, bias] = [tf.ones([1, 1, 1, 1]), tf.ones([1])];
    try {
      nativeOp(CONVOLUTION_WITH_BIAS, [one, one, bias], windows([1, 1], "valid"));
      nativeOp(POOL, [one], { ...windows([1, 1], "valid"), ksize: [1, 1, 1, 1] }, 2);
      const normalization = { is_training: true, activation_mode: "Relu", U: { type: "float32" }, ...ONEDNN } as const;
      nativeOp(BATCH_NORM_WITH_RELU, [one, bias, bias, bias, bias], {
        ...normalization,
        exponential_avg_factor: { float: 0.5 },
      }, 6);
      return true;
    } catch {
      return false;
    }
  });
}

/** Puts them to use. */
export function registerOneDnn(): void {
  addBias();
  pool();
}

/** What tfjs hands to a kernel of windows. */
interface WindowAttributes {
  readonly strides: number | [number, number];
  readonly pad: "same" | "valid" | number | unknown[];
}

/** The attributes that oneDNN's operations of windows share. */
function windows(strides: WindowAttributes["strides"], pad: string): Record<string, Attribute> {
  return { strides: perAxis(strides), padding: pad.toUpperCase(), data_format: "NHWC", ...ONEDNN };
}

/** `2` or `[2, 2]` as TensorFlow wants it: by batch, row, column and channel. */
function perAxis(value: number | readonly number[]): number[] {
  const [rows, columns] = [value].flat();
  return [1, rows, columns ?? rows, 1];
}

/** The layers' convolution with its bias: a pass over the images less for each (3.5 % of a step). */
function addBias(): void {
  replaceKernel("FusedConv2D", (call, stock) => {
    const { x, filter, bias } = call.inputs as Record<string, tf.Tensor>;
    const { strides, pad, dataFormat, dilations } = call.attrs as unknown as
      & WindowAttributes
      & { dataFormat: string; dilations: number | [number, number] };
    const plain = (pad === "same" || pad === "valid") && dataFormat === "NHWC" &&
      bias?.rank === 1 && bias.size === filter.shape[3];
    if (!plain) return stock(call);
    const attributes = { ...windows(strides, pad), dilations: perAxis(dilations) };
    return activate(call, nativeOp(CONVOLUTION_WITH_BIAS, [x, filter, bias], attributes)[0]);
  });
}

/** The attributes of max pooling; undefined where oneDNN cannot do it, for example without images. */
function poolAttributes({ shape }: tf.TensorInfo, attrs: unknown): Record<string, Attribute> | undefined {
  const { filterSize, strides, pad } = attrs as WindowAttributes & { filterSize: number | [number, number] };
  if (pad !== "same" && pad !== "valid" || shape.includes(0)) return;
  return { ...windows(strides, pad), ksize: perAxis(filterSize), workspace_enabled: true };
}

/**
 * Max pooling, and its gradient from the maxima's places, which the forward pass writes down: less than half the time of
 * TensorFlow's own, which it does not replace by itself outside graphs (2.5 % of a step).
 */
function pool(): void {
  const kernelName = "MaxPool";
  replaceKernel(kernelName, (call, stock) => {
    const x = call.inputs.x!;
    const attributes = x.dtype === "float32" ? poolAttributes(x, call.attrs) : undefined;
    if (!attributes) return stock(call);
    const [y, places] = nativeOp(POOL, [x], attributes, 2);
    held(call.backend, y).remember(PLACES, places);
    places.dispose(); // y holds them
    return y;
  });
  const { gradFunc } = tf.getGradient(kernelName);
  replaceGradient(NATIVE, kernelName, ([dy], saved, attrs) => {
    const [x, y] = saved;
    const attributes = poolAttributes(x, attrs);
    if (!attributes) return gradFunc(dy, saved, attrs as never) as Record<string, () => tf.Tensor>;
    return {
      x: () => {
        const places = tf.engine().makeTensorFromTensorInfo(held(nativeBackend(), y).recall(PLACES)!);
        return nativeOp(`${POOL}Grad`, [x, y, dy, places], attributes)[0];
      },
    };
  });
}
