/**
 * Categorical cross-entropy and the L2 penalty of a weight on the native backend: one operation each, and one for the
 * gradient (cpp/loss.h), where tfjs takes dozens of small ones, whose price is not in their numbers.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { gradientDepth } from "../gradients.ts";
import { type Attribute, NATIVE, nativeOp } from "./ops.ts";

/** Puts them to use. The operations must have been added. */
export function registerLosses(): void {
  register(CROSS_ENTROPY, ["p", "target"], "p", () => ({}));
  register(PENALTY, ["x"], "x", ({ l2 }) => ({ alpha: { float: l2 as number } }));
  fuseCrossEntropy();
  fusePenalty();
}

const CROSS_ENTROPY = "CategoricalCrossEntropy";
const PENALTY = "L2Penalty";

/** Lets tfjs run an operation as a kernel whose gradient, for one of its inputs, is the operation of that name. */
function register(
  kernelName: string,
  names: string[],
  differentiable: string,
  attributes: (attrs: Record<string, unknown>) => Record<string, Attribute>,
): void {
  tf.registerKernel({
    kernelName,
    backendName: NATIVE,
    kernelFunc: ({ inputs, attrs }) =>
      nativeOp(kernelName, names.map((name) => inputs[name]!), attributes(attrs ?? {}))[0],
  });
  tf.registerGradient({
    kernelName,
    inputsToSave: names,
    gradFunc: (dy, saved, attrs) => ({
      [differentiable]: () => nativeOp(`${kernelName}Grad`, [...saved, dy as tf.Tensor], attributes(attrs))[0],
    }),
  });
}

/** Whether a kernel can be used: a gradient of a gradient needs tfjs's own way. */
const usable = (kernelName: string) => gradientDepth() <= 1 && tf.getKernel(kernelName, tf.getBackend()) !== undefined;

type LossFunction = ((target: tf.Tensor, output: tf.Tensor) => tf.Tensor) & { [FUSED]?: true };

/** What is used of tfjs's model that its type leaves out. */
interface Model {
  readonly loss: unknown;
  lossFunctions: LossFunction[];
  makeTrainFunction(): unknown;
}

/** Marks loss functions that look for the kernel. */
const FUSED = Symbol("fused");

/** Lets every model that was compiled with this loss, by its name, train by the kernel. */
function fuseCrossEntropy(): void {
  const prototype = tf.LayersModel.prototype as unknown as Model;
  const stock = prototype.makeTrainFunction;
  prototype.makeTrainFunction = function () {
    if (this.loss === "categoricalCrossentropy") this.lossFunctions = this.lossFunctions.map(fused);
    return stock.call(this);
  };
}

function fused(stock: LossFunction): LossFunction {
  if (stock[FUSED]) return stock;
  const loss: LossFunction = (target, output) => {
    const plain = output.rank === 2 && output.dtype === "float32" && tf.util.arraysEqual(target.shape, output.shape);
    if (!plain || !usable(CROSS_ENTROPY)) return stock(target, output);
    return tf.tidy(() =>
      tf.engine().runKernel(CROSS_ENTROPY, { p: output, target: tf.cast(target, "float32") }) as tf.Tensor
    );
  };
  return Object.assign(loss, { [FUSED]: true as const });
}

/** tfjs's regularizer, which exports no type. */
interface Regularizer {
  readonly l2: number;
  readonly hasL1: boolean;
  readonly hasL2: boolean;
  apply(x: tf.Tensor): tf.Scalar;
}

/** Lets every L2 regularizer use the kernel. */
function fusePenalty(): void {
  const prototype = Object.getPrototypeOf(tf.regularizers.l2()) as Regularizer;
  const stock = prototype.apply;
  prototype.apply = function (x) {
    if (this.hasL1 || !this.hasL2 || !usable(PENALTY)) return stock.call(this, x);
    return tf.engine().runKernel(PENALTY, { x }, { l2: this.l2 }) as tf.Scalar;
  };
}
