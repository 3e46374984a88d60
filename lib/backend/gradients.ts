/**
 * Faster gradients for tfjs's registry, and the hook through which tfjs's BatchNormalization layer finds a fused
 * kernel. A gradient applies only to the backends that it was made for; all others keep the stock gradient. Models need
 * no change.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/**
 * The name of a backend's kernel that trains batch normalization. {@linkcode BatchNorm} describes its inputs and
 * outputs.
 */
export const batchNormKernel = (backendName: string): string => `BatchNormTraining/${backendName}`;

/**
 * A gradient: from the gradient of the outputs, the saved tensors and the attributes, it makes one function per input.
 */
export type Gradient = (
  dys: tf.Tensor[],
  saved: tf.Tensor[],
  attrs: Record<string, unknown>,
) => Record<string, () => tf.Tensor>;

interface EngineState {
  readonly state: { readonly gradientDepth: number };
}
/**
 * The nesting depth of gradients. A gradient of a gradient needs the stock gradients, which can be differentiated
 * again.
 */
export const gradientDepth = () => (tf.engine() as unknown as EngineState).state.gradientDepth;

/**
 * Replaces a kernel's gradient on one backend.
 *
 * @param backendName tfjs's name of the backend.
 * @param kernelName tfjs's name of the kernel, such as `"Relu"`.
 * @param gradient The new gradient.
 * @param saves What all backends save from now on, if the stock gradient can work with that too.
 */
export function replaceGradient(
  backendName: string,
  kernelName: string,
  gradient: Gradient,
  saves: Pick<tf.GradConfig, "inputsToSave" | "outputsToSave"> = {},
): void {
  const config = tf.getGradient(kernelName);
  const stock: Gradient = (dys, saved, attrs) =>
    config.gradFunc((dys.length === 1 ? dys[0] : dys) as tf.Tensor, saved, attrs as never) as ReturnType<Gradient>;
  tf.registerGradient({
    ...config,
    ...saves,
    gradFunc: (dy, saved, attrs) => {
      const use = tf.getBackend() === backendName && gradientDepth() === 0 ? gradient : stock;
      return use(Array.isArray(dy) ? dy : [dy], saved, attrs) as ReturnType<tf.GradFunc>;
    },
  });
}

/** What batch normalization needs for training besides its tensors. */
export interface BatchNormSettings {
  /** Added to the variance. */
  readonly epsilon: number;
  /** How much of the old moving averages is kept, 0 to 1. */
  readonly momentum: number;
  /** The moving averages so far. */
  readonly movingMean: tf.Tensor;
  readonly movingVariance: tf.Tensor;
  /** Whether ReLU alone comes next, so that it can be computed in the same pass. */
  readonly reluNext: boolean;
}

/** How a backend trains batch normalization. */
export interface BatchNorm {
  /**
   * The forward pass. It returns `[y, mean, variance, ...saved]`; mean and variance are the moving averages after this
   * batch.
   */
  forward(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, settings: BatchNormSettings): tf.Tensor[];
  /** How many tensors `forward` returns. */
  readonly outputs: number;
  /** The backward pass. From dy, x, gamma and what was saved, it computes `[dx, dgamma, dbeta]`. */
  backward(dy: tf.Tensor, x: tf.Tensor, gamma: tf.Tensor, saved: tf.Tensor[], epsilon: number): tf.Tensor[];
}

/** Registers a backend's batch normalization and its gradient, and makes tfjs's layer use them in training. */
export function registerBatchNorm(backendName: string, { forward, outputs, backward }: BatchNorm): void {
  const kernelName = batchNormKernel(backendName);
  tf.registerKernel({
    kernelName,
    backendName,
    kernelFunc: ({ inputs, attrs }) => {
      const { x, gamma, beta } = inputs as Record<string, tf.Tensor>;
      return forward(x, gamma, beta, attrs as unknown as BatchNormSettings);
    },
  });
  const gradFunc: Gradient = ([dy], [x, gamma, ...saved], attrs) => {
    const [dx, dgamma, dbeta] = backward(dy, x, gamma, saved, attrs.epsilon as number);
    return { x: () => dx, gamma: () => dgamma, beta: () => dbeta };
  };
  tf.registerGradient({
    kernelName,
    inputsToSave: ["x", "gamma"],
    outputsToSave: Array.from({ length: outputs }, (_, index) => index >= 3),
    gradFunc: gradFunc as unknown as tf.GradConfig["gradFunc"],
  });
  fuseBatchNormalization();
}

/** Marks the layer's prototype once it has been changed to ask for fused kernels. */
const FUSED = Symbol("fused");

/** The parts of tfjs's BatchNormalization layer that the hook uses; tfjs exports no type for it. */
interface BatchNormalization extends Pick<tf.layers.Layer, "outboundNodes"> {
  [FUSED]?: true;
  call(inputs: tf.Tensor | tf.Tensor[], kwargs: { training?: boolean }): tf.Tensor;
  readonly axis: number;
  readonly epsilon: number;
  readonly momentum: number;
  readonly gamma: tf.LayerVariable | null;
  readonly beta: tf.LayerVariable | null;
  readonly movingMean: tf.LayerVariable;
  readonly movingVariance: tf.LayerVariable;
}

/**
 * Makes every BatchNormalization layer, including those of loaded models, ask for the backend's kernel while it trains
 * on images. The moving averages remain tfjs's own variables.
 */
function fuseBatchNormalization(): void {
  const prototype = Object.getPrototypeOf(tf.layers.batchNormalization()) as BatchNormalization;
  if (prototype[FUSED]) return;
  prototype[FUSED] = true;
  const stock = prototype.call;
  prototype.call = function (inputs, kwargs) {
    const x = Array.isArray(inputs) ? inputs[0] : inputs;
    const fused = kwargs.training && x.rank === 4 && [3, -1].includes(this.axis) && this.gamma && this.beta &&
      gradientDepth() <= 1 && tf.getKernel(batchNormKernel(tf.getBackend()), tf.getBackend());
    if (!fused) return stock.call(this, inputs, kwargs);
    return tf.tidy(() => {
      const settings: BatchNormSettings = {
        epsilon: this.epsilon,
        momentum: this.momentum,
        movingMean: this.movingMean.read(),
        movingVariance: this.movingVariance.read(),
        reluNext: reluNext(this),
      };
      const [y, mean, variance] = tf.engine().runKernel(
        batchNormKernel(tf.getBackend()),
        { x, gamma: this.gamma!.read(), beta: this.beta!.read() },
        settings as unknown as tf.NamedAttrMap,
      ) as tf.Tensor[];
      this.movingMean.write(mean);
      this.movingVariance.write(variance);
      return y;
    });
  };
}

/** Whether a layer's outputs go only to ReLU layers. */
function reluNext({ outboundNodes }: BatchNormalization): boolean {
  return outboundNodes.length > 0 &&
    outboundNodes.every(({ outboundLayer }) =>
      outboundLayer.getClassName() === "Activation" && outboundLayer.getConfig().activation === "relu"
    );
}
