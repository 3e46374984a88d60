/**
 * The operations that this project brings itself (cpp/): compiled on the machine that runs them, for its processor,
 * and kept beside the TensorFlow library that they were linked with.
 * @module
 */
import { createHash } from "node:crypto";
import { basename, dirname, join } from "../../../support/path.ts";
import { processorInfo } from "./libc.ts";
import { LIBRARIES, linkedLibraryNote } from "./package.ts";
import { run } from "../../../support/subprocess.ts";

/**
 * Where their sources lie.
 *
 * @throws {Deno.errors.NotSupported} Where this module was loaded from a server: a compiler reads files.
 */
function sources(): string {
  const directory = import.meta.dirname;
  if (directory === undefined) {
    throw new Deno.errors.NotSupported(
      `Cannot compile the faster operations: their sources must lie on this machine's disk, got ${import.meta.url}; ` +
        "clone the project",
    );
  }
  return join(directory, "../cpp");
}
/** What the compiler may use, by what a processor must have for it; the first that fits counts. */
const PROCESSORS = [
  { name: "avx512", needs: ["avx512f", "avx2", "fma"], flags: ["-mavx512f", "-mavx2", "-mfma"] },
  { name: "avx2", needs: ["avx2", "fma"], flags: ["-mavx2", "-mfma"] },
];

const processor = (info = processorInfo() ?? "") =>
  PROCESSORS.find(({ needs }) => needs.every((need) => new RegExp(`^flags\\s*:.*\\b${need}\\b`, "m").test(info)));

/** Where they lie, or would; undefined where there is no wheel's library or the processor has no AVX2. */
function libraryPath(): string | undefined {
  const fit = processor();
  if (!fit) return;
  let linked: string;
  try {
    linked = Deno.readTextFileSync(linkedLibraryNote());
  } catch {
    return;
  }
  if (basename(linked) !== LIBRARIES[0]) return;
  const hash = createHash("sha256");
  for (const name of [...Deno.readDirSync(sources())].map(({ name }) => name).sort()) {
    hash.update(Deno.readFileSync(join(sources(), name)));
  }
  return join(dirname(linked), `operations-${fit.name}-${hash.digest("hex").slice(0, 12)}.so`);
}

/** Whether they are there, could be compiled, or cannot be had for this processor and this library. */
export function ownOperations(): "compiled" | "missing" | "impossible" {
  const path = libraryPath();
  if (!path) return "impossible";
  try {
    Deno.statSync(path);
    return "compiled";
  } catch {
    return "missing";
  }
}

/**
 * Compiles them.
 *
 * @param compiler The C++ compiler's command.
 * @throws {Error} If it fails, with the compiler's reason.
 */
export async function compileOperations(compiler: string): Promise<void> {
  const path = libraryPath()!;
  const partial = `${path}.${Deno.pid}.partial`;
  const directory = dirname(path);
  try {
    await run("compile the faster operations", compiler, [
      ...["-std=c++17", "-O3", "-shared", "-fPIC", "-pthread", ...processor()!.flags],
      ...["-fno-math-errno", join(sources(), "operations.cc")], // so that roots are found by vectors
      ...LIBRARIES.map((name) => join(directory, name)),
      ...["-Xlinker", "-rpath", "-Xlinker", directory, "-o", partial],
    ]);
    await Deno.rename(partial, path);
  } finally {
    await Deno.remove(partial).catch(() => {});
  }
}

/**
 * Adds them to this process's TensorFlow, which must be loaded, if they are not there yet.
 *
 * @returns Whether they are there now, should be but are not, or cannot be had here.
 */
export function addOperations(): "added" | "missing" | "impossible" {
  const path = libraryPath();
  if (!path) return "impossible";
  try {
    const { symbols } = Deno.dlopen(path, { addOperations: { parameters: [], result: "bool" } });
    return symbols.addOperations() ? "added" : "missing";
  } catch {
    return "missing";
  }
}
