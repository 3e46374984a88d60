/**
 * Labelled images in memory, and the ways to select and split them before training.
 * @module
 */
import { checkNumber, checkOptions, rules, shown } from "../support/check.ts";
import { shuffled } from "./random.ts";

/** Labelled images of one shape, as bytes. */
export interface ImageDataset {
  /** The pixels, 0 to 255: image after image, rows, columns, channels (n h w c). */
  readonly images: Uint8Array;
  /** One class index per image. */
  readonly labels: Uint8Array;
  /** How many images there are. */
  readonly size: number;
  /** Height, width and channels of one image. */
  readonly shape: readonly [height: number, width: number, channels: number];
  /** The classes' names, by index. */
  readonly classNames: readonly string[];
}

/** The class of all data sets made here, by which a notebook's display recognizes them. */
export class LabelledImages implements ImageDataset {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
  readonly size: number;
  readonly shape: ImageDataset["shape"];
  readonly classNames: readonly string[];

  constructor({ images, labels, shape, classNames }: Omit<ImageDataset, "size">) {
    [this.images, this.labels, this.size, this.shape, this.classNames] = [
      images,
      labels,
      labels.length,
      shape,
      classNames,
    ];
  }
}

/** The number of bytes in one image. */
export function imageLength({ shape: [height, width, channels] }: Pick<ImageDataset, "shape">): number {
  return height * width * channels;
}

/**
 * Makes a data set from its parts, and checks them.
 *
 * @param parts Pixels, labels, the shape of one image and the classes' names; see {@linkcode ImageDataset}.
 * @throws {TypeError} If pixels or labels are not bytes, or do not match the shape.
 * @throws {RangeError} If a length in the shape is not a whole number of 1 or more, or a label has no class.
 * @example
 * ```ts
 * import { imageDataset } from "./dataset.ts";
 *
 * const dots = imageDataset({
 *   images: new Uint8Array([0, 255]),
 *   labels: new Uint8Array([0, 1]),
 *   shape: [1, 1, 1],
 *   classNames: ["dark", "light"],
 * });
 * if (dots.size !== 2) throw new Error("two images of one pixel");
 * ```
 */
export function imageDataset(parts: Omit<ImageDataset, "size">): ImageDataset {
  const { images, labels, shape, classNames } = parts;
  const verb = "make a data set";
  for (const [name, value] of Object.entries({ images, labels })) {
    if (!(value instanceof Uint8Array)) {
      throw new TypeError(`Cannot ${verb}: ${name} must be a Uint8Array, got ${shown(value)}`);
    }
  }
  shape.forEach((length, axis) => checkNumber(verb, `shape[${axis}]`, length, ...rules.count));
  if (images.length !== labels.length * imageLength(parts)) {
    throw new TypeError(
      `Cannot ${verb}: there must be ${
        shape.join(" x ")
      } bytes for each of ${labels.length} labels, got ${images.length}`,
    );
  }
  const wrong = labels.findIndex((label) => label >= classNames.length);
  if (wrong >= 0) {
    throw new RangeError(
      `Cannot ${verb}: labels must be below ${classNames.length}, the number of classes, got ${
        labels[wrong]
      } at image ${wrong}`,
    );
  }
  return new LabelledImages(parts);
}

/** The images at these indices, copied. */
export function select(dataset: ImageDataset, indices: ArrayLike<number>): ImageDataset {
  const length = imageLength(dataset);
  const images = new Uint8Array(indices.length * length);
  const labels = new Uint8Array(indices.length);
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i] * length;
    images.set(dataset.images.subarray(from, from + length), i * length);
    labels[i] = dataset.labels[indices[i]];
  }
  return new LabelledImages({ ...dataset, images, labels });
}

/** Options of {@linkcode subset}. */
export interface SubsetOptions {
  /** How many images to keep at most; all by default. */
  size?: number;
  /** The names of the classes to keep, in their new order; all by default. */
  classes?: readonly string[];
  /**
   * With a seed, the images are chosen at random; without one, the first images are kept. The first images of a data
   * set that is sorted by class, as `imagesFromFolder` returns it, are all of one class.
   */
  seed?: number;
}

