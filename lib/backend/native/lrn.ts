/**
 * Local response normalization within a channel on the native backend: one operation forward and one for the gradient
 * (cpp/lrn.h), where tfjs takes a dozen each. The layer in lib/models asks for the kernel by its name.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { NATIVE, nativeOp } from "./ops.ts";

/** What the layer hands to the kernel. */
interface Settings {
  /** The side of the neighbourhood. */
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
}

const KERNEL = "WithinChannelLRN";
const GRADIENT = "WithinChannelLRNGrad";

/** Puts it to use. The operations must have been added. */
export function registerLocalResponseNormalization(): void {
  for (const [kernelName, names] of [[KERNEL, ["x"]], [GRADIENT, ["x", "dy"]]] as const) {
    tf.registerKernel({
      kernelName,
      backendName: NATIVE,
      kernelFunc: ({ inputs, attrs }) => {
        const { size, alpha, beta } = attrs as unknown as Settings;
        const attributes = { size: [size, size], alpha: { float: alpha }, beta: { float: beta } };
        return nativeOp(kernelName, names.map((name) => inputs[name]!), attributes)[0];
      },
    });
  }
  tf.registerGradient({
    kernelName: KERNEL,
    inputsToSave: ["x"],
    // a kernel too, so that tfjs says that this has no gradient of its gradient, as it says of average pooling's
    gradFunc: (dy, [x], attrs) => ({
      x: () => tf.engine().runKernel(GRADIENT, { x, dy: dy as tf.Tensor }, attrs) as tf.Tensor,
    }),
  });
}
