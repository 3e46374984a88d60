/**
 * TensorFlow's fused operations for training on the native backend.
 *
 * tfjs builds training batch normalization out of a dozen passes over memory, and ReLU's gradient out of a step
 * and a product; TensorFlow has each as one operation. Where TensorFlow was built with oneDNN, a convolution adds its
 * bias, and max pooling finds its gradient, faster still: by the operations that it puts into its own graphs.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { batchNormKernel, registerBatchNorm, replaceGradient } from "./gradients.ts";
import { type Attribute, NATIVE, type NativeBackend, nativeOp } from "./native_ops.ts";

/** Registers the fused operations; a second call changes nothing. The native backend must be active. */
export function registerNativeKernels(): void {
  if (tf.getKernel(batchNormKernel(NATIVE), NATIVE)) return;
  const attributes = (epsilon: number) => ({
    U: { type: "float32" } as const,
    epsilon: { float: epsilon },
    is_training: true,
  });
  registerBatchNorm(NATIVE, {
    outputs: 6,
    forward(x, gamma, beta, epsilon) {
      const none = tf.tensor1d([]); // no running averages go in: the layer keeps its own
      const outputs = nativeOp("FusedBatchNormV3", [x, gamma, beta, none, none], attributes(epsilon), 6);
      none.dispose();
      // TensorFlow gives the variance with Bessel's correction for the running average; tfjs averages without
      const n = x.size / x.shape[3]!;
      const variance = tf.mul(outputs[2], (n - 1) / n);
      outputs[2].dispose();
      return outputs.with(2, variance);
    },
    backward(dy, x, gamma, reserves, epsilon) {
      const inputs = [dy, x, gamma, ...reserves];
      const [dx, dgamma, dbeta, ...rest] = nativeOp("FusedBatchNormGradV3", inputs, attributes(epsilon), 5);
      tf.dispose(rest);
      return [dx, dgamma, dbeta];
    },
  });
  // saving y, which the next layer needs anyway, in place of x lets go of every normalized image: 7 % of the peak memory
  replaceGradient(NATIVE, "Relu", ([dy], [y]) => ({ x: () => nativeOp("ReluGrad", [dy, y])[0] }), {
    inputsToSave: [],
    outputsToSave: [true],
  });
  if (hasOneDnn()) {
    addBiasByOneDnn();
    poolGradientByOneDnn();
  }
}

/** TensorFlow's graphs name oneDNN's operations so; its eager mode takes the names as well. */
const ONEDNN = { _kernel: "MklNameChangeOp" } as const;

/** Whether this TensorFlow has oneDNN's operations: official builds for x86 do. */
function hasOneDnn(): boolean {
  return tf.tidy(() => {
    const [one, bias] = [tf.ones([1, 1, 1, 1]), tf.ones([1])];
    try {
      nativeOp(CONVOLUTION_WITH_BIAS, [one, one, bias], windows([1, 1], "valid"));
      nativeOp("_MklNativeMaxPool", [one], { ...windows([1, 1], "valid"), ksize: [1, 1, 1, 1] }, 2);
      return true;
    } catch {
      return false;
    }
  });
}

const CONVOLUTION_WITH_BIAS = "_MklNativeConv2DWithBias";

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
function addBiasByOneDnn(): void {
  const stock = tf.getKernel("FusedConv2D", NATIVE)!;
  tf.unregisterKernel(stock.kernelName, NATIVE);
  tf.registerKernel({
    ...stock,
    kernelFunc: (call) => {
      const { x, filter, bias, preluActivationWeights } = call.inputs as Record<string, tf.Tensor>;
      const { strides, pad, dataFormat, dilations, activation, leakyreluAlpha } = call.attrs as unknown as
        & WindowAttributes
        & { dataFormat: string; dilations: number | [number, number]; activation: string; leakyreluAlpha?: number };
      // the backend that rounds to bfloat16 knows tfjs's own operations only
      const plain = call.backend === tf.backend() && (pad === "same" || pad === "valid") && dataFormat === "NHWC" &&
        bias?.rank === 1 && bias.size === filter.shape[3];
      if (!plain) return stock.kernelFunc(call);
      const attributes = { ...windows(strides, pad), dilations: perAxis(dilations) };
      const [sum] = nativeOp(CONVOLUTION_WITH_BIAS, [x, filter, bias], attributes);
      const backend = call.backend as unknown as NativeBackend;
      const y = backend.applyActivation(sum, activation, preluActivationWeights, leakyreluAlpha);
      if (y !== sum) sum.dispose();
      return y;
    },
  });
}

/**
 * Max pooling's gradient from the maxima's places, which oneDNN finds again and writes down: less than half the time of
 * TensorFlow's own, which it does not replace by itself outside graphs (2.5 % of a step).
 */
function poolGradientByOneDnn(): void {
  const kernelName = "MaxPool";
  const { gradFunc } = tf.getGradient(kernelName);
  replaceGradient(NATIVE, kernelName, ([dy], saved, attrs) => {
    const [x] = saved;
    const { filterSize, strides, pad } = attrs as unknown as WindowAttributes & {
      filterSize: number | [number, number];
    };
    if (pad !== "same" && pad !== "valid") {
      return gradFunc(dy, saved, attrs as never) as Record<string, () => tf.Tensor>;
    }
    return {
      x: () => {
        const attributes = { ...windows(strides, pad), ksize: perAxis(filterSize), workspace_enabled: true };
        const [y, places] = nativeOp("_MklNativeMaxPool", [x], attributes, 2);
        return nativeOp("_MklNativeMaxPoolGrad", [x, y, dy, places], attributes)[0];
      },
    };
  });
}
