/**
 * The images that the laboratory's server sends, from CIFAR-10's files.
 * @module
 */
import { filesArePresent } from "../data/cifar10/files.ts";
import { loadCifar10 } from "../data/cifar10/mod.ts";
import { subset } from "../data/dataset.ts";
import { type LabImages, packImages } from "./image_bytes.ts";
import { DATA } from "./settings.ts";

/** Where the server's images come from. */
export interface ImageSource {
  /** Whether there are images. */
  readonly present: () => Promise<boolean>;
  /** The images for a seed, as bytes: the same ones that `deno task train` uses with that seed. */
  readonly bytes: (seed: number) => Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Takes CIFAR-10 from a directory; nothing is fetched. The files are read and verified when images are first requested.
 *
 * @param directory The directory with the six .bin files.
 */
export function cifar10Source(directory: string): ImageSource {
  let loaded: Promise<LabImages> | undefined;
  return {
    present: () => filesArePresent(directory),
    async bytes(seed) {
      loaded ??= loadCifar10({ directory });
      try {
        const { train, test } = await loaded;
        return packImages({
          train: subset(train, { size: DATA.trainSize, seed }),
          test: subset(test, { size: DATA.testSize }),
        });
      } catch (error) {
        loaded = undefined; // the files may be there the next time
        throw error;
      }
    },
  };
}
