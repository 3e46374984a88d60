/**
 * What the model builders share: their options, weights that repeat with a seed, and the usual block.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { checkNumber, numeric, optional, type OptionCheck, type OptionChecks, shown } from "../support/check.ts";

/** Options of every model builder. */
export interface ImageModelOptions {
  /** Height, width and channels of an image. Default [32, 32, 3]. */
  inputShape?: readonly [height: number, width: number, channels: number];
  /** The number of classes, 2 or more. Default 10. */
  classes?: number;
  /** With a seed, the weights (and dropout masks, where there are any) repeat from run to run. */
  seed?: number;
}

/** Height, width and channels of an image; `least` is the smallest height and width that the model takes. */
function imageShape(least: number): OptionCheck<readonly [number, number, number]> {
  return (verb, name, value = [32, 32, 3]) => {
    if (!Array.isArray(value) || value.length !== 3) {
      throw new TypeError(`Cannot ${verb}: ${name} must be [height, width, channels], got ${shown(value)}`);
    }
    for (const [index, low] of [least, least, 1].entries()) {
      const holds = (size: number) => Number.isInteger(size) && size >= low;
      checkNumber(verb, `${name}[${index}]`, value[index], `a whole number of ${low} or more`, holds);
    }
    return value as unknown as readonly [number, number, number];
  };
}

/** The number of classes. */
const classCount: OptionCheck<number> = numeric([
  "a whole number of 2 or more",
  (value) => Number.isInteger(value) && value >= 2,
], 10);

/** A model's seed. */
const modelSeed: OptionCheck<number | undefined> = optional(numeric(["a whole number", Number.isSafeInteger]));

/** The checks of {@linkcode ImageModelOptions}; `least` is the smallest height and width that the model takes. */
export const imageModelOptions = (least: number) => ({
  inputShape: imageShape(least),
  classes: classCount,
  seed: modelSeed,
} satisfies OptionChecks<ImageModelOptions>);

/** A fraction that must not be all: a rate of dropout, or what stays of batch normalization's moving averages. */
export function fractionBelowOne(byDefault: number): OptionCheck<number> {
  return numeric(["0 or more and below 1", (value) => value >= 0 && value < 1], byDefault);
}

/**
 * Seeds for a model's initializers. Each weight draws from a seed of its own, so that the order of a model's layers
 * settles its weights.
 *
 * @param seed The model's seed; without one, the initializers draw anew in every run.
 * @returns A function that gives the next initializer's options.
 */
export function initializerSeeds(seed: number | undefined): () => { seed: number } {
  let drawn = 0;
  // tfjs's type asks for a seed, its code takes none as well
  return () => ({ seed: seed === undefined ? undefined : seed * 1000 + drawn++ } as { seed: number });
}

/** A layer applied to symbolic tensors gives one, which tfjs's type leaves open. */
export function apply(layer: tf.layers.Layer, x: tf.SymbolicTensor | tf.SymbolicTensor[]): tf.SymbolicTensor {
  return layer.apply(x) as tf.SymbolicTensor;
}

/** A convolution's settings, and what follows it. */
export interface ConvolutionBlock extends Omit<Parameters<typeof tf.layers.conv2d>[0], "name"> {
  /** The convolution's name; the layers after it are called after it. */
  name: string;
  /** How much of batch normalization's moving averages stays at an update, tfjs's `momentum`. */
  batchNormMomentum: number;
  /** Whether ReLU comes last. Default true. */
  relu?: boolean;
}

/** A convolution, batch normalization and ReLU. */
export function convolutionBlock(x: tf.SymbolicTensor, block: ConvolutionBlock): tf.SymbolicTensor {
  const { batchNormMomentum, relu = true, ...convolution } = block;
  const { name } = convolution;
  x = apply(tf.layers.conv2d(convolution), x);
  x = apply(tf.layers.batchNormalization({ momentum: batchNormMomentum, name: `${name}_bn` }), x);
  return relu ? apply(tf.layers.activation({ activation: "relu", name: `${name}_relu` }), x) : x;
}
