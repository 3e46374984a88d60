/**
 * Weight decay, which tfjs's optimizers lack: decoupled, as in AdamW and SGDW, or coupled, as an L2 penalty.
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
  /** Whether the decay goes through the gradient, as an L2 penalty does, or straight to the weight. Default `false`. */
  coupled?: boolean;
}

type Gradients = Parameters<tf.Optimizer["applyGradients"]>[0];

const VERB = "add weight decay";

/**
 * Adds weight decay to an optimizer: every update also pulls the kernels a little towards 0. Kernels are the weights of
 * rank 2 or more, embeddings included; biases and normalization are left alone, and so is a weight without a gradient.
 *
 * Decoupled, with `g` the gradient at `w`: `w -= rate weightDecay w`, then the optimizer's own update by `g`.
 * Coupled: the optimizer's own update by `g + weightDecay w`.
 *
 * The rate is the one in force at that update, so the decoupled decay follows a schedule of the rate. A schedule can also
 * set `weightDecay` itself, where it is a number here: `setHyperparameters(optimizer, { learningRate, weightDecay })`.
 *
 * The optimizer is changed in place, and returned: `compile`, `minimize`, `setHyperparameters`, `optimizerState` and
 * `restoreOptimizer` take it as they did before. `optimizerState` keeps the decay and the count of updates; tfjs's own
 * `optimizer.getConfig()` does not know of the decay, so a model that tfjs saves together with its optimizer loads
 * without it.
 *
 * What it is equal to, where the others exempt biases and normalization too:
 *
 * | here | there |
 * |---|---|
 * | `adam`, decoupled | PyTorch's `AdamW`, Keras's `AdamW` |
 * | `adam`, coupled | PyTorch's `Adam(weight_decay)` |
 * | `sgd` or `momentum`, coupled | PyTorch's `SGD(weight_decay)`, with `nesterov` too |
 * | any, decoupled | Keras's optimizers with `weight_decay`, as far as the optimizers themselves are equal |
 * | any, coupled | a layer's `tf.regularizers.l2({ l2: weightDecay / 2 })`, without the penalty in the loss |
 *
 * `adam` here adds epsilon where PyTorch does, `m / (sqrt(v) + epsilon)` with both moments corrected for their bias, but
 * its default is 1e-7 and PyTorch's 1e-8; Keras (1e-7) adds it before the correction, which shows only while `sqrt(v)` is
 * as small as epsilon. Keras's momentum differs from tfjs's and PyTorch's while the rate moves.
 *
 * Sources: Loshchilov and Hutter, *Decoupled Weight Decay Regularization* (2019), who multiply the decay by the schedule's
 * factor; PyTorch and Keras, who multiply it by the whole rate, as is done here.
 *
 * @param optimizer Any of tfjs's seven, without weight decay so far.
 * @param options See {@linkcode WeightDecayOptions}.
 * @returns The same optimizer.
 * @throws {TypeError} If it is not an optimizer or has weight decay already, or an option is unknown or of the wrong kind.
 * @throws {RangeError} If the weight decay is negative or not finite; for a function, also later, at the update itself.
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
  // looked up at every update, because the native backend replaces the class's own when it starts
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

/** The rate of the next update, which Adamax can lower by itself. */
function rateOf(optimizer: tf.Optimizer): number {
  const { learningRate, decay = 0 } = privateFields(optimizer);
  return optimizer.getClassName() === "Adamax" ? learningRate / (1 + decay * optimizer.iterations) : learningRate;
}

/** Gradients as a list, each with its weight where that is a kernel; a weight that the loss does not depend on has none. */
function withKernels(gradients: Gradients): { name: string; tensor: tf.Tensor; kernel?: tf.Variable }[] {
  return gradientList(gradients).map(({ name, tensor }) => {
    const weight = tf.engine().registeredVariables[name];
    return { name, tensor, kernel: tensor && weight.rank >= 2 ? weight : undefined };
  });
}

/** `w *= factor` for every kernel. */
function shrinkKernels(gradients: Gradients, factor: number): void {
  tf.tidy(() => {
    const scalar = tf.scalar(factor);
    for (const { kernel } of withKernels(gradients)) {
      // a tidy for each leaves the variable alone with its numbers, so that the native update can change them in place
      if (kernel) tf.tidy(() => kernel.assign(kernel.mul(scalar)));
    }
  });
}

/** `g + decay w` for every kernel, the other gradients as they are. */
function withPenalty(gradients: Gradients, decay: number): Gradients {
  const scalar = tf.scalar(decay);
  return withKernels(gradients).map(({ name, tensor, kernel }) => ({
    name,
    tensor: kernel ? tensor.add(kernel.mul(scalar)) : tensor,
  }));
}
