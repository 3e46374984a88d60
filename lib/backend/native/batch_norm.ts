/**
 * Training batch normalization on the native backend: one operation, which keeps the moving averages too.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { BatchNorm } from "../gradients.ts";
import { computedLate, held, heldEntry } from "./held_tensors.ts";
import { type Attribute, nativeBackend, nativeOp, replaceKernel } from "./ops.ts";
import { BATCH_NORM_WITH_RELU, ONEDNN } from "./onednn.ts";

const BATCH_NORM = "FusedBatchNormV3";
const OUTPUTS = 6;
const RELU = "Relu";
const SUM = "Sum";

/**
 * TensorFlow's batch normalization.
 *
 * @param oneDnn Whether there is oneDNN's operation, which finds ReLU in the same pass.
 */
export function batchNorm(oneDnn: boolean): BatchNorm {
  if (oneDnn) rectifyOnce();
  recallSums();
  return {
    outputs: OUTPUTS,
    forward(x, gamma, beta, { epsilon, momentum, movingMean, movingVariance, reluNext }) {
      // TensorFlow averages the variance with Bessel's correction; tfjs averages without
      const n = x.size / x.shape[3]!;
      const correction = n / Math.max(n - 1, 1);
      const corrected = tf.mul(movingVariance, correction);
      const attributes = { ...shared(epsilon), exponential_avg_factor: { float: 1 - momentum } };
      const inputs = [x, gamma, beta, movingMean, corrected];
      const outputs = oneDnn && reluNext
        ? normalizeAndRectify(inputs, attributes)
        : nativeOp(BATCH_NORM, inputs, attributes, OUTPUTS);
      const variance = tf.div(outputs[2], correction);
      tf.dispose([corrected, outputs[2]]);
      return outputs.with(2, variance);
    },
    backward(dy, x, gamma, saved, epsilon) {
      const [dx, dgamma, dbeta, ...rest] = nativeOp(
        "FusedBatchNormGradV3",
        [dy, x, gamma, ...saved],
        shared(epsilon),
        5,
      );
      tf.dispose(rest);
      // it takes the mean off, so it sums to nought by channel: a bias of the convolution before has no gradient
      const sums = tf.zerosLike(gamma);
      held(nativeBackend(), dx).remember(SUM, sums);
      sums.dispose();
      return [dx, dgamma, dbeta];
    },
  };
}

/** The attributes of both directions. */
const shared = (epsilon: number) => ({
  U: { type: "float32" } as const,
  epsilon: { float: epsilon },
  is_training: true,
});

/** As without ReLU, but that y knows what ReLU makes of it, and is itself found only if it is read. */
function normalizeAndRectify(inputs: tf.Tensor[], attributes: Record<string, Attribute>): tf.Tensor[] {
  const relu = { ...attributes, ...ONEDNN, activation_mode: "Relu" };
  const [rectified, ...rest] = nativeOp(BATCH_NORM_WITH_RELU, inputs, relu, OUTPUTS);
  const normalize = (needs: tf.TensorInfo[]) => nativeOp(BATCH_NORM, needs, attributes, OUTPUTS)[0];
  const y = computedLate(nativeBackend(), rectified.shape, inputs, normalize);
  held(nativeBackend(), y).remember(RELU, rectified);
  rectified.dispose(); // y holds it
  return [y, ...rest];
}

/** ReLU of what is rectified already. */
function rectifyOnce(): void {
  replaceKernel(RELU, (call, stock) => heldEntry(call.backend, call.inputs.x!)?.recall(RELU) ?? stock(call));
}

/** The sum by channel, which is a bias's gradient, where batch normalization's gradient has told it (2 % of a step). */
function recallSums(): void {
  replaceKernel(SUM, (call, stock) => {
    const x = call.inputs.x!;
    const { axis, keepDims } = call.attrs as { axis: number | number[]; keepDims: boolean };
    const axes = tf.util.parseAxisParam(axis, x.shape);
    const byChannel = x.shape.length === 4 && !keepDims && axes.length === 3 && !axes.includes(3);
    return (byChannel && heldEntry(call.backend, x)?.recall(SUM)) || stock(call);
  });
}
