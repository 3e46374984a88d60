/**
 * Selects the TensorFlow.js backend.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { checkChoice, checkOptions } from "../support/check.ts";
import { checkPrecision, setPrecision } from "./native/bfloat16.ts";
import type { Precision } from "./precision.ts";
import { hushBanner } from "./banner.ts";
import { addOperations } from "./native/setup/compile.ts";
import { releaseEarly } from "./early_release.ts";
import { withoutStandardError } from "./native/setup/libc.ts";
import { registerNativeKernels } from "./native/kernels.ts";
import { NATIVE } from "./native/ops.ts";
import { importNative, missingNativePart } from "./native/setup/package.ts";
import { registerWasmKernels } from "./wasm/kernels.ts";
import { startWithThreads } from "./wasm/threads.ts";

/** The names by which a user asks for a backend. */
export const BACKENDS = ["auto", "native", "webgpu", "wasm", "cpu"] as const;
/** A backend's name. `"auto"` tries native first, then webgpu on a real adapter, then wasm. */
export type BackendChoice = typeof BACKENDS[number];
/** A backend that can be active. */
export type BackendName = Exclude<BackendChoice, "auto">;

/** What {@linkcode selectBackend} chose. */
export interface SelectedBackend {
  /** TensorFlow.js with the backend active: the same module as `tf` from `lib/mod.ts`. */
  readonly tf: typeof tf;
  /** The active backend. */
  readonly name: BackendName;
  /** Why this backend was chosen, in words for a user. */
  readonly reason: string;
}

/**
 * Activates a backend. It installs nothing and prints nothing. If you ask for a backend by name and it is missing, you
 * get an error, never another backend.
 *
 * After this call, a backward pass on any backend frees each tensor as soon as it has used it. All other additions and
 * speed-ups apply to one backend each: gradients, batch normalization layers and the momentum optimizer check which
 * backend is active, and on all others they do what tfjs does. For example, after `tf.setBackend("cpu")` a training
 * gives the same numbers as if this function had never been called.
 *
 * @param choice `"auto"` takes native TensorFlow if it is there, else WebGPU if there is a real adapter, else
 * WebAssembly. Default `"auto"`.
 * @param options `precision`: `"bfloat16"` is mixed precision. It needs the native backend and a processor with
 * bfloat16 instructions. Convolutions then round their inputs, and images stay rounded between them; weights,
 * statistics, loss and updates stay float32. Default `"float32"`.
 * @throws {RangeError} If a name is unknown.
 * @throws {TypeError} If an option is unknown.
 * @throws {Deno.errors.NotSupported} If this machine does not support the precision.
 * @throws {Deno.errors.NotFound} If you asked for a backend by name and it is not available; the message says what to
 * do.
 * @example
 * ```ts
 * import { selectBackend } from "../mod.ts";
 *
 * const { tf, name } = await selectBackend("cpu");
 * if (name !== "cpu" || tf.getBackend() !== "cpu") throw new Error("the plain backend");
 * ```
 */
export async function selectBackend(
  choice: BackendChoice = "auto",
  options: { precision?: Precision } = {},
): Promise<SelectedBackend> {
  checkChoice("select a backend", "the backend", choice, BACKENDS);
  checkOptions("select a backend", options, ["precision"]);
  const { precision = "float32" } = options;
  checkPrecision(precision, choice);
  const started = turn.catch(() => {}).then(() => start(choice));
  turn = started;
  const selected = await started;
  checkPrecision(precision, selected.name);
  if (selected.name === "native") setPrecision(precision);
  return selected;
}

/** One start at a time: each puts standard error aside, and back. */
let turn: Promise<unknown> = Promise.resolve();

