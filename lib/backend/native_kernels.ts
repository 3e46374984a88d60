/**
 * TensorFlow's fused operations for training on the native backend.
 *
 * tfjs builds training batch normalization out of a dozen passes over memory, and ReLU's gradient out of a step
 * and a product; TensorFlow has each as one operation.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { batchNormKernel, registerBatchNorm, replaceGradient } from "./gradients.ts";
import { NATIVE, nativeOp } from "./native_ops.ts";

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
}
