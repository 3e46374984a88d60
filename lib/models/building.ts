/**
 * What the model builders share: their options, weights that a seed makes repeatable, and the usual block.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { checkNumber, numeric, optional, type OptionCheck, type OptionChecks, rules, shown } from "../support/check.ts";

/** Options of every model builder. */
export interface ImageModelOptions {
  /** Height, width and channels of an image. Default [32, 32, 3]. */
  inputShape?: readonly [height: number, width: number, channels: number];
  /** The number of classes, 2 or more. Default 10. */
  classes?: number;
  /** With a seed, the initial weights (and dropout masks, if there are any) are the same in every run. */
  seed?: number;
}

/**
 * Checks the height, width and channels of an image; `least` is the smallest height and width that the model accepts.
 */
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

/** Checks the number of classes. */
const classCount: OptionCheck<number> = numeric([
  "a whole number of 2 or more",
  (value) => Number.isInteger(value) && value >= 2,
], 10);

/** Checks a model's seed. */
const modelSeed: OptionCheck<number | undefined> = optional(numeric(["a whole number", Number.isSafeInteger]));

/** The checks of {@linkcode ImageModelOptions}; `least` is the smallest height and width that the model accepts. */
export const imageModelOptions = (least: number) => ({
  inputShape: imageShape(least),
  classes: classCount,
  seed: modelSeed,
} satisfies OptionChecks<ImageModelOptions>);

/** Checks a fraction below 1, such as a rate of dropout or the momentum of batch normalization. */
export function fractionBelowOne(byDefault: number): OptionCheck<number> {
  return numeric(rules.belowOne, byDefault);
}

/**
 * Seeds for a model's initializers. Each weight has a seed of its own, which depends only on the order of the model's
 * layers.
 *
 * @param seed The model's seed; without one, the initializers draw different weights in every run.
 * @returns A function that returns the next initializer's options.
 */
export function initializerSeeds(seed: number | undefined): () => { seed: number } {
  let drawn = 0;
  const start = seed === undefined ? 0 : seed % 9e12 * 1000; // beyond 9e15, numbers have no room for what is added
  // tfjs's type requires a seed, but its code accepts undefined
  return () => ({ seed: seed === undefined ? undefined : start + drawn++ } as { seed: number });
}

/** Applies a layer to symbolic tensors. The result is one symbolic tensor, which tfjs's type does not say. */
export function apply(layer: tf.layers.Layer, x: tf.SymbolicTensor | tf.SymbolicTensor[]): tf.SymbolicTensor {
  return layer.apply(x) as tf.SymbolicTensor;
}

/** A convolution's settings, and what follows it. */
export interface ConvolutionBlock extends Omit<Parameters<typeof tf.layers.conv2d>[0], "name"> {
  /** The convolution's name; the layers after it get names derived from it. */
  name: string;
  /** How much of batch normalization's moving averages each update keeps: tfjs's `momentum`. */
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
