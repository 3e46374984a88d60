/**
 * tfjs's optimizers from outside: their rate, their momentum, their whole state. The one place that knows their
 * private fields.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type Hyperparameters } from "../schedules/schedule.ts";
import { checkNumber, rules, shown } from "../support/check.ts";
import { readTensor, type SavedTensor, tensorOf } from "./saved_tensor.ts";

export type { SavedTensor };

/** The private fields that tfjs's optimizers keep; each has some of them. */
interface Inside {
  learningRate: number;
  momentum?: number;
  beta1?: number;
  m?: tf.Scalar;
  c?: tf.Scalar;
  iterations_?: number;
}
const inside = (optimizer: tf.Optimizer) => optimizer as unknown as Inside & Record<string, unknown>;

/** The rate of an optimizer's next update. */
export function learningRateOf(optimizer: tf.Optimizer): number {
  return inside(optimizer).learningRate;
}

/** The field that a schedule's momentum sets, by class: tfjs's `instanceof` says yes to every optimizer. */
const MOMENTUM_FIELDS: Readonly<Record<string, "momentum" | "beta1">> = {
  Momentum: "momentum",
  RMSProp: "momentum",
  Adam: "beta1",
  Adamax: "beta1",
  CaffeMomentum: "momentum",
};

/**
 * Throws unless the optimizer can take these hyperparameters.
 *
 * @throws {TypeError} If there is a momentum and the optimizer has none to set.
 * @throws {RangeError} If the rate is negative or not finite, or the momentum is not from 0 to below 1.
 */
export function checkHyperparameters(optimizer: tf.Optimizer, { learningRate, momentum }: Hyperparameters): void {
  const verb = "set hyperparameters";
  checkNumber(verb, "learningRate", learningRate, ...rules.notNegative);
  if (momentum === undefined) return;
  checkNumber(verb, "momentum", momentum, "0 or more and below 1", (value) => value >= 0 && value < 1);
  if (!MOMENTUM_FIELDS[optimizer.getClassName()]) {
    throw new TypeError(
      `Cannot ${verb}: cycling momentum needs an optimizer with momentum or beta1 (momentum, rmsprop, adam, adamax), ` +
        `got ${shown(optimizer.getClassName())}`,
    );
  }
}

/**
 * Sets an optimizer's rate and, where given, its momentum (beta1 for adam and adamax), for the next update on.
 * Works for every optimizer that tfjs ships, whose own setters do not (tfjs 4.22).
 *
 * @param optimizer Any of tfjs's seven.
 * @param hyperparameters `learningRate`, 0 or more; `momentum`, 0 or more and below 1, optional.
 * @throws {TypeError} If the optimizer has no momentum to set.
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
  const { learningRate, momentum } = hyperparameters;
  const fields = inside(optimizer);
  const className = optimizer.getClassName();
  // SGD and Momentum compute with a scalar that only the setter renews; on the others there is only the field
  if (className === "SGD" || className === "Momentum") {
    if (fields.learningRate !== learningRate) (optimizer as tf.SGDOptimizer).setLearningRate(learningRate);
  } else fields.learningRate = learningRate;
  if (momentum === undefined) return;
  const field = MOMENTUM_FIELDS[className];
  if (fields[field] === momentum) return;
  fields[field] = momentum;
  if (className === "Momentum") { // setMomentum leaves the scalar that the update uses as it was
    fields.m?.dispose();
    fields.m = tf.keep(tf.scalar(momentum));
  }
}

/** An optimizer's whole state: numbers, scalars and slots by their field's name. */
export interface OptimizerState {
  /** The optimizer's class, such as `"Momentum"`. */
  readonly className: string;
  /** Rate, momentum, betas and the count of updates. */
  readonly numbers: Readonly<Record<string, number>>;
  /** Scalars that change with the updates, such as Adam's products of the betas. */
  readonly scalars: Readonly<Record<string, SavedTensor>>;
  /** One tensor a weight, for each slot. */
  readonly slots: Readonly<Record<string, readonly SavedTensor[]>>;
}

interface Slot {
  originalName: string;
  variable: tf.Variable;
}
const isSlots = (value: unknown): value is Slot[] =>
  Array.isArray(value) && value.every((slot) => slot === undefined || slot?.variable instanceof tf.Variable);

/**
 * Reads an optimizer's whole state, exact also where rate, momentum or beta1 were cycled.
 *
 * @param optimizer Any of tfjs's seven.
 * @returns A copy of its numbers, scalars and slots.
 * @example
 * ```ts
 * import { optimizerState, restoreOptimizer, tf } from "../mod.ts";
 *
 * const state = await optimizerState(tf.train.adam(0.001));
 * restoreOptimizer(tf.train.adam(0.5), state); // at 0.001 again
 * ```
 */
export async function optimizerState(optimizer: tf.Optimizer): Promise<OptimizerState> {
  const numbers: Record<string, number> = {};
  const scalars: Record<string, SavedTensor> = {};
  const slots: Record<string, SavedTensor[]> = {};
  for (const [field, value] of Object.entries(inside(optimizer))) {
    if (typeof value === "number") numbers[field] = value;
    else if (value instanceof tf.Tensor) scalars[field] = await readTensor("", value);
    else if (isSlots(value)) {
      slots[field] = await Promise.all(value.map(({ originalName, variable }) => readTensor(originalName, variable)));
    }
  }
  return { className: optimizer.getClassName(), numbers, scalars, slots };
}

/**
 * Puts an optimizer back into a state, to the bit, and leaks nothing.
 *
 * @param optimizer An optimizer of the class that the state is of.
 * @param state What {@linkcode optimizerState} read.
 * @throws {TypeError} If the state is of another optimizer.
 * @example
 * ```ts
 * import { optimizerState, restoreOptimizer, tf } from "../mod.ts";
 *
 * const optimizer = tf.train.momentum(0.01, 0.9);
 * restoreOptimizer(optimizer, await optimizerState(optimizer));
 * ```
 */
export function restoreOptimizer(optimizer: tf.Optimizer, state: OptimizerState): void {
  if (state?.className !== optimizer.getClassName()) {
    throw new TypeError(
      `Cannot restore an optimizer: the state must be of ${shown(optimizer.getClassName())}, got ${
        shown(state?.className)
      }`,
    );
  }
  const fields = inside(optimizer) as Record<string, unknown>;
  Object.assign(fields, state.numbers);
  for (const [field, saved] of Object.entries(state.scalars)) {
    const old = fields[field];
    if (old instanceof tf.Variable) tf.tidy(() => old.assign(tensorOf(saved)));
    else {
      if (old instanceof tf.Tensor) old.dispose();
      fields[field] = tf.keep(tensorOf(saved));
    }
  }
  for (const [field, saved] of Object.entries(state.slots)) {
    if (isSlots(fields[field])) tf.dispose(fields[field].map((slot) => slot.variable));
    fields[field] = saved.map((slot): Slot => ({
      originalName: slot.name,
      variable: tf.tidy(() => tensorOf(slot).variable(false)),
    }));
  }
}
