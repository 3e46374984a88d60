/**
 * Averages a model's weights over its training.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { isSavedTensor, readTensor, type SavedTensor, tensorOf } from "../optimizers/saved_tensor.ts";
import { checkNumber, checkOptions, rules, shown } from "../support/check.ts";
import { variables } from "../support/variables.ts";
import { listenToCycleEnds } from "./cycle_ends.ts";
import { ModelCallback } from "./model_callback.ts";

const VERB = "average weights";

/** Options of {@linkcode averageWeights}. */
export interface AverageWeightsOptions {
  /** When to add the weights to the average: at the end of each cycle, or at every n-th update. Default `"cycle"`. */
  every?: "cycle" | number;
  /**
   * How much of an exponential average is kept each time, 0 or more and below 1. By default the average is a plain
   * mean.
   */
  decay?: number;
}

/** The state of an average, as plain JSON and typed arrays. */
export interface WeightAverageState {
  /** How many updates were counted. */
  readonly updates: number;
  /** How many times the weights were added to the average. */
  readonly count: number;
  /** The average of each trainable weight; empty if `count` is 0. */
  readonly tensors: readonly SavedTensor[];
}

/** The callback behind {@linkcode averageWeights}. */
export class WeightAverage extends ModelCallback {
  readonly #every: "cycle" | number;
  readonly #decay?: number;
  #updates = 0;
  #count = 0;
  #average: tf.Tensor[] = [];
  /** The model that now holds the average, and its own values, both trainable and not. */
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
      checkNumber(VERB, "decay", decay, ...rules.belowOne);
      if (every === "cycle") {
        throw new TypeError(`Cannot ${VERB}: every must be a number if there is a decay, got "cycle"`);
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

  /** How many times the weights were added to the average. */
  get count(): number {
    return this.#count;
  }

  /**
   * Reports an update. `fit` and `fitDataset` do this by themselves. In a custom loop, call it after each update, or,
   * with `every: "cycle"`, after the last update of each cycle.
   *
   * @param model The model that was updated.
   * @throws {TypeError} If the model holds the average instead of its own weights, or its weights do not match those
   * that were averaged.
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
      // at first the weights are the average; a clone shares their memory until the next update
      this.#average[index] = tf.keep(
        tf.tidy(() => old ? old.add(weight.sub(old).mul(share)) : weight.clone()),
      );
      old?.dispose();
    });
  }

  /**
   * Puts the average in place of a model's trainable weights. A second call puts back exactly what the model had
   * before: its own weights, and the statistics of batch normalization, even if they were refreshed in between. Nothing
   * is copied.
   *
   * @param model The model that was trained, or one with weights of the same shapes.
   * @throws {RangeError} If no weights have been averaged yet.
   * @throws {TypeError} If another model holds the average, or the model's weights do not match it.
   */
  swap(model: tf.LayersModel): Promise<void> {
    return new Promise((done) => {
      if (this.#swapped) this.#swapOut(model);
      else this.#swapIn(model);
      done();
    });
  }

  /** Reads the average, so that {@linkcode WeightAverage.restore} can continue from it later. */
  async state(): Promise<WeightAverageState> {
    const [updates, count] = [this.#updates, this.#count];
    const tensors = await Promise.all(this.#average.map((tensor) => readTensor("", tensor)));
    return { updates, count, tensors };
  }

  /**
   * Continues from a state, with exactly the same numbers.
   *
   * @param state What {@linkcode WeightAverage.state} returned for an average with the same options.
   * @throws {TypeError} If it is not a state, or a model holds the average.
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

  /** Frees the memory of the average, which then starts again from nothing. */
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
      throw new TypeError(`Cannot ${VERB}: the model must get its own weights back by swap(model), got the average`);
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

/** Throws unless a state, which may come from a file, is complete. */
function checkState(state: WeightAverageState): void {
  const verb = "restore an average";
  for (const name of ["updates", "count"] as const) {
    checkNumber(verb, name, state?.[name], ...rules.whole);
  }
  const { tensors, count } = state;
  if (!Array.isArray(tensors) || !tensors.every(isSavedTensor) || (count === 0) !== (tensors.length === 0)) {
    throw new TypeError(`Cannot ${verb}: its tensors must be complete, got ${shown(tensors)}`);
  }
}

/**
 * Averages a model's trainable weights while it trains, in any fit or custom loop. The average often scores better than
 * the last weights: the weights circle around a minimum, and their mean lies closer to it.
 *
 * Without `decay`, the average is the mean of the weights at the ends of the scheduler's cycles (stochastic weight
 * averaging), or at every n-th update: `a += (w - a) / k` for the k-th weights w. With `decay`, it is an exponential
 * average with bias correction: `e = decay e + (1 - decay) w`, starting at 0, and `a = e / (1 - decay^k)`.
 *
 * Only trainable weights are averaged, as in PyTorch's AveragedModel. The running statistics of batch normalization
 * belong to the model's own weights, so refresh them with `refreshBatchNorm` while the model holds the average. The
 * average takes as much memory as one copy of the weights, and continues from one fit to the next.
 *
 * Sources: Izmailov et al., Averaging Weights Leads to Wider Optima (2018); torch.optim.swa_utils; Kingma and Ba, Adam
 * (2015), for the bias correction.
 *
 * @param options See {@linkcode AverageWeightsOptions}.
 * @throws {TypeError} If an option is unknown or of the wrong kind, or there is a decay and `every` is `"cycle"`; when
 * a fit starts, if `every` is `"cycle"` and the fit has no scheduler with cycles.
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
