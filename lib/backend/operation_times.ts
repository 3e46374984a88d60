/**
 * Measures how long each operation takes, for a profile.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { NATIVE, nativeBackend } from "./native/ops.ts";

/** The time an operation took, and how often it ran. */
export interface OperationTime {
  /** Total milliseconds, without the operations that it called. */
  ms: number;
  /** How often it ran. */
  calls: number;
}

/** The parts of tfjs's engine that keep the tape. */
interface TapeEngine {
  addTapeNode(...args: unknown[]): unknown;
  gradients(f: () => tf.Tensor, ...rest: unknown[]): unknown;
}

/** A measurement in progress. */
export interface OperationTimes {
  /** Milliseconds spent on the tape so far: see {@linkcode timeOperations}. */
  tape(): number;
  /** Ends the measurement and returns each operation's time and count. */
  stop(): Map<string, OperationTime>;
}

/**
 * Measures every operation of the active backend until `stop` is called: TensorFlow's operations on the native backend,
 * tfjs's kernels elsewhere. It works only for backends whose operations have finished by the time they return.
 *
 * It also measures the tape: the time, between operations, that tfjs needs to record them during the forward pass and
 * to walk back through that record from gradient to gradient. The JavaScript of layers and losses in the forward pass
 * does not count as the tape's.
 */
export function timeOperations(): OperationTimes {
  const times = new Map<string, OperationTime>();
  let tape = 0;
  const inner: number[] = [];
  /** Does some work, and reports how long it took without the time already measured inside it. */
  const measured = <T>(work: () => T, tell: (ms: number) => void): T => {
    inner.push(0);
    const start = performance.now();
    try {
      return work();
    } finally {
      const all = performance.now() - start;
      tell(all - inner.pop()!);
      if (inner.length) inner[inner.length - 1] += all;
    }
  };
  const timed = <T>(name: string, work: () => T): T =>
    measured(work, (own) => {
      const { ms, calls } = times.get(name) ?? { ms: 0, calls: 0 };
      times.set(name, { ms: ms + own, calls: calls + 1 });
    });
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
  const engine = tf.engine() as unknown as TapeEngine;
  const { addTapeNode, gradients } = engine;
  const onTape = <T>(work: () => T): T => measured(work, (own) => void (tape += own));
  engine.addTapeNode = (...args) => onTape(() => addTapeNode.apply(engine, args));
  engine.gradients = (f, ...rest) => onTape(() => gradients.call(engine, () => measured(f, () => {}), ...rest));
  undo.push(() => void Object.assign(engine, { addTapeNode, gradients }));
  return {
    tape: () => tape,
    stop() {
      undo.forEach((restore) => restore());
      return times;
    },
  };
}
