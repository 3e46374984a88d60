/**
 * Ends a fit cleanly when a signal is given.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { shown } from "../support/check.ts";
import { ModelCallback } from "./model_callback.ts";

class StopOnSignal extends ModelCallback {
  constructor(signal: AbortSignal) {
    super({ onBatchEnd: () => void (signal.aborted && this.stop()) });
  }
}

/**
 * Ends a fit cleanly once a signal is given: the current batch finishes, and weights and history are kept.
 *
 * @param options `signal`: the AbortSignal to listen to.
 * @throws {TypeError} If `signal` is not an AbortSignal.
 * @example
 * ```ts
 * import { callbacks, CyclicLR, stopOnInterrupt } from "../mod.ts";
 *
 * const stop = new AbortController();
 * const list = callbacks(new CyclicLR(), stopOnInterrupt({ signal: stop.signal }));
 * ```
 */
export function stopOnInterrupt(options: { signal: AbortSignal }): tf.CustomCallback {
  if (typeof options?.signal?.aborted !== "boolean") {
    throw new TypeError(`Cannot stop on an interrupt: signal must be an AbortSignal, got ${shown(options?.signal)}`);
  }
  return new StopOnSignal(options.signal);
}
