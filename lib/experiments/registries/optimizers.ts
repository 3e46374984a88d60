/**
 * The optimizers that experiments know by name. A new one is an entry here.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { cifar10FullRateMultiplier } from "../../models/cifar10_full.ts";
import { caffeMomentum } from "../../optimizers/caffe_momentum.ts";

/** What every optimizer is made for. */
export interface OptimizerRequest {
  /** The first learning rate; the schedule sets all later ones. */
  readonly learningRate: number;
  /** The momentum, or beta1; undefined takes the optimizer's own default. */
  readonly momentum?: number;
  /** Nesterov's momentum. */
  readonly nesterov: boolean;
}

/** An optimizer of the registry. */
export interface OptimizerEntry {
  /** What it is, in a line. */
  readonly about: string;
  /** The settings that it takes. */
  readonly takes: readonly ("momentum" | "nesterov")[];
  /** Makes it. */
  readonly build: (request: OptimizerRequest) => tf.Optimizer;
}

/** The optimizers by name. */
export const OPTIMIZERS: Readonly<Record<string, OptimizerEntry>> = {
  momentum: {
    about: "gradient descent with momentum (0.9), the article's",
    takes: ["momentum", "nesterov"],
    build: ({ learningRate, momentum = 0.9, nesterov }) => tf.train.momentum(learningRate, momentum, nesterov),
  },
  sgd: {
    about: "plain gradient descent",
    takes: [],
    build: ({ learningRate }) => tf.train.sgd(learningRate),
  },
  adam: {
    about: "Adam; its beta1 (0.9) is set as --momentum",
    takes: ["momentum"],
    build: ({ learningRate, momentum }) => tf.train.adam(learningRate, momentum),
  },
  adamax: {
    about: "Adamax; its beta1 (0.9) is set as --momentum",
    takes: ["momentum"],
    build: ({ learningRate, momentum }) => tf.train.adamax(learningRate, momentum),
  },
  adagrad: { about: "AdaGrad", takes: [], build: ({ learningRate }) => tf.train.adagrad(learningRate) },
  adadelta: { about: "AdaDelta", takes: [], build: ({ learningRate }) => tf.train.adadelta(learningRate) },
  rmsprop: {
    about: "RMSProp, with momentum (0)",
    takes: ["momentum"],
    build: ({ learningRate, momentum }) => tf.train.rmsprop(learningRate, undefined, momentum),
  },
  "caffe-momentum": {
    about: "Caffe's momentum, the rate inside the accumulator and doubled for biases: the paper's",
    takes: ["momentum"],
    build: ({ learningRate, momentum }) =>
      caffeMomentum({ learningRate, momentum, rateMultipliers: cifar10FullRateMultiplier }),
  },
};
