/**
 * The models that `bench` and `profile` know, and how each is trained.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { cifar10Full } from "../../models/cifar10_full.ts";
import { miniGoogLeNet } from "../../models/mini_googlenet.ts";
import { resnet20 } from "../../models/resnet20.ts";
import { smallCnn } from "../../models/small_cnn.ts";

/** A model to measure. The peers build the same one, under the same name, in `../python/`. */
export interface Benchmark {
  /** Builds the model for images of 32 x 32 x 3 and ten classes, without compiling it. */
  readonly build: (options: { seed: number }) => tf.LayersModel;
  /** Images in a batch, unless `--batch-size` is given. */
  readonly batchSize: number;
  /** The highest rate of its schedule. The lowest is a tenth of it. */
  readonly learningRate: number;
  /** Makes its optimizer. */
  readonly optimizer: (learningRate: number) => tf.Optimizer;
}

const momentum = (learningRate: number) => tf.train.momentum(learningRate, 0.9);

/**
 * The models by name. The first is the default. cifar10_full includes its L2 penalty and local response normalization.
 */
export const BENCHMARKS = {
  "mini-googlenet": {
    build: miniGoogLeNet,
    batchSize: 64,
    learningRate: 0.01,
    optimizer: momentum,
  },
  "cifar10-full": {
    build: cifar10Full,
    batchSize: 100,
    learningRate: 0.001,
    optimizer: momentum,
  },
  resnet20: {
    build: resnet20,
    batchSize: 128,
    learningRate: 0.01,
    optimizer: momentum,
  },
  "small-cnn": {
    build: smallCnn,
    batchSize: 64,
    learningRate: 0.01,
    optimizer: momentum,
  },
  perceptron: {
    build: perceptron,
    batchSize: 100,
    learningRate: 0.001,
    optimizer: (learningRate) => tf.train.adam(learningRate),
  },
} as const satisfies Record<string, Benchmark>;

/** A model's name. */
export type BenchmarkName = keyof typeof BENCHMARKS;

/** All names, in the order of the tables. */
export const BENCHMARK_NAMES = Object.keys(BENCHMARKS) as BenchmarkName[];

/** A perceptron with layers of 3072, 512, 256 and 10, ReLU and softmax: 1,707,274 parameters. */
function perceptron({ seed }: { seed: number }): tf.LayersModel {
  const layer = (units: number, activation: "relu" | "softmax") =>
    tf.layers.dense({ units, activation, kernelInitializer: tf.initializers.glorotUniform({ seed: seed + units }) });
  return tf.sequential({
    name: "perceptron",
    layers: [
      tf.layers.flatten({ inputShape: [32, 32, 3] }),
      layer(512, "relu"),
      layer(256, "relu"),
      layer(10, "softmax"),
    ],
  });
}

/** Builds and compiles a model as it is measured. */
export function compiledBenchmark(name: BenchmarkName): tf.LayersModel {
  const { build, optimizer, learningRate } = BENCHMARKS[name];
  const model = build({ seed: 1 });
  model.compile({ optimizer: optimizer(learningRate), loss: "categoricalCrossentropy", metrics: ["accuracy"] });
  return model;
}

/**
 * What training on one image costs, in GFLOP. This counts the multiplications and additions of convolutions and dense
 * layers. Each layer runs forward, backward to its weights and, except for the first, backward to its input.
 */
export function trainingGflop(model: tf.LayersModel): number {
  const products = model.layers.flatMap(({ weights, outputShape }) => {
    const kernel = weights.find(({ shape }) => shape.length > 1);
    if (!kernel) return [];
    const places = (outputShape as number[]).slice(1, -1); // height and width; a dense layer has neither
    return [tf.util.sizeFromShape([...places, ...kernel.shape as number[]])];
  });
  const all = products.reduce((sum, product) => sum + product, 0);
  return 2 * (3 * all - products[0]) / 1e9;
}
