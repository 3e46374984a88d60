/**
 * The models that experiments know by name. A new one is an entry here.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { cifar10Full } from "../../models/cifar10_full.ts";
import { miniGoogLeNet } from "../../models/mini_googlenet.ts";
import { resnet20 } from "../../models/resnet20.ts";
import { smallCnn } from "../../models/small_cnn.ts";

/** What every model is built for. */
export interface ModelRequest {
  /** Height, width and channels of an image. */
  readonly inputShape: readonly [height: number, width: number, channels: number];
  /** The number of classes. */
  readonly classes: number;
  /** Decides weights and dropout. */
  readonly seed: number;
}

/** A model of the registry. */
export interface ModelEntry {
  /** What it is, in a line. */
  readonly about: string;
  /** The options of its own that it takes beside the request. */
  readonly takes?: readonly string[];
  /** Builds it, not compiled; it checks its options' values. */
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
    about: "Caffe's cifar10_full, the paper's, 89,578 parameters",
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
