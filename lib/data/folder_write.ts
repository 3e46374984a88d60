/**
 * Images into a folder with one sub-folder a class.
 * @module
 */
import { encode } from "fast-png";
import { shown } from "../support/check.ts";
import { writeWhole } from "../support/files.ts";
import { join } from "../support/path.ts";
import { type ImageDataset, imageLength } from "./dataset.ts";

/**
 * Writes a data set as PNG files, without loss: one sub-folder a class, its name the class's, and in it an image a file,
 * `00000.png`, `00001.png`, and so on, numbered by its place in the data set. It is what `imagesFromFolder` reads, which
 * sorts by class. Files of the same name are replaced, others stay.
 *
 * @param dataset The images, of 1 to 4 channels: grey, grey and opacity, colours, colours and opacity.
 * @param path The folder; made if it is not there.
 * @throws {TypeError} If the images have more than 4 channels.
 * @throws {RangeError} If a class's name is no name of a folder.
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
  // a name that starts with a dot would not be read again
  const wrong = dataset.classNames.find((name) => name === "" || /^\.|[\\/\0]/.test(name));
  if (wrong !== undefined) {
    throw new RangeError(`Cannot ${verb}: a class's name must be the name of a folder, got ${shown(wrong)}`);
  }
  const length = imageLength(dataset);
  for (let index = 0; index < dataset.size; index++) {
    const data = dataset.images.subarray(index * length, (index + 1) * length);
    const file = join(path, dataset.classNames[dataset.labels[index]], `${String(index).padStart(5, "0")}.png`);
    await writeWhole(file, encode({ width, height, data, channels, depth: 8 }));
  }
}
