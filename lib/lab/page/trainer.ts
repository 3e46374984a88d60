/// <reference lib="dom" />
/**
 * The page's connection to the worker. It runs one training at a time, in one tab at a time.
 * @module
 */
import type { FromWorker, LabBackend, ToWorker } from "../protocol.ts";

/** A function that receives a training's messages. */
export type Listener = (message: FromWorker) => void;

/** The worker's message about its backend. */
export type Ready = Extract<FromWorker, { kind: "ready" }>;

/** The name of the lock that lets only one tab train at a time. Closing a tab releases it. */
const LOCK = "learning-rate-laboratory";
/** The key of a mark for a training in progress. The mark remains if the tab is closed in the middle. */
const MARK = "learning-rate-laboratory:training";

/** How long a training may take to stop, in milliseconds, before it counts as stuck. */
const STOP_MS = 10_000;

/** Starts trainings and receives their messages. */
export class Trainer {
  /** The backend; undefined until the worker has reported it. */
  ready?: Ready;
  #worker?: Worker;
  #backend: LabBackend = "auto";
  #listener?: Listener;
  #release?: () => void;
  readonly #onState: () => void;
  readonly #onProblem: (message: string) => void;

  /**
   * @param onState Called when a backend has started, and when a training starts and ends.
   * @param onProblem Called with a message about a problem outside of a training.
   */
  constructor(onState: () => void, onProblem: (message: string) => void) {
    this.#onState = onState;
    this.#onProblem = onProblem;
    addEventListener("beforeunload", (event) => {
      if (this.busy) event.preventDefault(); // the browser asks whether to leave
    });
  }

  /** Whether a training is in progress. */
  get busy(): boolean {
    return this.#listener !== undefined;
  }

  /** Starts a backend in a new worker. */
  start(backend: LabBackend): void {
    this.#worker?.terminate();
    this.#backend = backend;
    this.ready = undefined;
    const worker = this.#worker = new Worker("/worker.js", { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#hear(data);
    worker.onerror = (event) => {
      const message = `The training has broken off: ${event.message || "its script could not be loaded"}.`;
      const idle = this.ready !== undefined && !this.busy; // a worker that never ran would fail again
      this.#hear({ kind: "failed", message, restart: true });
      if (idle) this.start(this.#backend);
    };
    this.send({ kind: "start", backend });
    this.#onState();
  }

  /** Sends a message to the worker. */
  send(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }

  /** Stops the training. If it is stuck, as after the loss of the GPU, its backend is started anew. */
  stop(): void {
    const listener = this.#listener;
    this.send({ kind: "stop" });
    setTimeout(() => {
      if (listener === undefined || listener !== this.#listener) return;
      const message = "The training did not stop by itself, so its backend was started anew.";
      this.#hear({ kind: "failed", message, restart: true });
    }, STOP_MS);
  }

  /**
   * Starts a training.
   *
   * @param what A description of the training, for a tab that later finds it was broken off.
   * @param message The order.
   * @param listener Receives all messages of the worker until `done` or `failed`.
   * @returns Whether it started. It does not start while another tab is training.
   */
  async train(what: string, message: ToWorker, listener: Listener): Promise<boolean> {
    if (this.busy) return false;
    this.#listener = listener;
    if (!await this.#lock()) {
      this.#listener = undefined;
      return false;
    }
    stored((storage) => storage.setItem(MARK, what));
    this.#onState();
    this.send(message);
    return true;
  }

  /** Takes the lock if no other tab holds it. A browser that blocks the page's storage has no locks either. */
  #lock(): Promise<boolean> {
    return new Promise<boolean>((resolve, reject) => {
      navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock && new Promise<void>((release) => this.#release = release);
      }).catch(reject);
    }).catch(() => true);
  }

  #hear(message: FromWorker): void {
    const listener = this.#listener;
    if (message.kind === "ready") this.ready = message;
    if (message.kind === "done" || message.kind === "failed") {
      this.#listener = undefined;
      this.#release?.();
      if (listener) stored((storage) => storage.removeItem(MARK));
    }
    if (listener) listener(message);
    else if (message.kind === "failed") this.#onProblem(message.message);
    if (listener && message.kind === "failed" && message.restart) this.start(this.#backend);
    else this.#onState();
  }
}

/** Uses the browser's storage, unless the browser blocks it. */
function stored<T>(use: (storage: Storage) => T): T | undefined {
  try {
    return use(localStorage);
  } catch {
    return undefined;
  }
}

/** Whether another tab is training now. */
export async function anotherTabTrains(): Promise<boolean> {
  try {
    const { held = [] } = await navigator.locks.query();
    return held.some(({ name }) => name === LOCK);
  } catch {
    return false; // a browser that blocks the page's storage has no locks either
  }
}

/** The training that a closed tab broke off, if there was one. It is reported only once. */
export async function brokenOff(): Promise<string | undefined> {
  if (await anotherTabTrains()) return undefined;
  return stored((storage) => {
    const what = storage.getItem(MARK) ?? undefined;
    storage.removeItem(MARK);
    return what;
  });
}
