/**
 * Weight decay, which tfjs's optimizers lack. It can be decoupled, as in AdamW and SGDW, or coupled, as an L2 penalty.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { checkNumber, checkOptions, rules, shown } from "../support/check.ts";
import { gradientList } from "../support/gradients.ts";
import { privateFields } from "./private_fields.ts";

/** Options of {@linkcode withWeightDecay}. */
export interface WeightDecayOptions {
  /**
   * How strong the decay is, 0 or more: a number, or a function of the iteration, which counts the optimizer's updates
   * from 0. Common values are 0.004 (Keras's AdamW) and 0.01 (PyTorch's) decoupled, and 1e-4 to
   * 5e-4 coupled.
   */
  weightDecay: number | ((iteration: number) => number);
  /**
   * Whether the decay is added to the gradient, like an L2 penalty, or applied directly to the weight. Default `false`.
   */
  coupled?: boolean;
}

type Gradients = Parameters<tf.Optimizer["applyGradients"]>[0];

const VERB = "add weight decay";

/**
 * Adds weight decay to an optimizer: every update also pulls the kernels a little towards 0. Kernels are the weights of
 * rank 2 or more, embeddings included; biases, normalization and weights without a gradient are left alone.
 *
 * Decoupled, with `g` the gradient at `w`: `w -= rate weightDecay w`, then the optimizer's own update by `g`.
 * Coupled: the optimizer's own update by `g + weightDecay w`.
 *
 * The rate is the one at that update, so decoupled decay follows the schedule of the rate. If `weightDecay` is a number
 * here, a schedule can also set it: `setHyperparameters(optimizer, { learningRate, weightDecay })`.
 *
 * The optimizer is changed in place, and returned. `compile`, `minimize`, `setHyperparameters`, `optimizerState` and
 * `restoreOptimizer` accept it as before. `optimizerState` includes the decay and the count of updates. tfjs's own
 * `optimizer.getConfig()` does not know about the decay, so if tfjs saves a model together with its optimizer, the
 * loaded optimizer has no decay.
 *
 * What this equals in other libraries, if they also exempt biases and normalization:
 *
 * | here | there |
 * |---|---|
 * | `adam`, decoupled | PyTorch's `AdamW`, Keras's `AdamW` |
 * | `adam`, coupled | PyTorch's `Adam(weight_decay)` |
 * | `sgd` or `momentum`, coupled | PyTorch's `SGD(weight_decay)`, with `nesterov` too |
 * | any, decoupled | Keras's optimizers with `weight_decay`, as far as the optimizers themselves are equal |
 * | any, coupled | a layer's `tf.regularizers.l2({ l2: weightDecay / 2 })`, without the penalty in the loss |
 *
 * `adam` here adds epsilon in the same place as PyTorch, `m / (sqrt(v) + epsilon)` with both moments corrected for
 * their bias, but its default is 1e-7 and PyTorch's is 1e-8. Keras (1e-7) adds epsilon before the correction, which
 * makes a difference only while `sqrt(v)` is as small as epsilon. Keras's momentum differs from tfjs's and PyTorch's
 * while the rate changes.
 *
 * Sources: Loshchilov and Hutter, *Decoupled Weight Decay Regularization* (2019), who multiply the decay by the
 * schedule's factor; PyTorch and Keras, who multiply it by the whole rate, as is done here.
 *
 * @param optimizer Any of tfjs's seven optimizers, or `caffeMomentum`, without weight decay so far.
 * @param options See {@linkcode WeightDecayOptions}.
 * @returns The same optimizer.
 * @throws {TypeError} If it is not an optimizer or has weight decay already, or an option is unknown or of the wrong
 * kind.
 * @throws {RangeError} If the weight decay is negative or not finite; for a function, this can also happen later, at an
 * update.
 * @example
 * ```ts
 * import { tf, withWeightDecay } from "../mod.ts";
 *
 * const kernel = tf.variable(tf.ones([1, 1]));
 * const adamW = withWeightDecay(tf.train.adam(0.1), { weightDecay: 0.5 });
 * adamW.applyGradients([{ name: kernel.name, tensor: tf.zeros([1, 1]) }]);
 * const [value] = await kernel.data();
 * if (Math.abs(value - 0.95) > 1e-6) throw new Error("1 - 0.1 x 0.5");
 * ```
 */
