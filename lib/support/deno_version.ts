/**
 * Tells whether Deno is new enough.
 * @module
 */

/** The oldest version of Deno whose Jupyter kernel loses no output. */
export const LEAST_DENO = "2.9.1";

/** Whether a version such as 2.9.1 is at least as new as another. */
export function atLeast(version: string, least: string): boolean {
  const [a, b] = [version, least].map((text) => text.split(/[.+-]/).map(Number));
  for (let i = 0; i < 3; i++) if (a[i] !== b[i]) return a[i] > b[i];
  return true;
}
