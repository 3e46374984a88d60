/**
 * Silences tfjs's advice to install tfjs-node, which it prints in Deno as well as in Node.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/**
 * Keeps tfjs from printing this advice. tfjs's plain JavaScript backend prints it when it gets its first tensor, even
 * when another backend is active and the plain one only helps it with small tensors. (tfjs's flag `PROD` would hide the
 * advice too, but also all of tfjs's warnings.)
 */
export function hushBanner(): void {
  Object.assign(tf.findBackend("cpu") ?? {}, { firstUse: false });
}
