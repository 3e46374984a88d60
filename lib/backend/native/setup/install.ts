/**
 * Sets native TensorFlow up for tfjs-node: once for a user, a copy of a small file for each project.
 * @module
 */
import { exists, fileHash, removeAll, withLock, writeWhole } from "../../../support/files.ts";
import { packageFile } from "../../../support/packages.ts";
import { dirname, join } from "../../../support/path.ts";
import { compileOperations, ownOperations } from "./compile.ts";
import { cacheDirectory } from "../../../support/directories.ts";
import { bindingPath, LIBRARIES, linkedLibraryNote, missingNativePart, nativePackage } from "./package.ts";
import { run } from "../../../support/subprocess.ts";
import { type NativePlan, planNative, type PlatformFacts, platformFacts } from "./platform.ts";

/** TensorFlow 2.21.0's wheel: any Python's will do, as only its C library is used. */
const WHEEL = {
  requirement: "tensorflow-cpu==2.21.0",
  pythonVersion: "3.13",
  platform: "manylinux_2_27_x86_64",
  sha256: "05af7c26d35f4de910b5598c7b507e3981831a7b0f47fed9a405d995d51d7793",
};
/** The directories and files of the wheel that the binding's sources include, by their beginnings. */
const WANTED = [
  ...LIBRARIES.map((name) => `tensorflow/${name}`),
  "tensorflow/include/tensorflow/c/",
  "tensorflow/include/tensorflow/core/platform/ctstring",
  "tensorflow/include/tsl/platform/ctstring",
  "tensorflow/include/xla/tsl/c/",
];

/** Options of {@linkcode setUpNative}. */
export interface SetUpOptions {
  /** Told of each stage, one line each. */
  onStage: (line: string) => void;
  /** Where the library is kept. Default: below {@linkcode cacheDirectory}. */
  directory?: string;
  /** The machine's facts. Default: this machine's. */
  facts?: PlatformFacts;
}

/**
 * Makes tfjs-node complete, if it is not. A broken or interrupted set-up is taken up by the next call; of two
 * processes at once, the second waits and finds it done.
 *
 * On Linux x86-64 with pip and a C++ compiler it takes libtensorflow out of the PyPI wheel and compiles
 * tfjs-node's own binding against it; elsewhere, or if that fails, tfjs-node's install script fetches the
 * official prebuilt files (libtensorflow 2.9.1). Beside the wheel's library it compiles this project's own operations.
 *
 * @param options See {@linkcode SetUpOptions}.
 * @returns How it was done: `"complete"` if nothing was missing.
 * @throws {Deno.errors.NotFound} If native TensorFlow cannot be had here; the message says why.
 */
export async function setUpNative(options: SetUpOptions): Promise<"complete" | "wheel" | "prebuilt"> {
  if (!needsSetUp()) return "complete";
  const facts = options.facts ?? await platformFacts();
  const way = missingNativePart() ? await setUpLibrary(facts, options) : "wheel";
  if (ownOperations() === "missing") await compileOwnOperations(facts, options.onStage);
  return way;
}

/** Whether {@linkcode setUpNative} has anything to do. */
export const needsSetUp = (): boolean => missingNativePart() !== undefined || ownOperations() === "missing";

async function setUpLibrary(facts: PlatformFacts, options: SetUpOptions): Promise<"wheel" | "prebuilt"> {
  const { onStage, directory = join(cacheDirectory(), "native") } = options;
  const plan = planNative(facts);
  const failures: Error[] = [];
  for (const way of plan.ways) {
    try {
      if (way === "prebuilt") await usePrebuilt(plan, onStage);
      else await useWheel(facts, directory, onStage);
      return way;
    } catch (error) {
      if (!(error instanceof Error) || error.name === "AbortError") throw error;
      failures.push(error);
      onStage(error.message);
    }
  }
  const reasons = [...(plan.why ? [plan.why] : []), ...failures.map(({ message }) => message)];
  throw new Deno.errors.NotFound(
    "Cannot set up native TensorFlow: it needs Linux x86-64 with pip and a C++ compiler, or the official prebuilt files. " +
      `Here: ${reasons.join("; ")}`,
    { cause: new AggregateError(failures) },
  );
}

async function useWheel(facts: PlatformFacts, directory: string, onStage: (line: string) => void): Promise<void> {
  const home = join(directory, WHEEL.requirement.replace("==", "-"));
  const binding = join(home, "tfjs-node-4.22.0.node");
  await withLock(`${home}.lock`, () => onStage("waiting for another set-up to end"), async () => {
    const there = await Promise.all(LIBRARIES.map((name) => exists(join(home, "tensorflow", name))));
    if (there.includes(false)) {
      await removeLeftovers(directory, home);
      await extractWheel(facts.python!, directory, home, onStage);
    }
    if (!await exists(binding)) await compileBinding(facts.compiler!, home, binding, onStage);
  });
  await writeWhole(bindingPath(), await Deno.readFile(binding));
  await writeWhole(linkedLibraryNote(), join(home, "tensorflow", LIBRARIES[0]));
}

