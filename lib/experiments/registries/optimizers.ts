/**
 * The optimizers that experiments know by name. To add one, add an entry here.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { cifar10FullRateMultiplier } from "../../models/cifar10_full.ts";
import { caffeMomentum } from "../../optimizers/caffe_momentum.ts";

/** What the maker of every optimizer receives. */
export interface OptimizerRequest {
  /** The learning rate, until the schedule sets another one. */
  readonly learningRate: number;
  /** The momentum, or beta1; undefined for the optimizer's own default. */
  readonly momentum?: number;
  /** Whether to use Nesterov's momentum. */
  readonly nesterov: boolean;
}

/** An optimizer of the registry. */
export interface OptimizerEntry {
  /** What it is, in one line. */
  readonly about: string;
  /**
   * Its usual rates as a multiple of momentum's. A preset's bounds are meant for momentum, and are multiplied by this
   * number.
   */
  readonly rateScale: number;
  /** The settings that it takes. */
  readonly takes: readonly ("momentum" | "nesterov")[];
  /** Makes the optimizer. */
  readonly build: (request: OptimizerRequest) => tf.Optimizer;
}

/** The optimizers by name. */
export const OPTIMIZERS: Readonly<Record<string, OptimizerEntry>> = {
  momentum: {
    rateScale: 1,
    about: "the article's optimizer, gradient descent with momentum (0.9)",
    takes: ["momentum", "nesterov"],
    build: ({ learningRate, momentum = 0.9, nesterov }) => tf.train.momentum(learningRate, momentum, nesterov),
  },
  sgd: {
    rateScale: 10,
    about: "plain gradient descent",
    takes: [],
    build: ({ learningRate }) => tf.train.sgd(learningRate),
  },
  adam: {
    rateScale: 0.1,
    about: "Adam; its beta1 (0.9) is set as --momentum",
    takes: ["momentum"],
    build: ({ learningRate, momentum }) => tf.train.adam(learningRate, momentum),
  },
  adamax: {
    rateScale: 0.2,
    about: "Adamax; its beta1 (0.9) is set as --momentum",
    takes: ["momentum"],
    build: ({ learningRate, momentum }) => tf.train.adamax(learningRate, momentum),
  },
  adagrad: { rateScale: 1, about: "AdaGrad", takes: [], build: ({ learningRate }) => tf.train.adagrad(learningRate) },
  adadelta: {
    rateScale: 50,
    about: "AdaDelta",
    takes: [],
    build: ({ learningRate }) => tf.train.adadelta(learningRate),
  },
  rmsprop: {
    rateScale: 0.1,
    about: "RMSProp, with momentum (0)",
    takes: ["momentum"],
    build: ({ learningRate, momentum }) => tf.train.rmsprop(learningRate, undefined, momentum),
  },
  "caffe-momentum": {
    rateScale: 1,
    about: "the paper's optimizer, Caffe's momentum: the rate is inside the accumulator, and doubled for biases",
    takes: ["momentum"],
    build: ({ learningRate, momentum }) =>
      caffeMomentum({ learningRate, momentum, rateMultipliers: cifar10FullRateMultiplier }),
  },
};
