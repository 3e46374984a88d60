/**
 * How long each operation takes, for a profile.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { NATIVE, nativeBackend } from "./native/ops.ts";

/** Time and count of an operation. */
export interface OperationTime {
  /** Milliseconds in all, without the operations that it called. */
  ms: number;
  /** How often it ran. */
  calls: number;
}

/**
 * Measures every operation of the active backend until `stop` is called: TensorFlow's own on native, tfjs's kernels
 * elsewhere. Only for backends whose operations have ended when they return.
 */
export function timeOperations(): { stop(): Map<string, OperationTime> } {
  const times = new Map<string, OperationTime>();
  const inner: number[] = [];
  const timed = <T>(name: string, work: () => T): T => {
    inner.push(0);
    const start = performance.now();
    try {
      return work();
    } finally {
      const all = performance.now() - start;
      const own = all - inner.pop()!;
      if (inner.length) inner[inner.length - 1] += all;
      const time = times.get(name) ?? { ms: 0, calls: 0 };
      times.set(name, { ms: time.ms + own, calls: time.calls + 1 });
    }
  };
  const undo: (() => void)[] = [];
  if (tf.getBackend() === NATIVE) {
    const backend = nativeBackend();
    const { binding } = backend;
    const value: typeof binding.executeOp = (name, ...rest) => timed(name, () => binding.executeOp(name, ...rest));
    backend.binding = Object.create(binding, { executeOp: { value } }); // the binding itself is frozen
    undo.push(() => void (backend.binding = binding));
  } else {
    for (const kernel of tf.getKernelsForBackend(tf.getBackend())) {
      const replace = (config: tf.KernelConfig) => {
        tf.unregisterKernel(config.kernelName, config.backendName);
        tf.registerKernel(config);
      };
      replace({ ...kernel, kernelFunc: (call) => timed(kernel.kernelName, () => kernel.kernelFunc(call)) });
      undo.push(() => replace(kernel));
    }
  }
  return {
    stop() {
      undo.forEach((restore) => restore());
      return times;
    },
  };
}
