/**
 * Adam on the native backend: one TensorFlow operation a weight, which changes it in place, where tfjs takes fourteen.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { PrivateFields } from "../../optimizers/private_fields.ts";
import { gradientList, type Gradients } from "../../support/gradients.ts";
import { NATIVE } from "./ops.ts";
import { emptySlot, updateInPlace } from "./variables.ts";

/** What is used of tfjs's optimizer. */
type Adam =
  & Required<
    Pick<
      PrivateFields,
      | "learningRate"
      | "beta1"
      | "beta2"
      | "epsilon"
      | "accBeta1"
      | "accBeta2"
      | "accumulatedFirstMoment"
      | "accumulatedSecondMoment"
    >
  >
  & { applyGradients(gradients: Gradients): void; incrementIterations(): void };

/** Lets every Adam optimizer use it while the native backend is active. To be called once. */
export function fuseAdam(): void {
  const prototype = tf.AdamOptimizer.prototype as unknown as Adam;
  const stock = prototype.applyGradients;
  prototype.applyGradients = function (gradients) {
    if (tf.getBackend() !== NATIVE) return stock.call(this, gradients);
    tf.tidy(() => {
      const [rate, beta1, beta2] = [this.learningRate, this.beta1, this.beta2].map((value) => tf.scalar(value));
      // tfjs adds epsilon to the corrected root, TensorFlow to the one that is not corrected yet
      const epsilon = tf.mul(tf.sqrt(tf.sub(1, this.accBeta2)), this.epsilon);
      for (const [index, { name, tensor }] of gradientList(gradients).entries()) {
        const weight = tf.engine().registeredVariables[name];
        const first = this.accumulatedFirstMoment[index] ??= emptySlot(`${name}/m`, weight);
        const second = this.accumulatedSecondMoment[index] ??= emptySlot(`${name}/v`, weight);
        if (!tensor) continue;
        const values = [this.accBeta1, this.accBeta2, rate, beta1, beta2, epsilon, tensor];
        updateInPlace("ResourceApplyAdam", [weight, first.variable, second.variable], values, { use_nesterov: false });
      }
      this.accBeta1.assign(tf.mul(this.accBeta1, beta1));
      this.accBeta2.assign(tf.mul(this.accBeta2, beta2));
    });
    this.incrementIterations();
  };
}
