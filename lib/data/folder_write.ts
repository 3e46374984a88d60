/**
 * Writes images to a folder with one sub-folder per class.
 * @module
 */
import { encode } from "fast-png";
import { shown } from "../support/check.ts";
import { writeWhole } from "../support/files.ts";
import { join } from "../support/path.ts";
import { type ImageDataset, imageLength } from "./dataset.ts";

/**
 * Writes a data set as PNG files, without loss. Each class that has images gets a sub-folder of its name, and each image a file,
 * `00000.png`, `00001.png`, and so on, numbered by its place in the data set. `imagesFromFolder` reads such a folder;
 * it then sorts the images by class. Files of the same name are replaced; others are left alone.
 *
 * @param dataset The images, with 1 to 4 channels: grey, grey with opacity, colour, or colour with opacity.
 * @param path The folder, which is created if it does not exist.
 * @throws {TypeError} If the images have more than 4 channels.
 * @throws {RangeError} If a class's name cannot be the name of a folder, or two differ at most in case.
 * @throws {Deno.errors.PermissionDenied | Error} If a file cannot be written. The message names it.
 * @example
 * ```ts ignore
 * import { imagesFromFolder, imagesToFolder, loadCifar10, subset } from "../lib/mod.ts";
 *
 * const { train } = await loadCifar10();
 * await imagesToFolder(subset(train, { classes: ["cat", "dog"], size: 100 }), "photos"); // photos/cat/00000.png, ...
 * const photos = await imagesFromFolder("photos");
 * ```
 */
export async function imagesToFolder(dataset: ImageDataset, path: string): Promise<void> {
  const verb = "write images to a folder";
  const [height, width, channels] = dataset.shape;
  if (![1, 2, 3, 4].includes(channels)) {
    throw new TypeError(`Cannot ${verb}: images must have 1 to 4 channels, got ${channels}`);
  }
  // `imagesFromFolder` would skip a name that starts with a dot
  const wrong = dataset.classNames.find((name) => name === "" || /^\.|[\\/\0]/.test(name));
  if (wrong !== undefined) {
    throw new RangeError(`Cannot ${verb}: a class's name must be the name of a folder, got ${shown(wrong)}`);
  }
  const folders = dataset.classNames.map((name) => name.toLowerCase()); // some file systems do not tell cases apart
  const twice = folders.findIndex((name, index) => folders.indexOf(name) < index);
  if (twice >= 0) {
    const pair = [folders.indexOf(folders[twice]), twice].map((index) => shown(dataset.classNames[index]));
    throw new RangeError(`Cannot ${verb}: each class must have a folder of its own, got ${pair.join(" and ")}`);
  }
  const length = imageLength(dataset);
  for (let index = 0; index < dataset.size; index++) {
    const data = dataset.images.subarray(index * length, (index + 1) * length);
    const file = join(path, dataset.classNames[dataset.labels[index]], `${String(index).padStart(5, "0")}.png`);
    await writeWhole(file, encode({ width, height, data, channels, depth: 8 }));
  }
}
