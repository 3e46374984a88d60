/**
 * Ends a fit cleanly when a signal is given.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
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
 * @example
 * ```ts
 * import { callbacks, CyclicLR, stopOnInterrupt } from "../mod.ts";
 *
 * const stop = new AbortController();
 * const list = callbacks(new CyclicLR(), stopOnInterrupt({ signal: stop.signal }));
 * ```
 */
export function stopOnInterrupt(options: { signal: AbortSignal }): tf.CustomCallback {
  return new StopOnSignal(options.signal);
}
