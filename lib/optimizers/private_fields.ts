/**
 * The private fields of tfjs's optimizers. No other module depends on them directly.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";

/** What an optimizer remembers about one weight. */
export interface Slot {
  /** The slot's name, such as `"conv/kernel/momentum"`. */
  originalName: string;
  /** The values. */
  variable: tf.Variable;
}

/** The private fields that are used here; each optimizer has some of them. */
export interface PrivateFields {
  /** The rate. SGD and Momentum compute with a scalar instead, which only their `setLearningRate` updates. */
  learningRate: number;
  /** The momentum of Momentum and RMSProp. */
  momentum?: number;
  /** The momentum that Momentum's update uses. */
  m?: tf.Scalar;
  /** Whether Momentum uses Nesterov's method. */
  useNesterov?: boolean;
  /** What Momentum remembers, in the order of the gradients. */
  accumulations?: Slot[];
  /** The momentum of Adam and Adamax. */
  beta1?: number;
  /** How much of the average of squared gradients Adam keeps at each update. */
  beta2?: number;
  /** What Adam adds to the root of that average. */
  epsilon?: number;
  /** Adam's products of all values of beta1 and of beta2 so far. */
  accBeta1?: tf.Variable;
  accBeta2?: tf.Variable;
  /** What Adam remembers, in the order of the gradients. */
  accumulatedFirstMoment?: Slot[];
  accumulatedSecondMoment?: Slot[];
  /** Adamax divides its rate by `1 + decay iteration`. In RMSProp, this is the weight of the past. */
  decay?: number;
  /** Ours, not tfjs's: the current weight decay, on optimizers that {@linkcode withWeightDecay} has changed. */
  weightDecay?: number;
  /** Ours, not tfjs's: the function that gives the weight decay, if it is a function of the iteration. */
  weightDecayAt?: (iteration: number) => number;
}

/** An optimizer's private fields, for reading and writing. */
export function privateFields(optimizer: tf.Optimizer): PrivateFields & Record<string, unknown> {
  return optimizer as unknown as PrivateFields & Record<string, unknown>;
}
