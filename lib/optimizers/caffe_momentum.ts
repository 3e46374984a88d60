/**
 * Gradient descent with momentum as in Caffe, with the learning rate inside the accumulator and a rate multiplier per
 * weight.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { checkNumber, checkOptions, rules, shown } from "../support/check.ts";
import { gradientList, type Gradients } from "../support/gradients.ts";
import type { Slot } from "./private_fields.ts";

/** Options of {@linkcode caffeMomentum}. */
export interface CaffeMomentumOptions {
  /** The learning rate, 0 or more, until a schedule sets another one. */
  learningRate: number;
  /** The momentum, 0 or more and below 1. Default 0.9. */
  momentum?: number;
  /**
   * By what factor to multiply the learning rate of a weight: Caffe's `lr_mult`, 0 or more. Give an object by the
   * weight's name in its model, such as `"conv1/bias"`, or a function of that name. The factor is 1 for weights that
   * are not listed, and by default for all.
   */
  rateMultipliers?: Readonly<Record<string, number>> | ((name: string) => number);
}

const VERB = "create a Caffe momentum optimizer";
const UPDATE = "update weights";

/** A weight's name in its own model. tfjs adds a number to the weights of later models, such as `"conv1/bias_1"`. */
const nameInModel = (name: string) => name.replace(/_\d+$/, "");

class CaffeMomentumOptimizer extends tf.Optimizer {
  static readonly className = "CaffeMomentum";
  // these have the names of tfjs's own optimizers, so that they are set and saved in the same way
  learningRate: number;
  momentum: number;
  accumulations: Slot[] = [];
  readonly rateMultipliers: NonNullable<CaffeMomentumOptions["rateMultipliers"]>;

  constructor({ learningRate, momentum, rateMultipliers }: Required<CaffeMomentumOptions>) {
    super();
    this.learningRate = learningRate;
    this.momentum = momentum;
    this.rateMultipliers = rateMultipliers;
  }

  override applyGradients(gradients: Gradients): void {
    if (this.iterations === 0) this.#checkNames();
    tf.tidy(() => {
      for (const [index, { name, tensor }] of gradientList(gradients).entries()) {
        const weight = tf.engine().registeredVariables[name];
        this.accumulations[index] ??= {
          originalName: `${name}/momentum`,
          variable: tf.variable(tf.zerosLike(weight), false),
        };
        const rate = this.learningRate * this.#multiplier(name);
        if (tensor) update(weight, this.accumulations[index].variable, tensor, rate, this.momentum);
      }
    });
    this.incrementIterations();
  }

  override dispose(): void {
    tf.dispose(this.accumulations.map(({ variable }) => variable));
  }

  getConfig(): tf.serialization.ConfigDict {
    return { learningRate: this.learningRate, momentum: this.momentum };
  }

  /** Throws if a multiplier names a weight that does not exist; otherwise a typo would go unnoticed. */
  #checkNames(): void {
    if (typeof this.rateMultipliers === "function") return;
    const names = Object.keys(tf.engine().registeredVariables);
    const known = new Set([...names, ...names.map(nameInModel)]);
    const unknown = Object.keys(this.rateMultipliers).find((name) => !known.has(name));
    if (unknown === undefined) return;
    throw new TypeError(`Cannot ${UPDATE}: rateMultipliers must name weights of the model, got ${shown(unknown)}`);
  }

  #multiplier(variableName: string): number {
    const name = nameInModel(variableName);
    // a weight's own name may end in a number
    if (typeof this.rateMultipliers !== "function") {
      return this.rateMultipliers[variableName] ?? this.rateMultipliers[name] ?? 1;
    }
    const multiplier = this.rateMultipliers(name);
    checkNumber(UPDATE, `rateMultipliers(${shown(name)})`, multiplier, ...rules.notNegative);
    return multiplier;
  }
}

/** Updates one weight. As in Keras and TensorFlow, the accumulator holds -V. */
function update(
  weight: tf.Variable,
  accumulation: tf.Variable,
  gradient: tf.Tensor,
  learningRate: number,
  momentum: number,
): void {
  // the native backend does the update in one operation; see lib/backend/native/momentum.ts
  const fused = tf.getKernel("ResourceApplyKerasMomentum", tf.getBackend());
  if (fused) {
    const inputs = { weight, accumulation, gradient };
    fused.kernelFunc({ inputs, attrs: { learningRate, momentum }, backend: tf.backend() });
    return;
  }
  accumulation.assign(tf.sub(tf.mul(accumulation, momentum), tf.mul(gradient, learningRate)));
  weight.assign(tf.add(weight, accumulation));
}

/**
 * Gradient descent with momentum as in Caffe's solver: `V = momentum V + rate g`, `w -= V`, where the rate is
 * multiplied by the weight's own factor.
 *
 * tfjs's `tf.train.momentum` has the rate outside of the accumulator: `V = momentum V + g`, `w -= rate V`. At a
 * constant rate the two are equal. When the rate drops, tfjs's optimizer slows down at once, and this one over the next
 * updates, because the steps already in V keep their size. Keras's SGD works like this one.
 *
 * Caffe's weight decay is part of g: use an L2 penalty in the layers, or `withWeightDecay` with `coupled: true`. The
 * optimizer works with `compile`, `setHyperparameters`, `optimizerState` and `restoreOptimizer` like tfjs's own
 * optimizers. On the native backend, each weight's update is a single operation.
 *
 * Source: Caffe's `sgd_solver.cpp`.
 *
 * @param options See {@linkcode CaffeMomentumOptions}.
 * @throws {TypeError} If an option is unknown or of the wrong kind; at the first update, if `rateMultipliers` names a
 * weight that does not exist.
 * @throws {RangeError} If a number is out of range.
 * @example
 * ```ts
 * import { caffeMomentum, tf } from "../mod.ts";
 *
 * const weight = tf.variable(tf.scalar(1));
 * const optimizer = caffeMomentum({ learningRate: 0.5, momentum: 0.5 });
 * for (let i = 0; i < 2; i++) optimizer.minimize(() => weight.mul(1) as tf.Scalar); // V: 0.5, then 0.75
 * if (weight.dataSync()[0] !== -0.25) throw new Error("1 - 0.5 - 0.75");
 * ```
 */
export function caffeMomentum(options: CaffeMomentumOptions): tf.Optimizer {
  checkOptions(VERB, options, ["learningRate", "momentum", "rateMultipliers"]);
  const { learningRate, momentum = 0.9, rateMultipliers = {} } = options;
  checkNumber(VERB, "learningRate", learningRate, ...rules.notNegative);
  checkNumber(VERB, "momentum", momentum, ...rules.belowOne);
  if (typeof rateMultipliers !== "function") {
    if (typeof rateMultipliers !== "object" || rateMultipliers === null || Array.isArray(rateMultipliers)) {
      throw new TypeError(
        `Cannot ${VERB}: rateMultipliers must be an object or a function, got ${shown(rateMultipliers)}`,
      );
    }
    for (const [name, multiplier] of Object.entries(rateMultipliers)) {
      checkNumber(VERB, `rateMultipliers[${shown(name)}]`, multiplier, ...rules.notNegative);
    }
  }
  return new CaffeMomentumOptimizer({ learningRate, momentum, rateMultipliers });
}