/** Removes what killed set-ups have left, and a library that is not whole any more. */
async function removeLeftovers(directory: string, home: string): Promise<void> {
  await removeAll(home);
  for await (const { name } of Deno.readDir(directory)) {
    if (name.startsWith(PARTIAL)) await removeAll(join(directory, name));
  }
}

/** How the names of directories begin that a set-up has not finished. */
const PARTIAL = ".partial-";

/** Fetches the wheel by pip, which knows the user's index, proxy and certificates, and unpacks what is wanted. */
async function extractWheel(python: string, directory: string, home: string, onStage: (line: string) => void) {
  const partial = join(directory, `${PARTIAL}${Deno.pid}`);
  try {
    onStage(`fetching TensorFlow's library (${WHEEL.requirement}, 274 MB, once)`);
    await Deno.mkdir(partial, { recursive: true });
    // pip checks the hash; resuming is its own affair, hence the retries
    await Deno.writeTextFile(join(partial, "wheel.txt"), `${WHEEL.requirement} --hash=sha256:${WHEEL.sha256}\n`);
    await run("fetch TensorFlow's library", python, [
      ...["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--require-hashes", "--no-cache-dir"],
      ...["--python-version", WHEEL.pythonVersion, "--platform", WHEEL.platform, "--timeout", "30", "--retries", "5"],
      ...["--disable-pip-version-check", ...(Deno.stdout.isTerminal() ? [] : ["--quiet"])],
      ...["-r", join(partial, "wheel.txt"), "-d", partial],
    ], Deno.stdout.isTerminal() ? "inherit" : "piped"); // pip draws its progress bar on stdout
    const wheel = [...Deno.readDirSync(partial)].find(({ name }) => name.endsWith(".whl"));
    const path = join(partial, wheel?.name ?? "missing.whl");
    if (!wheel || await fileHash(path, "sha256") !== WHEEL.sha256) {
      throw new Deno.errors.InvalidData(
        `Cannot use TensorFlow's wheel: its sha256 must be ${WHEEL.sha256}, got another`,
      );
    }
    onStage("unpacking it");
    const script = "import sys, zipfile\n" +
      "wheel = zipfile.ZipFile(sys.argv[1])\n" +
      "wanted = tuple(sys.argv[3:])\n" +
      "wheel.extractall(sys.argv[2], [name for name in wheel.namelist() if name.startswith(wanted)])";
    await run("unpack TensorFlow's library", python, ["-c", script, path, join(partial, "home"), ...WANTED]);
    await Deno.rename(join(partial, "home"), home);
  } finally {
    await Deno.remove(partial, { recursive: true }).catch(() => {});
  }
}

async function compileBinding(compiler: string, home: string, binding: string, onStage: (line: string) => void) {
  onStage("compiling tfjs-node's binding against it (about 15 s)");
  const sources = join(nativePackage(), "binding");
  const library = join(home, "tensorflow");
  const partial = `${binding}.partial`;
  await run("compile tfjs-node's binding", compiler, [
    ...["-std=c++17", "-O2", "-shared", "-fPIC", "-DNAPI_VERSION=8"],
    `-I${join(dirname(packageFile("node-api-headers/package.json")), "include")}`,
    `-I${join(library, "include")}`,
    ...[...Deno.readDirSync(sources)].filter(({ name }) => name.endsWith(".cc")).map(({ name }) => join(sources, name)),
    ...LIBRARIES.map((name) => join(library, name)),
    ...["-Xlinker", "-rpath", "-Xlinker", library, "-o", partial],
  ]);
  await Deno.rename(partial, binding);
}

/** Compiles this project's own operations; without them TensorFlow's serve. */
async function compileOwnOperations({ compiler }: PlatformFacts, onStage: (line: string) => void): Promise<void> {
  onStage("compiling faster operations for this processor (about 6 s)");
  try {
    if (!compiler) throw new Error("Cannot compile them: there must be a C++ compiler, got none");
    await compileOperations(compiler);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    onStage(`${error.message}; TensorFlow's own serve`);
  }
}

/** The official files: tfjs-node's own install script, run by Deno's own way to run one. */
async function usePrebuilt(plan: NativePlan, onStage: (line: string) => void): Promise<void> {
  onStage(`fetching the official prebuilt library (libtensorflow 2.9.1)${plan.why ? `: ${plan.why}` : ""}`);
  await run("fetch the official prebuilt library", Deno.execPath(), [
    ...["install", "--quiet", "--allow-scripts=npm:@tensorflow/tfjs-node@4.22.0"],
  ]);
  const name = { windows: "tensorflow.dll", darwin: "libtensorflow.dylib" }[Deno.build.os as string] ??
    "libtensorflow.so";
  const library = join(nativePackage(), "deps", "lib", name);
  if (!await exists(library) || !await exists(bindingPath())) {
    throw new Deno.errors.NotFound(
      "Cannot use the prebuilt library: tfjs-node's install script must fetch it, got none",
    );
  }
  await writeWhole(linkedLibraryNote(), library);
}
