/**
 * Operations that would change nothing on the native backend: a cast to the type that a tensor has, a reshape to its shape.
 * tfjs's gradients ask for dozens of them in a step, and tfjs-node hands each to TensorFlow.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type NativeBackend, replaceKernel } from "./ops.ts";

/** Hands out the tensor itself instead. */
export function skipWhatChangesNothing(): void {
  replaceKernel("Cast", (call, stock) => {
    const x = call.inputs.x!;
    return x.dtype === call.attrs!.dtype ? itself(call.backend, x) : stock(call);
  });
  replaceKernel("Reshape", (call, stock) => {
    const x = call.inputs.x!;
    const shape = tf.util.inferFromImplicitShape(call.attrs!.shape as number[], tf.util.sizeFromShape(x.shape));
    return tf.util.arraysEqual(shape, x.shape) ? itself(call.backend, x) : stock(call);
  });
}

function itself(backend: NativeBackend, { dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
  backend.incRef(dataId);
  return { dataId, shape, dtype };
}
