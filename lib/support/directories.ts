/**
 * Where downloads and the native backend are kept between runs.
 * @module
 */
import { join, resolve } from "./path.ts";

/**
 * The user's cache directory for this project: `CLR_CACHE_DIR` if it is set, otherwise a directory inside the system's
 * own cache directory.
 *
 * @param env Reads an environment variable; the process's environment by default.
 * @param os The operating system; this one by default.
 * @throws {Deno.errors.NotFound} If no home directory is known.
 * @example
 * ```ts
 * import { cacheDirectory } from "./directories.ts";
 *
 * const directory = cacheDirectory((name) => name === "HOME" ? "/home/ada" : undefined, "linux");
 * if (directory !== "/home/ada/.cache/cyclical-learning-rates") throw new Error(directory);
 * ```
 */
export function cacheDirectory(
  env: (name: string) => string | undefined = (name) => Deno.env.get(name),
  os: typeof Deno.build.os = Deno.build.os,
): string {
  const own = env("CLR_CACHE_DIR");
  if (own) return resolve(own); // from wherever a process starts, it is the same
  const home = env("HOME") || env("USERPROFILE");
  const caches = os === "windows"
    ? env("LOCALAPPDATA")
    : env("XDG_CACHE_HOME") || (home && (os === "darwin" ? join(home, "Library", "Caches") : join(home, ".cache")));
  if (!caches) {
    throw new Deno.errors.NotFound("Cannot find the cache directory: set CLR_CACHE_DIR to a directory, got no HOME");
  }
  return resolve(caches, "cyclical-learning-rates");
}
