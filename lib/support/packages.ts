/**
 * Files of the npm packages that this project brings.
 * @module
 */
import { createRequire } from "node:module";

/**
 * Where a file of an installed package lies.
 *
 * @param specifier The file, such as `"dejavu-fonts-ttf/package.json"`; a package's name alone is its main file.
 * @throws {Deno.errors.NotSupported} Where this project was loaded from a server: no packages lie beside it then.
 */
export function packageFile(specifier: string): string {
  if (import.meta.dirname === undefined) {
    throw new Deno.errors.NotSupported(
      `Cannot find ${specifier}: this project must lie on the disk, with its packages, got ${import.meta.url}`,
    );
  }
  return createRequire(import.meta.url).resolve(specifier);
}
