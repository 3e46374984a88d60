/**
 * Lets go of what a backward pass has used. tfjs keeps every gradient of every intermediate tensor, and all that was
 * saved for them, until the whole pass is over: with MiniGoogLeNet and batches of 64 that is 0.4 of 1.4 GB.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { gradientDepth } from "./gradients.ts";

/** A step of tfjs's tape. */
interface TapeNode {
  readonly inputs: Record<string, tf.Tensor>;
  readonly outputs: readonly tf.Tensor[];
  readonly saved?: readonly tf.Tensor[];
  gradient?(dys: (Gradient | null)[]): Record<string, () => Gradient>;
}

/** What is used of tfjs's engine that its type leaves out. */
interface TapeEngine {
  readonly state: { readonly activeTape: TapeNode[] };
  addTapeNode(...node: unknown[]): void;
  [RELEASES]?: true;
}

/**
 * Numbers in a tensor from which on it is worth it: with a tiny model the bookkeeping costs more than there is to win
 * (650 against 590 MB after 20,000 steps).
 */
const LEAST_SIZE = 16_384;

/** Marks the engine that releases early. */
const RELEASES = Symbol("releases early");
/** How many inputs a tensor is the gradient of: tfjs lets one serve two. (In a WeakMap, it would outlive young garbage.) */
const USES = Symbol("uses");
type Gradient = tf.Tensor & { [USES]?: number };

/** Installs it for every gradient from now on; a second call changes nothing. */
export function releaseEarly(): void {
  const engine = tf.engine() as unknown as TapeEngine;
  if (engine[RELEASES]) return;
  engine[RELEASES] = true;
  const addTapeNode = engine.addTapeNode;
  engine.addTapeNode = (...args) => {
    addTapeNode.apply(engine, args);
    const node = engine.state.activeTape.at(-1)!;
    const stock = node.gradient;
    if (!stock || node.outputs.every(({ size }) => size < LEAST_SIZE)) return;
    // called on a copy of the node, whose inputs are those that a gradient is wanted for
    node.gradient = function (dys) {
      const gradients = stock(dys);
      if (gradientDepth() > 0) return gradients; // an outer tape still needs all
      const names = Object.keys(this.inputs);
      let left = names.length;
      for (const name of names) {
        const gradient = gradients[name];
        gradients[name] = () => {
          const dx = gradient();
          dx[USES] = (dx[USES] ?? 0) + 1;
          if (--left === 0) release(node, dys);
          return dx;
        };
      }
      return gradients;
    };
  };
}

/** Disposes what a node saved and the gradients that came down to it, but for those that somebody else may hold. */
function release({ saved, outputs }: TapeNode, dys: (Gradient | null)[]): void {
  saved?.forEach((tensor) => tensor.dispose());
  dys.forEach((dy, index) => {
    // one from before the forward pass is the caller's, one that is kept is somebody's
    const own = dy && dy.id > outputs[index].id && !dy.kept;
    if (own && (dy[USES] ?? 0) < 2) dy.dispose();
  });
}
