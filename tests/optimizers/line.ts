/**
 * A line that optimizers fit, the same for every one of them.
 * @module
 */
import { setHyperparameters, tf } from "../../lib/mod.ts";

/** A rate that moves: 0.02, 0.04, 0.06, 0.08, and again. */
export const rate = (iteration: number) => 0.02 * (1 + iteration % 4);
/** The inputs. */
export const X = [[1, 2], [-1, 0.5], [0.5, -1.5]];
/** What the line is to give. */
export const Y = [1, -0.5, 2];

/** A kernel, a bias, and the loss of the line that they make. */
export function line() {
  const kernel = tf.variable(tf.tensor2d([0.8, -0.4], [2, 1]));
  const bias = tf.variable(tf.tensor1d([0.3]));
  const loss = () =>
    tf.tidy(() => tf.tensor2d(X).matMul(kernel as tf.Tensor2D).add(bias).sub(tf.tensor2d(Y, [3, 1])).square().mean());
  return { kernel, bias, loss: loss as () => tf.Scalar };
}
/** All numbers of some tensors. */
export const valuesOf = (...tensors: tf.Tensor[]) => tensors.flatMap((tensor) => [...tensor.dataSync()]);

/** The line's kernel and bias after 20 steps at {@linkcode rate}. */
export function train(optimizer: tf.Optimizer): number[] {
  const { kernel, bias, loss } = line();
  for (let i = 0; i < 20; i++) {
    setHyperparameters(optimizer, { learningRate: rate(i) });
    optimizer.minimize(loss);
  }
  return valuesOf(kernel, bias);
}
