/**
 * The momentum optimizer on the native backend: one TensorFlow operation a weight, which changes it in place, where tfjs
 * takes four and makes new tensors.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { PrivateFields } from "../../optimizers/private_fields.ts";
import { HeldTensor, place } from "./held_tensors.ts";
import { NATIVE, type NativeBackend, nativeBackend, nativeOpOnHandles } from "./ops.ts";

/** What is used of tfjs's optimizer. */
type Momentum = Required<Pick<PrivateFields, "learningRate" | "m" | "useNesterov" | "accumulations">> & {
  applyGradients(gradients: tf.NamedTensorMap | { name: string; tensor: tf.Tensor | null }[]): void;
  incrementIterations(): void;
};

const FLOAT = { type: "float32" } as const;
/** TensorFlow's name for a variable that goes with its last handle. */
const ANONYMOUS = "cd2c89b7-88b7-44c8-ad83-06c2a9158347";

/** Lets every momentum optimizer use it while the native backend is active. To be called once. */
export function fuseMomentum(): void {
  const prototype = tf.MomentumOptimizer.prototype as unknown as Momentum;
  const stock = prototype.applyGradients;
  prototype.applyGradients = function (gradients) {
    if (tf.getBackend() !== NATIVE) return stock.call(this, gradients);
    const list = Array.isArray(gradients)
      ? gradients
      : Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));
    tf.tidy(() => {
      const learningRate = tf.scalar(this.learningRate);
      for (const [index, { name, tensor }] of list.entries()) {
        const weight = tf.engine().registeredVariables[name];
        this.accumulations[index] ??= {
          originalName: `${name}/momentum`,
          variable: tf.variable(tf.zerosLike(weight), false),
        };
        const accumulation = this.accumulations[index].variable;
        if (tensor) {
          update("ResourceApplyMomentum", weight, accumulation, tensor, learningRate, this.m, this.useNesterov);
        }
      }
    });
    this.incrementIterations();
  };
  // caffeMomentum asks for this one: accumulation = momentum accumulation - rate gradient, weight += accumulation
  tf.registerKernel({
    kernelName: "ResourceApplyKerasMomentum",
    backendName: NATIVE,
    kernelFunc: ({ inputs, attrs }) => {
      const { weight, accumulation, gradient } = inputs as Record<string, tf.Variable>;
      const [rate, momentum] = [attrs!.learningRate, attrs!.momentum].map((value) => tf.scalar(value as number));
      update("ResourceApplyKerasMomentum", weight, accumulation, gradient, rate, momentum, false);
      return [];
    },
  });
}

function update(
  operation: string,
  weight: tf.Variable,
  accumulation: tf.Variable,
  gradient: tf.Tensor,
  learningRate: tf.Scalar,
  momentum: tf.Scalar,
  nesterov: boolean,
): void {
  const backend = nativeBackend();
  const [w, v] = [inTensorFlow(backend, weight), inTensorFlow(backend, accumulation)];
  const [rate, g, m] = backend.getInputTensorIds([learningRate, gradient, momentum]);
  w.changed();
  v.changed();
  const attributes = { T: FLOAT, use_locking: false, use_nesterov: nesterov };
  nativeOpOnHandles(backend, operation, [w.resource, v.resource, rate, g, m], attributes, 0);
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
