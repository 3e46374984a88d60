/**
 * Averages of a model's weights over its training.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { isSavedTensor, readTensor, type SavedTensor, tensorOf } from "../optimizers/saved_tensor.ts";
import { checkNumber, checkOptions, rules, shown } from "../support/check.ts";
import { listenToCycleEnds } from "./cycle_ends.ts";
import { ModelCallback } from "./model_callback.ts";

const VERB = "average weights";

/** Options of {@linkcode averageWeights}. */
export interface AverageWeightsOptions {
  /** When weights are taken: at each cycle's end, or at every n-th update. Default `"cycle"`. */
  every?: "cycle" | number;
  /** How much of an exponential average stays each time, 0 or more and below 1. Without it, all weights count the same. */
  decay?: number;
}

/** An average as plain JSON and typed arrays. */
export interface WeightAverageState {
  /** Updates that were counted. */
  readonly updates: number;
  /** How many times weights were taken. */
  readonly count: number;
  /** The average of each trainable weight; none where `count` is 0. */
  readonly tensors: readonly SavedTensor[];
}

/** The callback behind {@linkcode averageWeights}. */
export class WeightAverage extends ModelCallback {
  readonly #every: "cycle" | number;
  readonly #decay?: number;
  #updates = 0;
  #count = 0;
  #average: tf.Tensor[] = [];
  /** The model that has the average, and its own values, trainable or not. */
  #swapped?: { readonly model: tf.LayersModel; readonly own: ReadonlyMap<tf.Variable, tf.Tensor> };

  /** @param options See {@linkcode averageWeights}. */
  constructor(options: AverageWeightsOptions = {}) {
    checkOptions(VERB, options, ["every", "decay"]);
    const { every = "cycle", decay } = options;
    if (every !== "cycle") {
      if (typeof every !== "number") {
        throw new TypeError(`Cannot ${VERB}: every must be "cycle" or a number, got ${shown(every)}`);
      }
      checkNumber(VERB, "every", every, ...rules.count);
    }
    if (decay !== undefined) {
      checkNumber(VERB, "decay", decay, "0 or more and below 1", (value) => value >= 0 && value < 1);
      if (every === "cycle") {
        throw new TypeError(`Cannot ${VERB}: every must be a number where there is a decay, got "cycle"`);
      }
    }
    const update = () => this.update(this.trained!);
    super({
      onTrainBegin: () => {
        this.#refuseSwapped();
        if (every === "cycle") listenToCycleEnds(VERB, this.params, update);
      },
      ...(every !== "cycle" && { onBatchEnd: update }),
    });
    this.#every = every;
    this.#decay = decay;
  }

  /** How many times weights were taken into the average. */
  get count(): number {
    return this.#count;
  }

