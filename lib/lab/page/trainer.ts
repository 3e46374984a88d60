/// <reference lib="dom" />
/**
 * The page's side of the worker: one training at a time, in one tab at a time.
 * @module
 */
import type { FromWorker, LabBackend, ToWorker } from "../protocol.ts";

/** What a training tells. */
export type Listener = (message: FromWorker) => void;

/** What runs, as the worker says it. */
export type Ready = Extract<FromWorker, { kind: "ready" }>;

/** One tab trains at a time: the lock's name. A tab that closes lets it go. */
const LOCK = "learning-rate-laboratory";
/** Marks a training that is under way: it is left where a tab is closed in the middle. */
const MARK = "learning-rate-laboratory:training";

/** Starts trainings and hears of them. */
export class Trainer {
  /** What runs; undefined until the worker has said so. */
  ready?: Ready;
  #worker?: Worker;
  #backend: LabBackend = "auto";
  #listener?: Listener;
  #release?: () => void;
  readonly #onState: () => void;
  readonly #onProblem: (message: string) => void;

  /**
   * @param onState Told when a backend has started, and when a training starts and ends.
   * @param onProblem Told what went wrong outside of a training.
   */
  constructor(onState: () => void, onProblem: (message: string) => void) {
    this.#onState = onState;
    this.#onProblem = onProblem;
    addEventListener("beforeunload", (event) => {
      if (this.busy) event.preventDefault(); // the browser asks whether to leave
    });
  }

  /** Whether a training is under way. */
  get busy(): boolean {
    return this.#listener !== undefined;
  }

  /** Starts a backend, in a fresh worker. */
  start(backend: LabBackend): void {
    this.#worker?.terminate();
    this.#backend = backend;
    this.ready = undefined;
    const worker = this.#worker = new Worker("/worker.js", { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#hear(data);
    worker.onerror = (event) => {
      const message = `The training has broken off: ${event.message || "its script could not be loaded"}.`;
      const ran = this.ready !== undefined;
      this.#hear({ kind: "failed", message });
      if (ran) this.start(this.#backend); // one that never ran would not run the next time either
    };
    this.send({ kind: "start", backend });
    this.#onState();
  }

  /** Says something to the worker. */
  send(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }

  /**
   * Starts a training.
   *
   * @param what What it is, in words, for a tab that finds it broken off.
   * @param message The order.
   * @param listener Told of all that the worker says, until `done` or `failed`.
   * @returns Whether it started: not while another tab trains.
   */
  async train(what: string, message: ToWorker, listener: Listener): Promise<boolean> {
    if (this.busy) return false;
    this.#listener = listener;
    if (!await this.#lock()) {
      this.#listener = undefined;
      return false;
    }
    localStorage.setItem(MARK, what);
    this.#onState();
    this.send(message);
    return true;
  }

  /** Takes the lock, if no other tab has it. */
  #lock(): Promise<boolean> {
    return new Promise((resolve) => {
      void navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock && new Promise<void>((release) => this.#release = release);
      });
    });
  }

  #hear(message: FromWorker): void {
    const listener = this.#listener;
    if (message.kind === "ready") this.ready = message;
    if (message.kind === "done" || message.kind === "failed") {
      this.#listener = undefined;
      this.#release?.();
      if (listener) localStorage.removeItem(MARK);
    }
    if (listener) listener(message);
    else if (message.kind === "failed") this.#onProblem(message.message);
    this.#onState();
  }
}

/** Whether another tab trains now. */
export async function anotherTabTrains(): Promise<boolean> {
  const { held = [] } = await navigator.locks.query();
  return held.some(({ name }) => name === LOCK);
}

/** The training that a closed tab broke off, if there was one; asked a second time, there is none. */
export async function brokenOff(): Promise<string | undefined> {
  if (await anotherTabTrains()) return undefined;
  const what = localStorage.getItem(MARK) ?? undefined;
  localStorage.removeItem(MARK);
  return what;
}
