/**
 * The L2 penalty of a weight on the native backend: four operations with its gradient, where tfjs's regularizer takes
 * seventeen.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { NATIVE, nativeOp } from "./ops.ts";

/** tfjs's regularizer, which exports no type. */
interface Regularizer {
  readonly l2: number;
  readonly hasL1: boolean;
  readonly hasL2: boolean;
  apply(x: tf.Tensor): tf.Scalar;
}

const KERNEL = "L2Penalty";

/** Lets every L2 regularizer use it while the native backend is active. To be called once. */
export function fusePenalty(): void {
  tf.registerKernel({
    kernelName: KERNEL,
    backendName: NATIVE,
    kernelFunc: ({ inputs, attrs }) =>
      tf.tidy(() => tf.mul(nativeOp("L2Loss", [inputs.x!])[0], 2 * (attrs!.l2 as number))),
  });
  tf.registerGradient({
    kernelName: KERNEL,
    inputsToSave: ["x"],
    gradFunc: (dy, [x], attrs) => ({ x: () => tf.mul(x, tf.mul(dy as tf.Tensor, 2 * (attrs.l2 as number))) }),
  });
  const prototype = Object.getPrototypeOf(tf.regularizers.l2()) as Regularizer;
  const stock = prototype.apply;
  prototype.apply = function (x) {
    if (tf.getBackend() !== NATIVE || this.hasL1 || !this.hasL2) return stock.call(this, x);
    return tf.engine().runKernel(KERNEL, { x }, { l2: this.l2 }) as tf.Scalar;
  };
}