  /**
   * Tells of an update, which `fit` and `fitDataset` do by themselves. A custom loop calls it after each update, or, where
   * weights are taken at cycles' ends, after the last update of each cycle.
   *
   * @param model The model that was updated.
   * @throws {TypeError} If the model has the average in place of its own weights, or other weights than were averaged.
   */
  update(model: tf.LayersModel): void {
    this.#refuseSwapped();
    this.#updates++;
    if (this.#every !== "cycle" && this.#updates % this.#every !== 0) return;
    const weights = variables(model.trainableWeights);
    if (weights.length === 0) throw new TypeError(`Cannot ${VERB}: the model must have trainable weights, got none`);
    if (this.#count > 0) this.#checkShapes(weights);
    this.#count++;
    const share = this.#decay === undefined ? 1 / this.#count : (1 - this.#decay) / (1 - this.#decay ** this.#count);
    weights.forEach((weight, index) => {
      const old = this.#average[index];
      // the first is all of it; a clone shares the weight's memory until the next update
      this.#average[index] = tf.keep(
        tf.tidy(() => old ? old.add(weight.sub(old).mul(share)) : weight.clone()),
      );
      old?.dispose();
    });
  }

  /**
   * Puts the average in the place of a model's trainable weights; called again, puts all that the model had back, to
   * the bit: its own weights, and statistics of batch normalization that were refreshed meanwhile. It copies nothing.
   *
   * @param model The model that was trained, or one like it.
   * @throws {RangeError} If no weights were taken yet.
   * @throws {TypeError} If the average is in another model, or the model has other weights.
   */
  swap(model: tf.LayersModel): Promise<void> {
    return new Promise((done) => {
      if (this.#swapped) this.#swapOut(model);
      else this.#swapIn(model);
      done();
    });
  }

  /** Reads the average, to go on from it later by {@linkcode WeightAverage.restore}. */
  async state(): Promise<WeightAverageState> {
    const [updates, count] = [this.#updates, this.#count];
    const tensors = await Promise.all(this.#average.map((tensor) => readTensor("", tensor)));
    return { updates, count, tensors };
  }

  /**
   * Goes on from a state, to the bit.
   *
   * @param state What {@linkcode WeightAverage.state} read, of an average with the same options.
   * @throws {TypeError} If it is not a state, or a model has the average.
   * @throws {RangeError} If a count in it is not a whole number of 0 or more.
   */
  restore(state: WeightAverageState): void {
    this.#refuseSwapped();
    checkState(state);
    this.dispose();
    this.#updates = state.updates;
    this.#count = state.count;
    this.#average = state.tensors.map((saved) => tf.keep(tensorOf(saved)));
  }

  /** Frees the average, which then begins anew. */
  dispose(): void {
    this.#refuseSwapped();
    tf.dispose(this.#average);
    [this.#updates, this.#count, this.#average] = [0, 0, []];
  }

  #swapIn(model: tf.LayersModel): void {
    if (this.#count === 0) {
      throw new RangeError("Cannot swap in an average: weights must have been taken into it, got none");
    }
    const weights = variables(model.trainableWeights);
    this.#checkShapes(weights);
    this.#swapped = { model, own: new Map(variables(model.weights).map((one) => [one, tf.keep(one.clone())])) };
    weights.forEach((weight, index) => weight.assign(this.#average[index]));
  }

  #swapOut(model: tf.LayersModel): void {
    if (model !== this.#swapped!.model) {
      throw new TypeError("Cannot swap an average: it must be swapped out of its model first, got another model");
    }
    for (const [variable, value] of this.#swapped!.own) {
      variable.assign(value);
      value.dispose();
    }
    this.#swapped = undefined;
  }

  #refuseSwapped(): void {
    if (this.#swapped) {
      throw new TypeError(`Cannot ${VERB}: the model must have its own weights back by swap(model), got the average`);
    }
  }

  #checkShapes(weights: readonly tf.Variable[]): void {
    const other = weights.find(({ shape }, index) => `${shape}` !== `${this.#average[index]?.shape}`);
    if (!other && weights.length === this.#average.length) return;
    const got = other ? `one of shape ${shown(other.shape)}` : weights.length;
    throw new TypeError(
      `Cannot ${VERB}: the model must have the ${this.#average.length} weights that were averaged, got ${got}`,
    );
  }
}

/** The variables behind layers' weights. Assigned to, they take values as they are: a layer would apply its constraint. */
function variables(weights: readonly tf.LayerVariable[]): tf.Variable[] {
  return weights.map((weight) => weight.read() as tf.Variable);
}

/** Throws unless a state, which may come from a file, is whole. */
function checkState(state: WeightAverageState): void {
  const verb = "restore an average";
  for (const name of ["updates", "count"] as const) {
    checkNumber(verb, name, state?.[name], "a whole number of 0 or more", (n) => Number.isInteger(n) && n >= 0);
  }
  const { tensors, count } = state;
  if (!Array.isArray(tensors) || !tensors.every(isSavedTensor) || (count === 0) !== (tensors.length === 0)) {
    throw new TypeError(`Cannot ${verb}: its tensors must be whole, got ${shown(tensors)}`);
  }
}

/**
 * Averages a model's trainable weights while it trains, on any fit or in a custom loop. The average often scores better
 * than the last weights: they circle around a minimum, and their mean lies further inside.
 *
 * Without `decay`, it is the mean of the weights at the ends of the scheduler's cycles (stochastic weight averaging),
 * or at every n-th update: `a += (w - a) / k` for the k-th weights w. With `decay`, it is an exponential average with bias
 * correction: `e = decay e + (1 - decay) w` from 0, and `a = e / (1 - decay^k)`.
 *
 * Only trainable weights are averaged, as in PyTorch's AveragedModel. While the average is in the model, refresh its batch
 * normalization with `refreshBatchNorm`: the running statistics are those of the model's own weights. It takes the memory of
 * one copy of the weights, and goes on from fit to fit.
 *
 * Sources: Izmailov et al., Averaging Weights Leads to Wider Optima (2018); torch.optim.swa_utils; Kingma and Ba, Adam
 * (2015), for the bias correction.
 *
 * @param options See {@linkcode AverageWeightsOptions}.
 * @throws {TypeError} If an option is unknown or of the wrong kind, or there is a decay and `every` is `"cycle"`; at the
 * start of the fit, if `every` is `"cycle"` and the fit has no scheduler with cycles.
 * @throws {RangeError} If a value is out of range.
 * @example
 * ```ts
 * import { averageWeights, callbacks, CyclicLR, tf } from "../mod.ts";
 *
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
 * model.compile({ optimizer: "sgd", loss: "meanSquaredError" });
 * const average = averageWeights({ every: "cycle" });
 * const list = callbacks(new CyclicLR({ stepSize: 2 }), average);
 * await model.fit(tf.ones([8, 1]), tf.ones([8, 1]), { batchSize: 1, epochs: 1, callbacks: list, verbose: 0 });
 * await average.swap(model); // scores the average of two cycles' ends
 * await average.swap(model); // the model's own weights again
 * if (average.count !== 2) throw new Error("8 updates are 2 cycles");
 * ```
 */
export function averageWeights(options: AverageWeightsOptions = {}): WeightAverage {
  return new WeightAverage(options);
}
