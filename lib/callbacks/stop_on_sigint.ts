/**
 * `stopOnInterrupt` for Deno, where it reacts to Stop in a notebook, and to Ctrl-C.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { checkOptions } from "../support/check.ts";
import { ModelCallback } from "./model_callback.ts";
import { stopOnInterrupt as stopOnSignal } from "./stop_on_interrupt.ts";

class StopOnSigint extends ModelCallback {
  constructor() {
    let interrupted = false;
    const interrupt = () => {
      interrupted = true;
      // In a terminal, a second Ctrl-C quits; in a notebook it would end the kernel. And tfjs ends a fit that failed
      // without telling its callbacks, so the listener may be left over from one.
      if (Deno.stdin.isTerminal() || !isTraining(this.trained!)) Deno.removeSignalListener("SIGINT", interrupt);
    };
    super({
      onTrainBegin: () => {
        interrupted = false;
        // without a listener, the signal would end the process, which in a notebook is the kernel
        Deno.addSignalListener("SIGINT", interrupt);
      },
      onBatchEnd: () => void (interrupted && this.stop()),
      onTrainEnd: () => Deno.removeSignalListener("SIGINT", interrupt),
    });
  }
}

/** Whether a model's fit is under way. tfjs sets this for its own use, and resets it even if the fit fails. */
const isTraining = (model: tf.LayersModel): boolean => (model as unknown as { isTraining: boolean }).isTraining;

/**
 * Ends a fit cleanly when you press Stop in a notebook, or Ctrl-C: the current batch finishes, and weights and history
 * are kept. In a terminal, a second Ctrl-C quits immediately.
 *
 * @param options `signal`: an AbortSignal to listen to instead of the process's SIGINT.
 * @throws {TypeError} If an option is unknown.
 * @example
 * ```ts
 * import { callbacks, CyclicLR, stopOnInterrupt } from "../mod.ts";
 *
 * const list = callbacks(new CyclicLR(), stopOnInterrupt());
 * ```
 */
export function stopOnInterrupt(options: { signal?: AbortSignal } = {}): tf.CustomCallback {
  checkOptions("stop on an interrupt", options, ["signal"]);
  return options.signal ? stopOnSignal({ signal: options.signal }) : new StopOnSigint();
}