/**
 * Takes a smaller data set: some of the classes, some of the images, or both.
 *
 * @param dataset The images to choose from.
 * @param options See {@linkcode SubsetOptions}.
 * @throws {TypeError} If an option is unknown, or the seed is not a number.
 * @throws {RangeError} If a class is unknown, there are fewer than two classes, you ask for more images than there are,
 * or the seed is not a whole number.
 * @example
 * ```ts
 * import { imageDataset, subset } from "./dataset.ts";
 *
 * const dots = imageDataset({
 *   images: new Uint8Array(4),
 *   labels: new Uint8Array([0, 1, 2, 1]),
 *   shape: [1, 1, 1],
 *   classNames: ["a", "b", "c"],
 * });
 * if (subset(dots, { classes: ["b", "c"] }).labels.join() !== "0,1,0") throw new Error("labels count anew");
 * ```
 */
export function subset(dataset: ImageDataset, options: SubsetOptions = {}): ImageDataset {
  const verb = "take a subset";
  checkOptions(verb, options, ["size", "classes", "seed"]);
  const { classes = dataset.classNames, seed } = options;
  if (seed !== undefined) checkNumber(verb, "seed", seed, "a whole number", Number.isInteger);
  const places = classes.map((name) => {
    const index = dataset.classNames.indexOf(name);
    if (index < 0) {
      throw new RangeError(
        `Cannot ${verb}: classes must be among ${dataset.classNames.join(", ")}, got ${shown(name)}`,
      );
    }
    return index;
  });
  if (new Set(places).size !== places.length || places.length < 2) {
    throw new RangeError(
      `Cannot ${verb}: there must be two different classes or more, got ${shown(classes.join(","))}`,
    );
  }
  const newLabel = new Map(places.map((old, index) => [old, index]));
  const order = seed === undefined
    ? Array.from({ length: dataset.size }, (_, i) => i)
    : [...shuffled(dataset.size, seed)];
  const kept = order.filter((index) => newLabel.has(dataset.labels[index]));
  const { size = kept.length } = options;
  checkNumber(
    verb,
    "size",
    size,
    `a whole number from 1 to ${kept.length}`,
    (n) => Number.isInteger(n) && n >= 1 && n <= kept.length,
  );
  const chosen = select(dataset, kept.slice(0, size));
  return new LabelledImages({
    ...chosen,
    labels: chosen.labels.map((label) => newLabel.get(label)!),
    classNames: [...classes],
  });
}

/**
 * Splits a data set at random into a part to train on and a part to hold out for validation.
 *
 * @param dataset The images to split.
 * @param options `fraction` to hold out, above 0 and below 1; `seed`, a whole number; `stratified`, whether to hold out
 * that fraction of each class, where each class of two images or more keeps one and gives one. Default false.
 * @returns `[rest, heldOut]`, each with at least one image.
 * @throws {TypeError} If an option is unknown.
 * @throws {RangeError} If the fraction is out of range, or one of the parts would be empty.
 * @example
 * ```ts
 * import { imageDataset, split } from "./dataset.ts";
 *
 * const parts = { images: new Uint8Array(10), labels: new Uint8Array(10), shape: [1, 1, 1], classNames: ["a"] } as const;
 * const [rest, heldOut] = split(imageDataset(parts), { fraction: 0.2, seed: 1 });
 * if (rest.size !== 8 || heldOut.size !== 2) throw new Error("8 and 2");
 * ```
 */
export function split(
  dataset: ImageDataset,
  options: { fraction: number; seed: number; stratified?: boolean },
): [rest: ImageDataset, heldOut: ImageDataset] {
  const verb = "split a data set";
  checkOptions(verb, options, ["fraction", "seed", "stratified"]);
  const { fraction, seed, stratified = false } = options;
  checkNumber(verb, "fraction", fraction, "above 0 and below 1", (value) => value > 0 && value < 1);
  checkNumber(verb, "seed", seed, "a whole number", Number.isInteger);
  const order = shuffled(dataset.size, seed);
  const groups = stratified
    ? dataset.classNames.map((_, label) => order.filter((index) => dataset.labels[index] === label))
    : [order];
  const out = new Set(groups.flatMap((group) => {
    const count = Math.round(group.length * fraction);
    return [...group.subarray(0, stratified ? Math.min(Math.max(1, count), group.length - 1) : count)];
  }));
  if (out.size < 1 || out.size >= dataset.size) {
    throw new RangeError(`Cannot ${verb}: both parts must hold an image, got ${out.size} of ${dataset.size} held out`);
  }
  // both in random order, also where classes were split one by one
  return [
    select(dataset, order.filter((index) => !out.has(index))),
    select(dataset, order.filter((index) => out.has(index))),
  ];
}
