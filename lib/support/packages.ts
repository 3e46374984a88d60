/**
 * Finds files of the npm packages that this project uses.
 * @module
 */
import { createRequire } from "node:module";

/**
 * The path of a file in an installed package.
 *
 * @param specifier The file, such as `"dejavu-fonts-ttf/package.json"`; a package's name alone means its main file.
 * @throws {Deno.errors.NotSupported} If this project was loaded from a server, where no packages are installed beside
 * it.
 */
export function packageFile(specifier: string): string {
  if (import.meta.dirname === undefined) {
    throw new Deno.errors.NotSupported(
      `Cannot find ${specifier}: this project must be on disk, with its packages, got ${import.meta.url}`,
    );
  }
  return createRequire(import.meta.url).resolve(specifier);
}
