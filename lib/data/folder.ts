/**
 * Images from a folder with one sub-folder a class.
 * @module
 */
import { decode } from "fast-png";
import { fileError } from "../support/files.ts";
import { join } from "../support/path.ts";
import { type ImageDataset, imageDataset } from "./dataset.ts";

/**
 * Loads a folder of PNG images: one sub-folder a class, its name the class's. All images must have one size.
 *
 * @param path The folder.
 * @returns The data set; classes and files in alphabetical order, alpha dropped.
 * @throws {Deno.errors.NotFound} If the folder is not there or holds no class with a PNG.
 * @throws {TypeError} If an image has another size than the first, or 16 bits a channel.
 * @example
 * ```ts ignore
 * import { imagesFromFolder, split } from "../lib/mod.ts";
 *
 * const [train, test] = split(await imagesFromFolder("my_images"), { fraction: 0.2, seed: 42 });
 * ```
 */
export async function imagesFromFolder(path: string): Promise<ImageDataset> {
  const classNames = await names(path, (entry) => entry.isDirectory);
  const pixels: Uint8Array[] = [];
  const labels: number[] = [];
  let shape: [number, number, number] | undefined;
  for (const [label, name] of classNames.entries()) {
    for (const file of await names(join(path, name), (entry) => /\.png$/i.test(entry.name))) {
      const image = await readPng(join(path, name, file));
      shape ??= image.shape;
      if (image.shape.join() !== shape.join()) {
        throw new TypeError(
          `Cannot use ${join(path, name, file)}: it must be ${shape.join(" x ")} as the first, got ${
            image.shape.join(" x ")
          }`,
        );
      }
      pixels.push(image.pixels);
      labels.push(label);
    }
  }
  if (!shape) {
    throw new Deno.errors.NotFound(
      `Cannot load images from ${path}: it must hold a folder of PNGs for each class, got none`,
    );
  }
  const length = shape[0] * shape[1] * shape[2];
  const images = new Uint8Array(pixels.length * length);
  pixels.forEach((image, index) => images.set(image, index * length));
  return imageDataset({ images, labels: Uint8Array.from(labels), shape, classNames });
}

async function names(path: string, wanted: (entry: Deno.DirEntry) => boolean): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(path));
    return entries.filter(wanted).map(({ name }) => name).sort();
  } catch (error) {
    throw fileError("read", path, error);
  }
}

async function readPng(path: string): Promise<{ pixels: Uint8Array; shape: [number, number, number] }> {
  const bytes = await Deno.readFile(path);
  const { data, width, height, channels, depth } = (() => {
    try {
      return decode(bytes);
    } catch (error) {
      throw new TypeError(`Cannot use ${path}: it must be a PNG, got ${(error as Error).message}`);
    }
  })();
  if (depth !== 8) throw new TypeError(`Cannot use ${path}: it must have 8 bits a channel, got ${depth}`);
  const kept = channels === 2 ? 1 : channels === 4 ? 3 : channels;
  const pixels = new Uint8Array(width * height * kept);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < kept; channel++) pixels[pixel * kept + channel] = data[pixel * channels + channel];
  }
  return { pixels, shape: [height, width, kept] };
}
