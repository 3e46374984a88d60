/**
 * The momentum optimizer on the native backend: one TensorFlow operation a weight, which changes it in place, where tfjs
 * takes four and makes new tensors.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { PrivateFields } from "../../optimizers/private_fields.ts";
import { gradientList, type Gradients } from "../../support/gradients.ts";
import { NATIVE } from "./ops.ts";
import { emptySlot, updateInPlace } from "./variables.ts";

/** What is used of tfjs's optimizer. */
type Momentum = Required<Pick<PrivateFields, "learningRate" | "m" | "useNesterov" | "accumulations">> & {
  applyGradients(gradients: Gradients): void;
  incrementIterations(): void;
};

/** Lets every momentum optimizer use it while the native backend is active. To be called once. */
export function fuseMomentum(): void {
  const prototype = tf.MomentumOptimizer.prototype as unknown as Momentum;
  const stock = prototype.applyGradients;
  prototype.applyGradients = function (gradients) {
    if (tf.getBackend() !== NATIVE) return stock.call(this, gradients);
    tf.tidy(() => {
      const learningRate = tf.scalar(this.learningRate);
      for (const [index, { name, tensor }] of gradientList(gradients).entries()) {
        const weight = tf.engine().registeredVariables[name];
        const accumulation = (this.accumulations[index] ??= emptySlot(`${name}/momentum`, weight)).variable;
        if (tensor) {
          updateInPlace("ResourceApplyMomentum", [weight, accumulation], [learningRate, tensor, this.m], {
            use_nesterov: this.useNesterov,
          });
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
      const [pair, values] = [[weight, accumulation], [rate, gradient, momentum]];
      updateInPlace("ResourceApplyKerasMomentum", pair, values, { use_nesterov: false });
      return [];
    },
  });
}
