/**
 * The data sets that experiments know by name. To add one, add an entry here.
 * @module
 */
import { CIFAR10_CLASSES } from "../../data/cifar10/classes.ts";
import { type Cifar10Options, loadCifar10 } from "../../data/cifar10/mod.ts";
import { type ImageDataset, split } from "../../data/dataset.ts";
import { imagesFromFolder } from "../../data/folder.ts";
import type { DataSettings } from "../experiment.ts";

/** Options for loading images. */
export interface LoadOptions {
  /** A directory with CIFAR-10's six files, so that nothing is fetched. */
  readonly cifar10Directory?: string;
  /** A signal to stop the loading. */
  readonly signal?: AbortSignal;
  /** Called while files are downloaded. */
  readonly onProgress?: Cifar10Options["onProgress"];
}

/** Training and test images. */
export interface Images {
  /** Images to train on; some of them may be held out. */
  readonly train: ImageDataset;
  /** Images to score on. */
  readonly test: ImageDataset;
}

/** Facts about a data set. */
export interface DatasetFacts {
  /** The classes' names. */
  readonly classNames: readonly string[];
  /** Height, width and channels of an image. */
  readonly shape: ImageDataset["shape"];
  /** The number of training images of each class. */
  readonly train: readonly number[];
  /** The number of test images of each class. */
  readonly test: readonly number[];
}

/** A data set of the registry. */
export interface DatasetEntry {
  /** What it is, in one line. */
  readonly about: string;
  /** Its name in titles and summaries. */
  readonly title: string;
  /** The settings that it takes besides classes and sizes; none by default. */
  readonly takes?: readonly ("directory" | "imageSize")[];
  /** Facts about it, if they are known before it is loaded. A wrong size is then rejected before a download. */
  readonly facts?: DatasetFacts;
  /** Loads the data set. */
  readonly load: (settings: DataSettings, options: LoadOptions) => Promise<Images>;
}

/** A fixed seed, so that every training on a folder is scored on the same images, whatever the training's own seed. */
const TEST_SEED = 0;

/** The data sets by name. */
export const DATASETS: Readonly<Record<string, DatasetEntry>> = {
  cifar10: {
    about: "CIFAR-10, fetched once (170 MB)",
    title: "CIFAR-10",
    facts: {
      classNames: CIFAR10_CLASSES,
      shape: [32, 32, 3],
      train: CIFAR10_CLASSES.map(() => 5000),
      test: CIFAR10_CLASSES.map(() => 1000),
    },
    load: (_settings, { cifar10Directory: directory, signal, onProgress }) =>
      loadCifar10({ ...(directory !== undefined && { directory }), signal, onProgress }),
  },
  folder: {
    about: "a folder of PNG and JPEG images, one sub-folder per class (--images DIR)",
    title: "a folder of images",
    takes: ["directory", "imageSize"],
    async load({ directory, imageSize = 32 }, { signal }) {
      const images = await imagesFromFolder(directory!, { size: [imageSize, imageSize], signal });
      const [train, test] = split(images, { fraction: 0.1, seed: TEST_SEED, stratified: true });
      return { train, test };
    },
  },
};

/** The facts about loaded images. */
export function factsOf({ train, test }: Images): DatasetFacts {
  const counts = ({ labels, classNames }: ImageDataset) => {
    const byClass = classNames.map(() => 0);
    for (const label of labels) byClass[label]++;
    return byClass;
  };
  return { classNames: train.classNames, shape: train.shape, train: counts(train), test: counts(test) };
}
