/**
 * Threads for tfjs's WebAssembly backend, which by itself starts them only in browsers. Under Deno it tries to start a
 * browser worker from a blob URL, which does not work here, and so it stays with one thread. Two threads do a training
 * step in two thirds of the time.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import os from "node:os";
import { Worker } from "node:worker_threads";

/** The number of workers that the backend always creates when it starts, however many it needs. */
const POOL = 8;

/** A message from the backend to a worker. */
interface Message {
  cmd?: string;
  urlOrBlob?: unknown;
}

/** A worker that runs the backend's script. */
class Thread extends Worker {
  constructor() {
    super(new URL("./thread.ts", import.meta.url));
  }

  override postMessage(message: Message): void {
    // the backend would send its script as a blob, which cannot be sent; our worker already has the script
    super.postMessage(message.cmd === "load" ? { ...message, urlOrBlob: "" } : message);
  }

  /** Does nothing: the backend would otherwise keep the process alive for a thread that is only waiting. */
  override ref(): void {}
}

/** Stands in for a worker that the backend makes but never uses. */
class SpareThread {
  #hear?: (message: Message) => void;
  on(event: string, hear: (message: Message) => void): void {
    if (event === "message") this.#hear = hear;
  }
  postMessage(): void {
    queueMicrotask(() => this.#hear?.({ cmd: "loaded" }));
  }
  unref(): void {}
}

/**
 * Starts the WebAssembly backend with a thread for each core, 8 at most.
 *
 * @param activate Starts the backend.
 * @param setThreadsCount tfjs-backend-wasm's function of that name.
 * @throws {Error} If a worker fails; the backend is then unchanged, and can be started with one thread.
 */
export async function startWithThreads(
  activate: () => Promise<void>,
  setThreadsCount: (count: number) => void,
): Promise<void> {
  const count = Math.min(POOL, navigator.hardwareConcurrency);
  let made = 0;
  let fail: (error: Error) => void;
  const failure = new Promise<never>((_, reject) => fail = reject);
  // the backend takes workers from the end of its pool, so only the last ones need to be real
  const makeThread = function () {
    if (++made <= POOL - (count - 1)) return new SpareThread();
    const thread = new Thread();
    thread.on("error", (error) => fail(error as Error));
    return thread;
  };
  const worker = Object.getOwnPropertyDescriptor(globalThis, "Worker")!;
  const { cpus } = os;
  try {
    Object.defineProperty(globalThis, "Worker", { get: () => makeThread, set() {}, configurable: true });
    os.cpus = () => new Array(2 * count); // it starts one thread for every two cores that it sees
    tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", true);
    setThreadsCount(count);
    await Promise.race([activate(), failure]);
  } catch (error) {
    const start = tf.findBackendFactory("wasm");
    tf.removeBackend("wasm");
    tf.registerBackend("wasm", start);
    tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
    throw error;
  } finally {
    Object.defineProperty(globalThis, "Worker", worker);
    os.cpus = cpus;
  }
}
