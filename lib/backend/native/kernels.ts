/**
 * TensorFlow's fused operations for training on the native backend.
 *
 * tfjs builds training batch normalization out of a dozen passes over memory, and ReLU's gradient out of a step
 * and a product; TensorFlow has each as one operation. Where TensorFlow was built with oneDNN, there are faster ones still
 * (onednn.ts), and where this project's own operations could be compiled, those do the 3x3 and 5x5
 * convolutions (convolutions.ts), local response normalization (lrn.ts) and losses (loss.ts).
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { batchNormKernel, registerBatchNorm, replaceGradient } from "../gradients.ts";
import { computedLate, holdTensors } from "./held_tensors.ts";
import { batchNorm } from "./batch_norm.ts";
import { registerConvolutions } from "./convolutions.ts";
import { registerLosses } from "./loss.ts";
import { registerLocalResponseNormalization } from "./lrn.ts";
import { fuseAdam } from "./adam.ts";
import { fuseMomentum } from "./momentum.ts";
import { NATIVE, nativeBackend, nativeOp, replaceKernel } from "./ops.ts";
import { hasOneDnn, registerOneDnn } from "./onednn.ts";
import { skipWhatChangesNothing } from "./unchanged.ts";

/**
 * Registers the fused operations; a second call changes nothing. The native backend must be active.
 *
 * @param own Whether this project's own operations have been added.
 */
export function registerNativeKernels(own: boolean): void {
  if (tf.getKernel(batchNormKernel(NATIVE), NATIVE)) return;
  holdTensors(nativeBackend());
  const oneDnn = hasOneDnn();
  registerBatchNorm(NATIVE, batchNorm(oneDnn));
  // saving y, which the next layer needs anyway, in place of x lets go of every normalized image: 7 % of the peak memory
  replaceGradient(NATIVE, "Relu", ([dy], [y]) => ({ x: () => nativeOp("ReluGrad", [dy, y])[0] }), {
    inputsToSave: [],
    outputsToSave: [true],
  });
  fuseMomentum();
  fuseAdam();
  skipWhatChangesNothing();
  if (oneDnn) registerOneDnn();
  if (own) {
    registerConvolutions();
    registerLocalResponseNormalization();
    registerLosses();
  }
  computeInputGradientsLate();
}

/** The gradient of the first layer's images, which tfjs asks for and nobody reads, is never computed. */
function computeInputGradientsLate(): void {
  replaceKernel("Conv2DBackpropInput", (call, stock) => {
    const { dy, filter } = call.inputs as Record<string, tf.Tensor>;
    const { inputShape } = call.attrs as unknown as { inputShape: number[] };
    const compute = ([dy, filter]: tf.TensorInfo[]) => stock({ ...call, inputs: { dy, filter } });
    return computedLate(call.backend, inputShape, [dy, filter], compute);
  });
}
