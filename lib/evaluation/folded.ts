/**
 * Folds batch normalization into the convolution before it while a model evaluates. Its running statistics are then
 * constants, so normalizing becomes a factor of the filters and a term of the bias, and needs no pass over the images.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { BatchNormalization } from "./refresh_batch_norm.ts";

/** What a convolution reads as it runs; its type keeps them to itself. */
interface Convolution {
  kernel: { read(): tf.Tensor };
  bias?: { read(): tf.Tensor };
  activation: unknown;
}

/** A convolution and the normalization after it, with the filters and the bias that do the work of both. */
interface Pair {
  readonly convolution: Convolution;
  readonly normalization: BatchNormalization;
  /** The activation after them, which the convolution then does as well. */
  readonly activation?: tf.layers.Layer & { activation: unknown };
  readonly filters: tf.Tensor;
  readonly bias: tf.Tensor;
}

/** Models that can be run with their batch normalizations folded. */
export interface Folded {
  /** Runs some work in which the models predict; it must not be asynchronous. Afterwards the models are as before. */
  during<T>(work: () => T): T;
  /** Frees the folded weights. */
  dispose(): void;
}

/**
 * Folds every batch normalization over channels whose input comes from a convolution that feeds nothing else. Others, and
 * those in nested models, are left alone. The weights are taken as they are now.
 *
 * @param models The models.
 */
export function foldBatchNormalization(models: readonly tf.LayersModel[]): Folded {
  const pairs = [...new Set(models)].flatMap(pairsOf);
  return {
    during(work) {
      const restorers = pairs.flatMap(({ convolution, normalization, activation, filters, bias }) => [
        put(convolution, "kernel", { read: () => filters }),
        put(convolution, "bias", { read: () => bias }),
        put(normalization, "call", pass),
        ...activation ? [put(convolution, "activation", activation.activation), put(activation, "call", pass)] : [],
      ]);
      try {
        return work();
      } finally {
        for (const restore of restorers.toReversed()) restore(); // two models may share a layer
      }
    },
    dispose: () => tf.dispose(pairs.flatMap(({ filters, bias }) => [filters, bias])),
  };
}

/** The call of a layer whose work is already done in the convolution. */
const pass: tf.layers.Layer["call"] = (inputs) => (Array.isArray(inputs) ? inputs[0] : inputs).clone();

/** Gives an object another property. The function that it returns restores the object. */
function put<T extends object, K extends keyof T>(object: T, name: K, value: T[K]): () => void {
  const own = Object.getOwnPropertyDescriptor(object, name);
  object[name] = value;
  return () => {
    if (own) Object.defineProperty(object, name, own);
    else delete object[name];
  };
}

/** A model's pairs. */
function pairsOf(model: tf.LayersModel): Pair[] {
  const seen = new Set(model.outputs.map(({ sourceLayer }) => sourceLayer)); // their outputs are the model's outputs
  const nextOf = (layer: tf.layers.Layer) => {
    const [node, ...others] = layer.outboundNodes;
    const alone = others.length === 0 && layer.inboundNodes.length === 1 && !seen.has(layer);
    return alone ? node?.outboundLayer : undefined;
  };
  return model.layers.flatMap((layer): Pair[] => {
    if (layer.getClassName() !== "Conv2D") return [];
    const { activation, dataFormat } = layer.getConfig();
    const next = nextOf(layer);
    if (activation !== "linear" || dataFormat !== "channelsLast" || next?.getClassName() !== "BatchNormalization") {
      return [];
    }
    const normalization = next as BatchNormalization;
    if (![3, -1].includes(normalization.axis) || normalization.inboundNodes.length > 1) return [];
    const after = nextOf(normalization);
    const activates = after?.getClassName() === "Activation" && after.inboundNodes.length === 1;
    const convolution = layer as unknown as Convolution;
    return [{
      convolution,
      normalization,
      activation: activates ? after as Pair["activation"] : undefined,
      ...fold(convolution, normalization),
    }];
  });
}

/** The filters and the bias that do the work of both. */
function fold({ kernel, bias }: Convolution, { epsilon, gamma, beta, movingMean, movingVariance }: BatchNormalization) {
  return tf.tidy(() => {
    // rsqrt varies in its last bit, and a resumed run must score as before
    const inverse = tf.div(1, movingVariance.read().add(epsilon).sqrt());
    const factor = gamma ? inverse.mul(gamma.read()) : inverse;
    const mean = bias ? movingMean.read().sub(bias.read()) : movingMean.read();
    const term = mean.mul(factor).neg();
    return { filters: kernel.read().mul(factor), bias: beta ? term.add(beta.read()) : term };
  });
}
