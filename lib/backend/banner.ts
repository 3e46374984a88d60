/**
 * tfjs's advice to install tfjs-node, which it prints in Deno as in Node.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/**
 * Keeps tfjs from printing it. Its plain backend would do so with the first tensor that it is given, also where another
 * backend was chosen and this one serves it for small things. (tfjs has a flag that hushes it, `PROD`, and all of its
 * warnings with it.)
 */
export function hushBanner(): void {
  Object.assign(tf.findBackend("cpu") ?? {}, { firstUse: false });
}
