/**
 * Kernels and gradients that make training fast, registered once for a backend and used by any model.
 *
 * tfjs builds training batch normalization out of a dozen passes over memory, and ReLU's gradient out of a
 * step and a product. TensorFlow has each as one operation. A model needs no change: the gradients go into
 * tfjs's registry, and the stock BatchNormalization layer asks for {@linkcode BATCH_NORM} while it trains.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { NATIVE, nativeOp } from "./native_ops.ts";

/** Training batch normalization as one kernel: `{ x, gamma, beta }` -> `[y, mean, variance, ...saved]`. */
export const BATCH_NORM = "BatchNormTraining";

/** Registers TensorFlow's fused operations; a second call changes nothing. The native backend must be active. */
export function registerNativeKernels(): void {
  if (tf.getKernel(BATCH_NORM, NATIVE)) return;
  tf.registerKernel({
    kernelName: BATCH_NORM,
    backendName: NATIVE,
    kernelFunc: ({ inputs, attrs }) => {
      const { x, gamma, beta } = inputs as Record<string, tf.Tensor>;
      const none = tf.tensor1d([]); // the running averages go in empty: the layer keeps its own
      const outputs = nativeOp(
        "FusedBatchNormV3",
        [x, gamma, beta, none, none],
        { U: { type: "float32" }, epsilon: { float: attrs!.epsilon as number }, is_training: true },
        6,
      );
      none.dispose();
      return outputs;
    },
  });
  useGradient(BATCH_NORM, ["x", "gamma"], [false, false, false, true, true, true], (dys, saved, attrs) => {
    const [x, gamma, mean, variance, reserve] = saved;
    const grads = nativeOp(
      "FusedBatchNormGradV3",
      [dys[0], x, gamma, mean, variance, reserve],
      { U: { type: "float32" }, epsilon: { float: attrs.epsilon as number }, is_training: true },
      5,
    );
    return { x: () => grads[0], gamma: () => grads[1], beta: () => grads[2] };
  });
  useGradient("Relu", [], [true], (dy, [y]) => ({ x: () => nativeOp("ReluGrad", [dy as unknown as tf.Tensor, y])[0] }));
  fuseBatchNormalization();
}

type Gradient = (dys: tf.Tensor[], saved: tf.Tensor[], attrs: Record<string, unknown>) => Record<string, () => tf.Tensor>;

/** Puts a gradient into tfjs's registry for the native backend; other backends keep the stock one. */
function useGradient(kernelName: string, inputsToSave: string[], outputsToSave: boolean[], gradient: Gradient): void {
  const stock = tf.getGradient(kernelName);
  tf.registerGradient({
    kernelName,
    inputsToSave: [...new Set([...inputsToSave, ...stock?.inputsToSave ?? []])],
    outputsToSave,
    gradFunc: gradient as unknown as tf.GradConfig["gradFunc"],
  });
}

function fuseBatchNormalization() {
  const prototype = Object.getPrototypeOf(tf.layers.batchNormalization());
  const stock = prototype.call;
  prototype.call = function (inputs: tf.Tensor | tf.Tensor[], kwargs: { training?: boolean }) {
    const x = Array.isArray(inputs) ? inputs[0] : inputs;
    if (!kwargs.training || x.rank !== 4) return stock.call(this, inputs, kwargs);
    return tf.tidy(() => {
      const n = x.size / x.shape[3]!;
      const [y, mean, variance] = tf.engine().runKernel(BATCH_NORM, { x, gamma: this.gamma.read(), beta: this.beta.read() }, {
        epsilon: this.epsilon,
      }) as tf.Tensor[];
      const m = this.momentum;
      tf.tidy(() => {
        this.movingMean.write(this.movingMean.read().mul(m).add(mean.mul(1 - m)));
        this.movingVariance.write(this.movingVariance.read().mul(m).add(variance.mul((1 - m) * (n - 1) / n)));
      });
      return y;
    });
  };
}
