/**
 * The few calls of the C library that Deno has no name for. On other systems, and without the permission for native
 * code, each goes without.
 * @module
 */

const LIBRARY = "libc.so.6";
/** A path as C takes it. */
const cString = (path: string) => new TextEncoder().encode(`${path}\0`);

/**
 * Puts standard error aside while something runs: TensorFlow writes two notes to the terminal while it loads, past every
 * log level, and graphics drivers complain there.
 *
 * @param work What runs meanwhile.
 */
export async function withoutStandardError<T>(work: () => Promise<T>): Promise<T> {
  const standardError = 2;
  let restore = () => {};
  try {
    const { symbols: c } = Deno.dlopen(LIBRARY, {
      dup: { parameters: ["i32"], result: "i32" },
      dup2: { parameters: ["i32", "i32"], result: "i32" },
      open: { parameters: ["buffer", "i32"], result: "i32" },
      close: { parameters: ["i32"], result: "i32" },
    });
    const writeOnly = 1;
    const kept = c.dup(standardError);
    const nowhere = c.open(cString("/dev/null"), writeOnly);
    if (kept >= 0 && nowhere >= 0) c.dup2(nowhere, standardError);
    restore = () => {
      c.dup2(kept, standardError);
      c.close(kept);
      c.close(nowhere);
    };
  } catch { /* the notes are seen */ }
  try {
    return await work();
  } finally {
    restore();
  }
}

/**
 * What Linux tells of the processor, `/proc/cpuinfo`. Deno lets nobody read it who may not do everything, although
 * `lscpu` may.
 *
 * @returns undefined where it cannot be read.
 */
export function processorInfo(): string | undefined {
  try {
    const { symbols: c } = Deno.dlopen(LIBRARY, {
      open: { parameters: ["buffer", "i32"], result: "i32" },
      read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
      close: { parameters: ["i32"], result: "i32" },
    });
    const file = c.open(cString("/proc/cpuinfo"), 0);
    const start = new Uint8Array(16_384); // processor 0 is enough
    const length = Number(c.read(file, start, BigInt(start.length)));
    c.close(file);
    return length > 0 ? new TextDecoder().decode(start.subarray(0, length)) : undefined;
  } catch {
    return undefined;
  }
}
