/**
 * Images from a folder with one sub-folder a class.
 * @module
 */
import { checkNumber, checkOptions, rules, shown } from "../support/check.ts";
import { fileError } from "../support/files.ts";
import { isAbsolute, join, relative } from "../support/path.ts";
import { type ImageDataset, imageDataset } from "./dataset.ts";
import { decodeImage } from "./image_decode.ts";
import { fitImage, type RgbImage, turnUpright } from "./resize.ts";

/** Options of {@linkcode imagesFromFolder}. */
export interface FolderOptions {
  /** Height and width of the images in the data set, in pixels, 1 or more each. Default `[32, 32]`. */
  size?: readonly [height: number, width: number];
  /** Ends the loading; it then throws the signal's reason. */
  signal?: AbortSignal;
  /** Told after each image. */
  onProgress?: (progress: { done: number; total: number }) => void;
}

/** Labels are bytes. */
const MOST_CLASSES = 255;

/**
 * Loads a folder of images: one sub-folder a class, its name the class's, with PNGs and JPEGs of any sizes in it.
 *
 * Each image is turned upright (by a JPEG's EXIF orientation), cut to the wanted aspect around its middle, and resized: by
 * area averaging where it shrinks, bilinearly where it grows. All have three channels: grey becomes red, green and blue,
 * 16 bits become 8, what is transparent lies over white; embedded colour profiles are ignored. Classes and files come in
 * the order of their names, so loading again gives the same data set. One image at a time is decoded, of up to 50 million
 * pixels; besides it, only the resized ones are in memory.
 *
 * Not looked at: files and folders whose name starts with a dot, folders inside a class's folder, and files whose name
 * does not end in .png, .jpg or .jpeg. Symbolic links are followed within the folder; one that leads out of it is an error.
 *
 * @param path The folder.
 * @param options See {@linkcode FolderOptions}.
 * @returns The data set, of shape [height, width, 3].
 * @throws {RangeError} If there are not 2 to 255 classes, or the size is out of range.
 * @throws {Deno.errors.NotFound} If the folder is not there, or a class has no image.
 * @throws {Deno.errors.InvalidData} If an image is broken, too large, or of a kind that is not decoded, or a link leads out
 * of the folder. The message names the file.
 * @example
 * ```ts ignore
 * import { imagesFromFolder, split } from "../lib/mod.ts";
 *
 * const photos = await imagesFromFolder("photos", { size: [48, 64] }); // photos/cats/1.jpg, photos/dogs/tom.png, ...
 * const [train, test] = split(photos, { fraction: 0.2, seed: 42 });
 * ```
 */
export async function imagesFromFolder(path: string, options: FolderOptions = {}): Promise<ImageDataset> {
  const verb = "load images from a folder";
  checkOptions(verb, options, ["size", "signal", "onProgress"]);
  const { size = [32, 32], signal, onProgress } = options;
  if (!Array.isArray(size) || size.length !== 2) {
    throw new TypeError(`Cannot ${verb}: size must be [height, width], got ${shown(size)}`);
  }
  size.forEach((length, axis) => checkNumber(verb, ["height", "width"][axis], length, ...rules.count));

  const { classNames, files } = await listImages(path);
  const [height, width] = size;
  const length = height * width * 3;
  const images = new Uint8Array(files.length * length);
  for (const [index, file] of files.entries()) {
    signal?.throwIfAborted();
    images.set((await readImage(file.path, [height, width], signal)).pixels, index * length);
    onProgress?.({ done: index + 1, total: files.length });
  }
  const labels = Uint8Array.from(files, ({ label }) => label);
  return imageDataset({ images, labels, shape: [height, width, 3], classNames });
}

/** The classes, and the images' paths with their labels, sorted by name. */
async function listImages(path: string): Promise<{ classNames: string[]; files: { path: string; label: number }[] }> {
  const root = await Deno.realPath(path).catch((error) => {
    throw fileError("read", path, error);
  });
  const classNames = (await entries(path, root)).filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
  if (classNames.length < 2 || classNames.length > MOST_CLASSES) {
    throw new RangeError(
      `Cannot load images from ${path}: it must hold 2 to ${MOST_CLASSES} folders, one a class, got ${classNames.length}`,
    );
  }
  const files: { path: string; label: number }[] = [];
  for (const [label, name] of classNames.entries()) {
    const folder = join(path, name);
    const found = (await entries(folder, root)).filter(({ name }) => /\.(png|jpe?g)$/i.test(name));
    if (found.length === 0) {
      throw new Deno.errors.NotFound(`Cannot load images from ${folder}: it must hold a PNG or a JPEG, got none`);
    }
    for (const file of found) files.push({ path: join(folder, file.name), label });
  }
  return { classNames, files };
}

/** What a folder holds and what its links lead to, hidden names left out, sorted by name. */
async function entries(folder: string, root: string): Promise<{ name: string; isDirectory: boolean }[]> {
  let path = folder;
  try {
    const found = (await Array.fromAsync(Deno.readDir(folder))).filter(({ name }) => !name.startsWith("."));
    found.sort((a, b) => a.name < b.name ? -1 : 1);
    const resolved: { name: string; isDirectory: boolean }[] = [];
    for (const entry of found) {
      path = join(folder, entry.name);
      if (entry.isSymlink) await checkInside(path, root);
      const { isDirectory } = entry.isSymlink ? await Deno.stat(path) : entry;
      resolved.push({ name: entry.name, isDirectory });
    }
    return resolved;
  } catch (error) {
    throw fileError("read", path, error);
  }
}

/** Throws if a link leads out of the folder: what trains a model should be what the folder shows. */
async function checkInside(link: string, root: string): Promise<void> {
  const target = await Deno.realPath(link);
  const way = relative(root, target);
  if (way === "" || /^\.\.([\\/]|$)/.test(way) || isAbsolute(way)) {
    throw new Deno.errors.InvalidData(`Cannot use ${link}: a link must lead to a place inside ${root}, got ${target}`);
  }
}

/** Reads an image, upright and of this size. */
async function readImage(
  path: string,
  [height, width]: readonly [number, number],
  signal?: AbortSignal,
): Promise<RgbImage> {
  let bytes: Uint8Array;
  try {
    if (!(await Deno.stat(path)).isFile) { // reading a pipe would wait forever
      throw new Deno.errors.InvalidData(`Cannot use ${path}: it must be a file, got something else`);
    }
    bytes = await Deno.readFile(path, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw fileError("read", path, error);
  }
  try {
    const { image, header: { orientation } } = decodeImage(bytes);
    const stored = fitImage(image, orientation < 5 ? [height, width] : [width, height]); // resized first: less to turn
    return turnUpright(stored, orientation);
  } catch (error) {
    const { message, cause } = error as Error;
    throw new Deno.errors.InvalidData(`Cannot use ${path}: ${message}`, { cause });
  }
}
