/**
 * The installed tfjs-node: where it lies, and whether its native parts are there.
 * @module
 */
import util from "node:util";
import { packageFile } from "../../../support/packages.ts";
import { basename, dirname, join } from "../../../support/path.ts";
import { withoutStandardError } from "./libc.ts";

// In a variable, so that `deno pack` does not make it a dependency: its install script fetches a whole TensorFlow, and
// who takes the npm package for its core has no use for that.
const TFJS_NODE: string = "@tensorflow/tfjs-node";

/** The directory of the npm package `@tensorflow/tfjs-node`, inside node_modules. */
export function nativePackage(): string {
  return dirname(packageFile(`${TFJS_NODE}/package.json`));
}

/** Where tfjs-node looks for its binding. */
export function bindingPath(): string {
  return join(nativePackage(), "lib", "napi-v8", "tfjs_binding.node");
}

/** The libraries of TensorFlow's wheel. */
export const LIBRARIES = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"];

/** Beside the binding: the path of the libtensorflow it was linked against. */
export function linkedLibraryNote(): string {
  return join(nativePackage(), "lib", "napi-v8", "libtensorflow.path");
}

/**
 * Says what tfjs-node lacks.
 *
 * @returns undefined where it is complete, else the missing part in words.
 */
export function missingNativePart(): string | undefined {
  if (import.meta.dirname === undefined) return "native TensorFlow needs a clone of this project on the disk";
  let library: string;
  try {
    Deno.statSync(bindingPath());
    library = Deno.readTextFileSync(linkedLibraryNote());
  } catch {
    return "native TensorFlow is not set up";
  }
  try {
    Deno.statSync(library);
    if (basename(library) === LIBRARIES[0]) LIBRARIES.forEach((name) => Deno.statSync(join(dirname(library), name)));
  } catch {
    return "native TensorFlow's library is gone";
  }
}

/** Writes summaries for TensorBoard. */
export interface SummaryWriter {
  /** Writes one number. */
  scalar(name: string, value: number, step: number): void;
  /** Sends what is buffered to the disk. */
  flush(): void;
}

/** What of tfjs-node goes beyond tfjs. */
export interface NativeModule {
  /** TensorFlow's own. */
  readonly node: { summaryFileWriter(directory: string): SummaryWriter };
}

/** Imports tfjs-node, which registers the backend "tensorflow" with the tfjs that everybody shares. */
export async function importNative(): Promise<NativeModule> {
  // tfjs-node 4.22 calls a function that Node 23 and Deno no longer have
  Object.assign(util, { isNullOrUndefined: (value: unknown) => value === null || value === undefined });
  // TensorFlow's notes on the processor would land in the middle of a progress bar
  if (!Deno.env.get("TF_CPP_MIN_LOG_LEVEL")) Deno.env.set("TF_CPP_MIN_LOG_LEVEL", "3");
  // TensorFlow turns oneDNN on by itself only where there is AVX512; with AVX2 a step takes a tenth less with it
  if (!Deno.env.get("TF_ENABLE_ONEDNN_OPTS")) Deno.env.set("TF_ENABLE_ONEDNN_OPTS", "1");
  return await withoutStandardError(() => import(TFJS_NODE));
}
