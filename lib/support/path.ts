/**
 * Path functions, from `jsr:@std/path` if JSR can be reached and from `node:path` if it cannot: company networks often
 * let only npm through. All other modules import their path functions from here.
 * @module
 */

// The specifier is in a variable, so that Deno does not resolve it before any code runs. On a network that drops
// packets to JSR instead of refusing them, that would delay every start by minutes.
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
