/**
 * Sets an optimizer's rate, momentum and weight decay from outside.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Hyperparameters } from "../schedules/schedule.ts";
import { checkNumber, rules, shown } from "../support/check.ts";
import { privateFields } from "./private_fields.ts";

/**
 * The field that a schedule's momentum sets, by the class's name: in tfjs, `instanceof` is true for every optimizer.
 */
const MOMENTUM_FIELDS: Readonly<Record<string, "momentum" | "beta1">> = {
  Momentum: "momentum",
  RMSProp: "momentum",
  Adam: "beta1",
  Adamax: "beta1",
  CaffeMomentum: "momentum",
};

/** The momentum (beta1 for adam and adamax) that an optimizer's next update will use; undefined if it has none. */
export function momentumOf(optimizer: tf.Optimizer): number | undefined {
  const field = MOMENTUM_FIELDS[optimizer.getClassName()];
  return field && privateFields(optimizer)[field];
}

/** The rate that an optimizer's next update will use. */
export function learningRateOf(optimizer: tf.Optimizer): number {
  return privateFields(optimizer).learningRate;
}

/**
 * Throws unless the optimizer supports these hyperparameters.
 *
 * @throws {TypeError} If a momentum or a weight decay is given and the optimizer has none to set.
 * @throws {RangeError} If the rate or the weight decay is negative or not finite, or the momentum is negative or not
 * below 1.
 */
export function checkHyperparameters(optimizer: tf.Optimizer, hyperparameters: Hyperparameters): void {
  const { learningRate, momentum, weightDecay } = hyperparameters;
  const verb = "set hyperparameters";
  const className = optimizer.getClassName();
  checkNumber(verb, "learningRate", learningRate, ...rules.notNegative);
  if (momentum !== undefined) {
    checkNumber(verb, "momentum", momentum, ...rules.belowOne);
    if (!MOMENTUM_FIELDS[className]) {
      throw new TypeError(
        `Cannot ${verb}: cycling momentum needs an optimizer with momentum or beta1 ` +
          `(momentum, caffeMomentum, rmsprop, adam, adamax), got ${shown(className)}`,
      );
    }
  }
  if (weightDecay !== undefined) {
    checkNumber(verb, "weightDecay", weightDecay, ...rules.notNegative);
    const fields = privateFields(optimizer);
    if (fields.weightDecay === undefined) {
      throw new TypeError(
        `Cannot ${verb}: setting weightDecay needs an optimizer that withWeightDecay(optimizer, ...) returned, ` +
          `got ${shown(className)} without weight decay`,
      );
    }
    if (fields.weightDecayAt) {
      throw new TypeError(
        `Cannot ${verb}: setting weightDecay needs an optimizer whose weight decay is a number, ` +
          "got one whose weight decay is already a function of the iteration",
      );
    }
  }
}

/**
 * Sets an optimizer's rate and, if given, its momentum (beta1 for adam and adamax) and its weight decay, from the next
 * update on. It works for every optimizer that tfjs ships, while tfjs's own setters do not work for all (tfjs 4.22).
 * Adam and Adamax keep correcting their bias by the product of all the betas used so far.
 *
 * @param optimizer Any of tfjs's seven optimizers, or `caffeMomentum`.
 * @param hyperparameters `learningRate`, 0 or more; `momentum`, 0 or more and below 1, optional; `weightDecay`, 0 or
 * more, optional, for an optimizer that {@linkcode withWeightDecay} returned.
 * @throws {TypeError} If the optimizer has no momentum or no weight decay to set.
 * @throws {RangeError} If a value is out of range.
 * @example
 * ```ts
 * import { setHyperparameters, tf } from "../mod.ts";
 *
 * const optimizer = tf.train.adam(0.001);
 * setHyperparameters(optimizer, { learningRate: 0.01, momentum: 0.85 });
 * ```
 */
export function setHyperparameters(optimizer: tf.Optimizer, hyperparameters: Hyperparameters): void {
  checkHyperparameters(optimizer, hyperparameters);
  const { learningRate, momentum, weightDecay } = hyperparameters;
  const fields = privateFields(optimizer);
  const className = optimizer.getClassName();
  // SGD and Momentum compute with a scalar that only the setter updates; the others use the field directly
  if (className === "SGD" || className === "Momentum") {
    if (fields.learningRate !== learningRate) (optimizer as tf.SGDOptimizer).setLearningRate(learningRate);
  } else fields.learningRate = learningRate;
  if (weightDecay !== undefined) fields.weightDecay = weightDecay;
  if (momentum === undefined) return;
  const field = MOMENTUM_FIELDS[className];
  const before = fields[field]!;
  if (before === momentum) return;
  fields[field] = momentum;
  if (className === "Momentum") { // setMomentum does not change the scalar that the update uses
    fields.m?.dispose();
    fields.m = tf.keep(tf.scalar(momentum));
  }
  // Adam's product already includes the beta of the next update, so that factor is exchanged. A product that has become 0
  // stays 0, unless the 0 was never used.
  const { accBeta1 } = fields;
  if (accBeta1) {
    const fresh = before === 0 && optimizer.iterations === 0;
    tf.tidy(() => accBeta1.assign(fresh ? tf.scalar(momentum) : tf.mul(accBeta1, momentum / (before || 1))));
  }
}
