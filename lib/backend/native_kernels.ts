/**
 * TensorFlow's fused operations for training on the native backend.
 *
 * tfjs builds training batch normalization out of a dozen passes over memory, and ReLU's gradient out of a step
 * and a product; TensorFlow has each as one operation.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import {
  BATCH_NORM,
  convolutionGradient,
  fuseBatchNormalization,
  registerBatchNormGradient,
  replaceGradient,
} from "./gradients.ts";
import { NATIVE, nativeOp } from "./native_ops.ts";

/** Registers the fused operations; a second call changes nothing. The native backend must be active. */
export function registerNativeKernels(): void {
  if (tf.getKernel(BATCH_NORM, NATIVE)) return;
  const attributes = (epsilon: unknown) => ({
    U: { type: "float32" } as const,
    epsilon: { float: epsilon as number },
    is_training: true,
  });
  tf.registerKernel({
    kernelName: BATCH_NORM,
    backendName: NATIVE,
    kernelFunc: ({ inputs, attrs }) => {
      const { x, gamma, beta } = inputs as Record<string, tf.Tensor>;
      const none = tf.tensor1d([]); // no running averages go in: the layer keeps its own
      const outputs = nativeOp("FusedBatchNormV3", [x, gamma, beta, none, none], attributes(attrs!.epsilon), 6);
      none.dispose();
      // TensorFlow gives the variance with Bessel's correction for the running average; tfjs averages without
      const n = x.size / x.shape[3]!;
      const variance = tf.mul(outputs[2], (n - 1) / n);
      outputs[2].dispose();
      return outputs.with(2, variance);
    },
  });
  registerBatchNormGradient(6, (dys, [x, gamma, ...reserves], attrs) => {
    const [dx, dgamma, dbeta, ...rest] = nativeOp(
      "FusedBatchNormGradV3",
      [dys[0], x, gamma, ...reserves],
      attributes(attrs.epsilon),
      5,
    );
    tf.dispose(rest);
    return { x: () => dx, gamma: () => dgamma, beta: () => dbeta };
  });
  replaceGradient(NATIVE, "Relu", () => ([dy], [y]) => ({ x: () => nativeOp("ReluGrad", [dy, y])[0] }));
  replaceGradient(NATIVE, "Conv2D", convolutionGradient);
  fuseBatchNormalization();
}
