/**
 * Reads an optimizer's complete state into plain values, and restores it bit for bit.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { shown } from "../support/check.ts";
import { privateFields, type Slot } from "./private_fields.ts";
import { readTensor, type SavedTensor, tensorOf } from "./saved_tensor.ts";

export type { SavedTensor };

/** An optimizer's complete state: numbers, scalars and slots, by the names of their fields. */
export interface OptimizerState {
  /** The optimizer's class, such as `"Momentum"`. */
  readonly className: string;
  /** Rate, momentum, betas, weight decay and the count of updates. */
  readonly numbers: Readonly<Record<string, number>>;
  /** Scalars that change with the updates, such as Adam's products of the betas. */
  readonly scalars: Readonly<Record<string, SavedTensor>>;
  /** For each slot, one tensor per weight. */
  readonly slots: Readonly<Record<string, readonly SavedTensor[]>>;
}

const isSlots = (value: unknown): value is Slot[] =>
  Array.isArray(value) && value.every((slot) => slot === undefined || slot?.variable instanceof tf.Variable);

/**
 * Reads an optimizer's complete state. It is exact even if rate, momentum, beta1 or weight decay were cycled. If the
 * weight decay is a function of the iteration, the state holds the count of updates from which it continues, but not
 * the function itself.
 *
 * @param optimizer Any of tfjs's seven optimizers, or `caffeMomentum`.
 * @returns A copy of its numbers, scalars and slots.
 * @example
 * ```ts
 * import { optimizerState, restoreOptimizer, tf } from "../mod.ts";
 *
 * const state = await optimizerState(tf.train.adam(0.001));
 * restoreOptimizer(tf.train.adam(0.5), state); // at 0.001 again
 * ```
 */
export async function optimizerState(optimizer: tf.Optimizer): Promise<OptimizerState> {
  // before the first update, the getter returns 0, while the field is still undefined
  const numbers: Record<string, number> = { iterations_: optimizer.iterations };
  const scalars: Record<string, SavedTensor> = {};
  const slots: Record<string, SavedTensor[]> = {};
  for (const [field, value] of Object.entries(privateFields(optimizer))) {
    if (typeof value === "number") numbers[field] = value;
    else if (value instanceof tf.Tensor) scalars[field] = await readTensor("", value);
    else if (isSlots(value)) {
      slots[field] = await Promise.all(value.map(({ originalName, variable }) => readTensor(originalName, variable)));
    }
  }
  return { className: optimizer.getClassName(), numbers, scalars, slots };
}

/**
 * Puts an optimizer back into a state, bit for bit, without leaking memory.
 *
 * @param optimizer An optimizer of the same class as the one that the state was read from.
 * @param state What {@linkcode optimizerState} returned.
 * @throws {TypeError} If the state comes from another class of optimizer, or only one of the two has weight decay.
 * @example
 * ```ts
 * import { optimizerState, restoreOptimizer, tf } from "../mod.ts";
 *
 * const optimizer = tf.train.momentum(0.01, 0.9);
 * restoreOptimizer(optimizer, await optimizerState(optimizer));
 * ```
 */
export function restoreOptimizer(optimizer: tf.Optimizer, state: OptimizerState): void {
  if (state?.className !== optimizer.getClassName()) {
    throw new TypeError(
      `Cannot restore an optimizer: the state must be of ${shown(optimizer.getClassName())}, got ${
        shown(state?.className)
      }`,
    );
  }
  const fields: Record<string, unknown> = privateFields(optimizer);
  const [wanted, got] = [fields, state.numbers].map(({ weightDecay }) =>
    weightDecay === undefined ? "without" : "with"
  );
  if (wanted !== got) {
    throw new TypeError(
      `Cannot restore an optimizer: the state must be of an optimizer ${wanted} weight decay, got one ${got}`,
    );
  }
  Object.assign(fields, state.numbers);
  for (const [field, saved] of Object.entries(state.scalars)) {
    const old = fields[field];
    if (old instanceof tf.Variable) tf.tidy(() => old.assign(tensorOf(saved)));
    else {
      if (old instanceof tf.Tensor) old.dispose();
      fields[field] = tf.keep(tensorOf(saved));
    }
  }
  for (const [field, saved] of Object.entries(state.slots)) {
    if (isSlots(fields[field])) tf.dispose(fields[field].map((slot) => slot.variable));
    fields[field] = saved.map((slot): Slot => ({
      originalName: slot.name,
      variable: tf.tidy(() => tensorOf(slot).variable(false)),
    }));
  }
}
