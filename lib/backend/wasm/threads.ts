/**
 * Threads for tfjs's WebAssembly backend, which starts them in browsers only: under Deno it asks for a browser's worker
 * by a blob URL, which Deno lacks here, and so stays with one thread. Two do a step in two thirds of the time.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import os from "node:os";
import { Worker } from "node:worker_threads";

/** Workers that the backend makes at its start, whatever it needs. */
const POOL = 8;

/** A message of the backend to a worker. */
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
    // it would name its own script by a blob, which cannot be sent; ours knows the script
    super.postMessage(message.cmd === "load" ? { ...message, urlOrBlob: "" } : message);
  }

  /** The backend would keep the process alive for a thread that waits. */
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
 * @throws {Error} If a worker fails; the backend is then as before, and can be started with one thread.
 */
export async function startWithThreads(
  activate: () => Promise<void>,
  setThreadsCount: (count: number) => void,
): Promise<void> {
  const count = Math.min(POOL, navigator.hardwareConcurrency);
  let made = 0;
  let fail: (error: Error) => void;
  const failure = new Promise<never>((_, reject) => fail = reject);
  // the backend takes workers from the end of its pool
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
    os.cpus = () => new Array(2 * count); // it starts a thread for every other core that it is told of
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
