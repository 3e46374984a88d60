/**
 * Random numbers determined by a seed and a position, so that nothing needs to be saved to continue in the middle of a
 * run.
 * @module
 */

/**
 * A generator of numbers from 0 to 1 (sfc32), seeded by any number of whole numbers. The same seeds give the same
 * sequence.
 *
 * @param key The seed, and whatever else distinguishes this stream from others, such as the epoch and the image's
 * index.
 * @example
 * ```ts
 * import { randomFrom } from "./random.ts";
 *
 * if (randomFrom(42, 0)() !== randomFrom(42, 0)()) throw new Error("the same key, the same number");
 * ```
 */
export function randomFrom(...key: number[]): () => number {
  // the 128-bit state comes from mixing each part of the key into four lanes (with the finalizer of MurmurHash3)
  const state = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0xdeadbeef].map((lane) =>
    key.reduce((h, part) => mix(mix(h ^ (part | 0)) + Math.floor(part / 2 ** 32)), lane)
  );
  let [a, b, c, d] = state;
  return () => {
    const t = (a + b | 0) + d | 0;
    d = d + 1 | 0;
    a = b ^ b >>> 9;
    b = c + (c << 3) | 0;
    c = (c << 21 | c >>> 11) + t | 0;
    return (t >>> 0) / 2 ** 32;
  };
}

function mix(h: number): number {
  h = Math.imul(h ^ h >>> 16, 0x85ebca6b);
  h = Math.imul(h ^ h >>> 13, 0xc2b2ae35);
  return h ^ h >>> 16;
}

/** The numbers from 0 to n - 1 in an order that the key determines (Fisher and Yates). */
export function shuffled(n: number, ...key: number[]): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, index) => index);
  const random = randomFrom(...key);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