export function withWeightDecay<T extends tf.Optimizer>(optimizer: T, options: WeightDecayOptions): T {
  checkOptions(VERB, options, ["weightDecay", "coupled"]);
  const { weightDecay, coupled = false } = options;
  if (typeof coupled !== "boolean") {
    throw new TypeError(`Cannot ${VERB}: coupled must be true or false, got ${shown(coupled)}`);
  }
  if (typeof optimizer?.applyGradients !== "function") {
    throw new TypeError(`Cannot ${VERB}: the optimizer must be one that tf.train makes, got ${shown(optimizer)}`);
  }
  const fields = privateFields(optimizer);
  if (fields.weightDecay !== undefined) {
    throw new TypeError(
      `Cannot ${VERB}: the optimizer must be without weight decay, got one with weightDecay ${fields.weightDecay}`,
    );
  }
  const decayAt = typeof weightDecay === "function"
    ? (iteration: number) => checked(`weightDecay(${iteration})`, weightDecay(iteration))
    : undefined;
  fields.weightDecay = decayAt ? decayAt(optimizer.iterations) : checked("weightDecay", weightDecay);
  fields.weightDecayAt = decayAt;
  // looked up at every update, because the native backend replaces the class's method when it starts
  const update = (gradients: Gradients) =>
    (Object.getPrototypeOf(optimizer) as tf.Optimizer).applyGradients.call(optimizer, gradients);
  optimizer.applyGradients = (gradients) => {
    const decay = fields.weightDecay = decayAt?.(optimizer.iterations) ?? fields.weightDecay!;
    if (decay === 0) update(gradients);
    else if (coupled) tf.tidy(() => update(withPenalty(gradients, decay)));
    else {
      shrinkKernels(gradients, 1 - rateOf(optimizer) * decay);
      update(gradients);
    }
  };
  return optimizer;
}

function checked(name: string, value: unknown): number {
  checkNumber(VERB, name, value, ...rules.notNegative);
  return value;
}

/** The rate of the next update. Adamax may lower it by its own decay. */
function rateOf(optimizer: tf.Optimizer): number {
  const { learningRate, decay = 0 } = privateFields(optimizer);
  return optimizer.getClassName() === "Adamax" ? learningRate / (1 + decay * optimizer.iterations) : learningRate;
}

/**
 * Gradients as a list, each with its weight if that is a kernel. A weight that the loss does not depend on has no
 * gradient.
 */
function withKernels(gradients: Gradients): { name: string; tensor: tf.Tensor; kernel?: tf.Variable }[] {
  return gradientList(gradients).map(({ name, tensor }) => {
    const weight = tf.engine().registeredVariables[name];
    return { name, tensor, kernel: tensor && weight.rank >= 2 ? weight : undefined };
  });
}

/** Computes `w *= factor` for every kernel. */
function shrinkKernels(gradients: Gradients, factor: number): void {
  tf.tidy(() => {
    const scalar = tf.scalar(factor);
    for (const { kernel } of withKernels(gradients)) {
      // a tidy for each kernel leaves the variable as the only owner of its numbers, so that native code can update
      // them in place
      if (kernel) tf.tidy(() => kernel.assign(kernel.mul(scalar)));
    }
  });
}

/** Computes `g + decay w` for every kernel, and leaves the other gradients as they are. */
function withPenalty(gradients: Gradients, decay: number): Gradients {
  const scalar = tf.scalar(decay);
  return withKernels(gradients).map(({ name, tensor, kernel }) => ({
    name,
    tensor: kernel ? tensor.add(kernel.mul(scalar)) : tensor,
  }));
}
