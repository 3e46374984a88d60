/**
 * Paths, from `jsr:@std/path` where JSR answers and from `node:path` where it does not: company networks often
 * let only npm through. All other modules take their paths from here.
 * @module
 */

// In a variable, so that Deno does not resolve it before any code runs: where packets to JSR are dropped rather
// than refused, that would hold every start up for minutes.
const specifier: string = "@std/path";
const PATIENCE_MS = 2000;

let timer: ReturnType<typeof setTimeout> | undefined;
const impatient = new Promise<never>((_, reject) => {
  timer = setTimeout(() => reject(new Error("JSR is silent")), PATIENCE_MS);
});
const path: Pick<
  typeof import("node:path"),
  "basename" | "dirname" | "extname" | "isAbsolute" | "join" | "relative" | "resolve"
> = await Promise.race([import(specifier), impatient])
  .catch(() => import("node:path"))
  .finally(() => clearTimeout(timer));

export const { basename, dirname, extname, isAbsolute, join, relative, resolve } = path;
