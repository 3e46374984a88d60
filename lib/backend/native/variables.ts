/**
 * Weights that lie in TensorFlow's variables, so that one operation can change them in place.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Slot } from "../../optimizers/private_fields.ts";
import { HeldTensor, place } from "./held_tensors.ts";
import { type Attribute, type NativeBackend, nativeBackend, nativeOpOnHandles } from "./ops.ts";

const FLOAT = { type: "float32" } as const;
/** TensorFlow's name for a variable that goes with its last handle. */
const ANONYMOUS = "cd2c89b7-88b7-44c8-ad83-06c2a9158347";

/** What an optimizer remembers of a weight, before its first update. */
export const emptySlot = (name: string, weight: tf.Variable): Slot => ({
  originalName: name,
  variable: tf.variable(tf.zerosLike(weight), false),
});

/**
 * Runs an operation that updates variables, such as ResourceApplyMomentum.
 *
 * @param operation Its name.
 * @param variables The variables, which come first among its inputs.
 * @param inputs What else it takes.
 * @param attributes Its attributes beside `T` and `use_locking`.
 */
export function updateInPlace(
  operation: string,
  variables: readonly tf.Variable[],
  inputs: tf.Tensor[],
  attributes: Record<string, Attribute>,
): void {
  const backend = nativeBackend();
  const entries = variables.map((variable) => inTensorFlow(backend, variable));
  const ids = backend.getInputTensorIds(inputs);
  entries.forEach((entry) => entry.changed());
  const resources = entries.map(({ resource }) => resource);
  nativeOpOnHandles(backend, operation, [...resources, ...ids], { T: FLOAT, use_locking: false, ...attributes }, 0);
}

/** A tensor that lies in a variable of TensorFlow's. */
class Variable extends HeldTensor {
  constructor(backend: NativeBackend, shape: number[], readonly resource: number) {
    super(backend, shape, {}, {
      read: () => ({ float32: nativeOpOnHandles(backend, "ReadVariableOp", [resource], { dtype: FLOAT })[0].id }),
      release: () => backend.binding.deleteTensor(resource),
    });
  }
}

/** The numbers of a tfjs variable, moved into one of TensorFlow's unless they are there and nobody else sees them change. */
function inTensorFlow(backend: NativeBackend, variable: tf.Variable): Variable {
  const known = backend.tensorMap.get(variable.dataId);
  if (known instanceof Variable && known.refCount === 1) return known;
  const shape = { shape: variable.shape };
  const [{ id }] = nativeOpOnHandles(backend, "VarHandleOp", [], {
    dtype: FLOAT,
    shape,
    container: "",
    shared_name: ANONYMOUS,
  });
  const values = backend.getInputTensorIds([variable]);
  nativeOpOnHandles(backend, "AssignVariableOp", [id, ...values], { dtype: FLOAT, validate_shape: false }, 0);
  const entry = new Variable(backend, variable.shape, id);
  variable.assign(place(backend, entry)); // the tensor goes with the optimizer's tidy
  return entry;
}
