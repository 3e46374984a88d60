/**
 * The models that experiments know by name. To add one, add an entry here.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { cifar10Full } from "../../models/cifar10_full.ts";
import { miniGoogLeNet } from "../../models/mini_googlenet.ts";
import { resnet20 } from "../../models/resnet20.ts";
import { smallCnn } from "../../models/small_cnn.ts";

/** What the builder of every model receives. */
export interface ModelRequest {
  /** Height, width and channels of an image. */
  readonly inputShape: readonly [height: number, width: number, channels: number];
  /** The number of classes. */
  readonly classes: number;
  /** The seed of the weights and the dropout. */
  readonly seed: number;
}

/** A model of the registry. */
export interface ModelEntry {
  /** What it is, in one line. */
  readonly about: string;
  /** The model's own options, which it takes in addition to the request. */
  readonly takes?: readonly string[];
  /** Builds the model without compiling it, and checks the values of its options. */
  readonly build: (request: ModelRequest) => tf.LayersModel;
}

/** The models by name. */
export const MODELS: Readonly<Record<string, ModelEntry>> = {
  "mini-googlenet": {
    about: "the article's MiniGoogLeNet, 1,656,250 parameters",
    takes: ["dropout", "batchNormMomentum"],
    build: miniGoogLeNet,
  },
  "cifar10-full": {
    about: "the paper's model, Caffe's cifar10_full, 89,578 parameters",
    takes: ["normalization", "batchNormMomentum"],
    build: cifar10Full,
  },
  resnet20: {
    about: "the ResNet-20 of He et al. (2015) for CIFAR-10, 272,474 trainable parameters",
    takes: ["batchNormMomentum"],
    build: resnet20,
  },
  "small-cnn": {
    about: "a small convolutional network for a first try",
    takes: ["dropout", "batchNormMomentum"],
    build: smallCnn,
  },
};
