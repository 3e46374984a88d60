/**
 * Loads images from a folder with one sub-folder per class.
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
  /** A signal to stop the loading, which then throws the signal's reason. */
  signal?: AbortSignal;
  /** Called after each image. */
  onProgress?: (progress: { done: number; total: number }) => void;
}

/** The limit exists because labels are bytes. */
const MOST_CLASSES = 255;

/**
 * Loads a folder of images. Each class has a sub-folder of its name with PNGs and JPEGs of any size.
 *
 * Each image is turned upright (by a JPEG's EXIF orientation), cropped around its middle to the right aspect ratio, and
 * resized: by area averaging if it shrinks, bilinearly if it grows. All images get three channels: grey is copied to
 * red, green and blue, 16 bits are reduced to 8, and transparent images are laid over white; embedded colour profiles
 * are ignored. Classes and files are sorted by name, so loading again gives the same data set. Images are decoded one
 * at a time and may have up to 50 million pixels; otherwise only resized images are in memory.
 *
 * Some things are ignored: files and folders whose names start with a dot, folders inside a class's folder, and files
 * whose names do not end in .png, .jpg or .jpeg. Symbolic links are followed within the folder; a link that leads out
 * of it is an error.
 *
 * @param path The folder.
 * @param options See {@linkcode FolderOptions}.
 * @returns The data set, of shape [height, width, 3].
 * @throws {RangeError} If there are not 2 to 255 classes, or the size is out of range.
 * @throws {Deno.errors.NotFound} If the folder does not exist, or a class has no image.
 * @throws {Deno.errors.InvalidData} If an image is damaged, too large, or of an unsupported kind, or a link leads out
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
      `Cannot load images from ${path}: it must hold 2 to ${MOST_CLASSES} folders, one per class, got ${classNames.length}`,
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

/** A folder's entries without the hidden ones, sorted by name. Links are resolved. */
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

/** Throws if a link leads out of the folder: a model should train only on what is in the folder. */
async function checkInside(link: string, root: string): Promise<void> {
  const target = await Deno.realPath(link);
  const way = relative(root, target);
  if (way === "" || /^\.\.([\\/]|$)/.test(way) || isAbsolute(way)) {
    throw new Deno.errors.InvalidData(`Cannot use ${link}: a link must lead to a place inside ${root}, got ${target}`);
  }
}

/** Reads an image, turns it upright, and resizes it to this size. */
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
    const stored = fitImage(image, orientation < 5 ? [height, width] : [width, height]); // leaves less to turn
    return turnUpright(stored, orientation);
  } catch (error) {
    const { message, cause } = error as Error;
    throw new Deno.errors.InvalidData(`Cannot use ${path}: ${message}`, { cause });
  }
}