async function start(choice: BackendChoice): Promise<SelectedBackend> {
  if (choice !== "auto") return { tf, name: choice, reason: await START[choice]("asked for by name") };
  const passed: string[] = [];
  for (const name of ["native", "webgpu"] as const) {
    try {
      return { tf, name, reason: [...passed, await START[name]("the fastest at hand")].join("; ") };
    } catch (error) {
      if (error instanceof MissingBackend) passed.push(error.missing);
      else if (error instanceof Deno.errors.NotSupported) passed.push(error.message);
      else throw error;
    }
  }
  return { tf, name: "wasm", reason: await START.wasm(passed.join("; ")) };
}

/** A backend is not available on this machine. */
class MissingBackend extends Deno.errors.NotFound {
  /**
   * @param name The backend.
   * @param missing What is missing, as a clause.
   * @param cure What to do.
   * @param options The error behind it.
   */
  constructor(name: BackendName, readonly missing: string, cure: string, options?: ErrorOptions) {
    super(`Cannot select the ${name} backend: ${missing}; ${cure}`, options);
  }
}

/**
 * Marks a process that has loaded a software adapter's driver. TensorFlow would crash if it were loaded afterwards,
 * because the driver brings its own LLVM.
 */
const SOFTWARE_DRIVER = Symbol("software driver");
interface MaybeSoftware {
  [SOFTWARE_DRIVER]?: true;
}

/** Starts each backend and returns the reason. Throws a {@linkcode MissingBackend} if the backend is not available. */
const START: Record<BackendName, (why: string) => Promise<string>> = {
  async native(why) {
    const missing = missingNativePart();
    if (missing) throw new MissingBackend("native", missing, "run `deno task setup`");
    if (!tf.findBackend(NATIVE) && (navigator.gpu as MaybeSoftware)?.[SOFTWARE_DRIVER]) {
      throw new Deno.errors.NotSupported(
        "Cannot select the native backend: it must start before any software GPU adapter, got one; start a new process",
      );
    }
    try {
      await importNative();
    } catch (cause) {
      if (cause instanceof Deno.errors.NotCapable) throw cause;
      throw new MissingBackend(
        "native",
        `its library does not load: ${(cause as Error).message}`,
        "run `deno task doctor`",
        { cause },
      );
    }
    await activate("native", NATIVE);
    const own = addOperations();
    registerNativeKernels(own === "added");
    return own === "missing" ? `${why}; without its faster operations, which \`deno task setup\` compiles` : why;
  },
  async webgpu(why) {
    // unused drivers may print complaints on the terminal
    const adapter = await withoutStandardError(async () =>
      await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" })
    );
    const software = adapter && /llvmpipe|swiftshader|software|lavapipe|basic render/i.test(
      `${adapter.info?.description} ${adapter.info?.device} ${adapter.info?.vendor}`,
    );
    if (software) (navigator.gpu as MaybeSoftware)[SOFTWARE_DRIVER] = true;
    if (!adapter || (software && why !== "asked for by name")) {
      throw new MissingBackend("webgpu", `there is no ${adapter ? "real " : ""}GPU adapter`, "choose another backend");
    }
    await import("@tensorflow/tfjs-backend-webgpu");
    await withoutStandardError(() => activate("webgpu"));
    return `${why}${software ? " (a software adapter: slow)" : ""}`;
  },
  async wasm(why) {
    const { setThreadsCount, getThreadsCount } = await import("@tensorflow/tfjs-backend-wasm");
    const fromFile = import.meta.dirname !== undefined; // a thread's script must be a file
    if (!tf.findBackend("wasm") && navigator.hardwareConcurrency > 1 && fromFile) {
      await startWithThreads(() => activate("wasm"), setThreadsCount).catch(() => {});
    }
    await activate("wasm");
    registerWasmKernels();
    const threads = getThreadsCount();
    return `${why}; ${threads} ${threads === 1 ? "thread" : "threads"}`;
  },
  async cpu(why) {
    await activate("cpu");
    return why;
  },
};

async function activate(name: BackendName, tfjsName: string = name): Promise<void> {
  hushBanner();
  if (!await tf.setBackend(tfjsName)) {
    throw new MissingBackend(name, `${name} does not start`, "tfjs has printed why");
  }
  await tf.ready();
  releaseEarly();
}
