/**
 * Recomputes the running statistics of batch normalization.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { allLayers } from "../support/layers.ts";
import { bookmark } from "../data/batches.ts";
import { checkNumber, checkOptions, rules, shown } from "../support/check.ts";

const VERB = "refresh batch normalization";

/** The parts of tfjs's BatchNormalization layer that are used here; tfjs exports no type for it. */
export interface BatchNormalization extends tf.layers.Layer {
  momentum: number;
  readonly axis: number;
  readonly epsilon: number;
  readonly gamma?: tf.LayerVariable;
  readonly beta?: tf.LayerVariable;
  readonly movingMean: tf.LayerVariable;
  readonly movingVariance: tf.LayerVariable;
}

/** A layer's running statistics: mean and variance. */
const statisticsOf = ({ movingMean, movingVariance }: BatchNormalization) => [movingMean, movingVariance];

/** Sums of a layer's statistics over batches. */
interface Sums {
  readonly layer: BatchNormalization;
  batches: number;
  sums: tf.Tensor[];
}

/**
 * Recomputes the running statistics of a model's batch normalization: they become the averages, with equal weight, of
 * the batches' means and variances, as in PyTorch's `update_bn`. This is needed after averaging weights, because the
 * statistics belong to other weights. It also helps in mid-cycle, while the rate is high and the statistics lag behind.
 *
 * Each batch goes through the model once, without gradients. Batch normalization then works as in training, and
 * everything else (such as dropout) as in prediction. Variances are biased: like tfjs's own, they divide the sum of
 * squares by n, while PyTorch divides by n - 1. A smaller batch counts as much as the others. Weights and optimizer do
 * not change.
 *
 * @param model A model, compiled or not.
 * @param data Batches with `xs`, from `batches` or any other data set. The position of `batches` is restored
 * afterwards, so a later fit gets the same batches as without this call.
 * @param options `batches`: how many batches to take at most; all by default.
 * @returns How many layers were refreshed. If there are none, the data is not read.
 * @throws {TypeError} If the data is not a data set or a batch has no `xs`, or a layer has no scale or center, which
 * tfjs cannot train.
 * @throws {RangeError} If there are no batches, or `batches` is not a whole number of 1 or more. Then the statistics do
 * not change.
 * @example
 * ```ts
 * import { refreshBatchNorm, tf } from "../mod.ts";
 *
 * const model = tf.sequential({ layers: [tf.layers.batchNormalization({ inputShape: [1] })] });
 * const data = tf.data.array([[1, 3], [5, 7]]).map((batch) => ({ xs: tf.tensor2d(batch as number[], [2, 1]) }));
 * await refreshBatchNorm(model, data as tf.data.Dataset<{ xs: tf.Tensor }>);
 * const [mean, variance] = model.getWeights().slice(2).map((weight) => weight.dataSync()[0]);
 * if (mean !== 4 || variance !== 1) throw new Error("the means 2 and 6, the variances 1 and 1");
 * ```
 */
export async function refreshBatchNorm(
  model: tf.LayersModel,
  data: tf.data.Dataset<{ xs: tf.TensorContainer }>,
  options: { batches?: number } = {},
): Promise<number> {
  checkOptions(VERB, options, ["batches"]);
  const { batches } = options;
  if (batches !== undefined) checkNumber(VERB, "batches", batches, ...rules.count);
  if (typeof data?.iterator !== "function") {
    throw new TypeError(`Cannot ${VERB}: the data must be a tf.data.Dataset, got ${shown(data)}`);
  }
  const all = batchNormalizations(model.layers).map((layer): Sums => ({ layer, batches: 0, sums: [] }));
  if (all.length === 0) return 0;
  const goBack = bookmark(data);
  try {
    const iterator = await data.iterator();
    for (let done = 0; done < (batches ?? Infinity); done++) {
      const next = await iterator.next();
      if (next.done) break;
      try {
        addBatch(model, all, inputsOf(model, next.value));
      } finally {
        tf.dispose(next.value);
      }
    }
    const unseen = all.find((one) => one.batches === 0);
    if (unseen) throw new RangeError(`Cannot ${VERB}: there must be one batch or more, got 0`);
    tf.tidy(() => {
      for (const { layer, batches, sums } of all) {
        statisticsOf(layer).forEach((statistic, index) => statistic.write(sums[index].div(batches)));
      }
    });
  } finally {
    goBack();
    tf.dispose(all.map(({ sums }) => sums));
  }
  return all.length;
}

/** The batch-normalization layers among these layers, including those in nested models and in wrapped layers. */
function batchNormalizations(layers: readonly tf.layers.Layer[]): BatchNormalization[] {
  const found = allLayers(layers).filter((layer) =>
    layer.getClassName() === "BatchNormalization"
  ) as BatchNormalization[];
  for (const { gamma, beta, name } of found) {
    if (gamma && beta) continue;
    throw new TypeError(
      `Cannot ${VERB}: ${name} must have scale and center, which tfjs needs to train it, got one without`,
    );
  }
  return found;
}

/** A batch's inputs in the form that `predictOnBatch` needs. Named inputs are put in the model's order. */
function inputsOf(model: tf.LayersModel, batch: { xs: tf.TensorContainer }): tf.Tensor | tf.Tensor[] {
  const xs = batch?.xs;
  if (xs instanceof tf.Tensor || Array.isArray(xs)) return xs as tf.Tensor | tf.Tensor[];
  if (typeof xs !== "object" || xs === null) {
    throw new TypeError(`Cannot ${VERB}: each batch must have xs, got ${shown(Object.keys(batch ?? {}))}`);
  }
  return model.inputNames.map((name) => (xs as tf.NamedTensorMap)[name]);
}

/** Adds a batch's statistics at each layer. All earlier layers normalize by the batch as well. */
function addBatch(model: tf.LayersModel, all: Sums[], xs: tf.Tensor | tf.Tensor[]): void {
  const restorers = all.map((one) =>
    watch(one.layer, (statistics) => {
      const before = one.sums;
      one.sums = statistics.map((statistic, index) => tf.keep(before[index]?.add(statistic) ?? statistic.clone()));
      one.batches++;
      tf.dispose(before);
    })
  );
  try {
    tf.dispose(model.predictOnBatch(xs));
  } finally {
    restorers.forEach((restore) => restore());
  }
}

/**
 * Makes a layer work as in training, even during a prediction, and reports each batch's mean and variance. Returns a
 * function that undoes this.
 */
function watch(layer: BatchNormalization, tell: (statistics: tf.Tensor[]) => void): () => void {
  const { call, momentum } = layer;
  const own = Object.getOwnPropertyDescriptor(layer, "call");
  const before = statisticsOf(layer).map((statistic) => tf.keep(statistic.read().clone()));
  layer.momentum = 0;
  layer.call = (inputs, kwargs) => {
    // starting from 0 and without momentum, the running statistics become the batch's own
    tf.tidy(() => statisticsOf(layer).forEach((statistic) => statistic.write(tf.zerosLike(statistic.read()))));
    const outputs = call.call(layer, inputs, { ...kwargs, training: true });
    tell(statisticsOf(layer).map((statistic) => statistic.read()));
    return outputs;
  };
  return () => {
    layer.momentum = momentum;
    if (own) Object.defineProperty(layer, "call", own);
    else delete (layer as Partial<BatchNormalization>).call;
    statisticsOf(layer).forEach((statistic, index) => statistic.write(before[index]));
    tf.dispose(before);
  };
}
