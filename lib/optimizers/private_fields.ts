/**
 * What tfjs's optimizers keep to themselves: the one place that knows their private fields.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";

/** What an optimizer remembers of one weight. */
export interface Slot {
  /** The slot's name, such as `"conv/kernel/momentum"`. */
  originalName: string;
  /** The values. */
  variable: tf.Variable;
}

/** The private fields that are used here; each optimizer has some of them. */
export interface PrivateFields {
  /** The rate; SGD and Momentum compute with a scalar that only their `setLearningRate` renews. */
  learningRate: number;
  /** The momentum of Momentum and RMSProp. */
  momentum?: number;
  /** The momentum that Momentum's update uses. */
  m?: tf.Scalar;
  /** Whether Momentum looks ahead. */
  useNesterov?: boolean;
  /** What Momentum remembers, in the order of the gradients. */
  accumulations?: Slot[];
  /** The momentum of Adam and Adamax. */
  beta1?: number;
  /** How much of the squared gradients' average stays in Adam. */
  beta2?: number;
  /** What Adam adds to the root of that average. */
  epsilon?: number;
  /** Adam's products of all beta1 and all beta2 so far. */
  accBeta1?: tf.Variable;
  accBeta2?: tf.Variable;
  /** What Adam remembers, in the order of the gradients. */
  accumulatedFirstMoment?: Slot[];
  accumulatedSecondMoment?: Slot[];
  /** Adamax divides its rate by `1 + decay iteration`; RMSProp calls the weight of its past so. */
  decay?: number;
  /** Not tfjs's: the weight decay in force, on optimizers that {@linkcode withWeightDecay} has been given. */
  weightDecay?: number;
  /** Not tfjs's: where that weight decay comes from, if it is a function of the iteration. */
  weightDecayAt?: (iteration: number) => number;
}

/** An optimizer's private fields, to read and to set. */
export function privateFields(optimizer: tf.Optimizer): PrivateFields & Record<string, unknown> {
  return optimizer as unknown as PrivateFields & Record<string, unknown>;
}
