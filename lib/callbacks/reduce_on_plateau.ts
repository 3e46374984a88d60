/**
 * Lowers the rate when training no longer improves.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { numbersOf } from "../history/history.ts";
import { learningRateOf, setHyperparameters } from "../optimizers/hyperparameters.ts";
import { checkNumber, checkOptions, rules } from "../support/check.ts";
import { ModelCallback } from "./model_callback.ts";
import { Best, checkMeasured, checkMonitor, type Monitor } from "./monitor.ts";
import { claimRate } from "./rate_setter.ts";

const VERB = "reduce the rate on a plateau";

/** Options of {@linkcode reduceOnPlateau}; the defaults are Keras's. */
export interface ReduceOnPlateauOptions {
  /** What to watch. Default `"val_loss"`. */
  monitor?: Monitor;
  /** What the rate is multiplied by, above 0 and below 1. Default 0.1. */
  factor?: number;
  /**
   * After how many epochs in a row without a new best to lower the rate; a whole number, where 0 acts as 1. Default 10.
   */
  patience?: number;
  /** The rate never falls below this value. Default 0. */
  minLr?: number;
  /** By how much a value must improve to count as a new best, 0 or more. Default 0.0001. */
  minDelta?: number;
  /** How many epochs not to count after the rate was lowered; a whole number. Default 0. */
  cooldown?: number;
}

/** The callback behind {@linkcode reduceOnPlateau}. */
export class ReduceOnPlateau extends ModelCallback {
  /** @param options See {@linkcode reduceOnPlateau}. */
  constructor(options: ReduceOnPlateauOptions = {}) {
    checkOptions(VERB, options, ["monitor", "factor", "patience", "minLr", "minDelta", "cooldown"]);
    const { monitor = "val_loss", factor = 0.1, patience = 10, minLr = 0, minDelta = 1e-4, cooldown = 0 } = options;
    checkMonitor(VERB, monitor);
    checkNumber(VERB, "factor", factor, "above 0 and below 1", (value) => value > 0 && value < 1);
    checkNumber(VERB, "minLr", minLr, ...rules.notNegative);
    checkNumber(VERB, "minDelta", minDelta, ...rules.notNegative);
    for (const [name, value] of Object.entries({ patience, cooldown })) {
      checkNumber(VERB, name, value, ...rules.whole);
    }
    let best: Best;
    let [without, resting] = [0, 0];
    super({
      onTrainBegin: () => {
        checkMeasured(VERB, monitor, this.params);
        [best, without, resting] = [new Best(monitor, minDelta), 0, 0];
      },
      onEpochEnd: (_epoch, logs = {}) => {
        const { optimizer } = this.trained!;
        const rate = learningRateOf(optimizer);
        const value = numbersOf(logs)[monitor];
        logs.lr = rate; // for tfjs's History
        if (value === undefined) return; // an epoch that was cut short was not validated
        if (resting > 0) [resting, without] = [resting - 1, 0];
        if (best.improvedBy(value)) without = 0;
        else if (resting === 0 && ++without >= patience && rate > minLr) {
          setHyperparameters(optimizer, { learningRate: Math.max(minLr, rate * factor) });
          [resting, without] = [cooldown, 0];
        }
      },
    });
  }

  /** tfjs calls this with the fit's parameters before training starts. */
  override setParams(params: Parameters<tf.CustomCallback["setParams"]>[0]): void {
    super.setParams(params);
    claimRate(params, this);
  }
}

/**
 * Lowers the rate when training no longer improves: to `max(minLr, factor * rate)` after `patience` epochs without a
 * new best. It needs no schedule. It cannot share a fit with a learning-rate scheduler, because both would set the
 * rate.
 *
 * It starts from the optimizer's current rate, and counts anew in each fit. tfjs's History records the rate of each
 * epoch as `lr`.
 *
 * Source: Keras's `ReduceLROnPlateau`, which has the same defaults.
 *
 * @param options See {@linkcode ReduceOnPlateauOptions}.
 * @throws {TypeError} If an option is unknown or of the wrong kind; when a fit starts, if it does not measure the
 * watched metric, or another callback sets the rate.
 * @throws {RangeError} If a value is out of range.
 * @example
 * ```ts
 * import { callbacks, reduceOnPlateau, tf } from "../mod.ts";
 *
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
 * model.compile({ optimizer: tf.train.sgd(0.5), loss: "meanSquaredError" });
 * const list = callbacks(reduceOnPlateau({ monitor: "loss", patience: 1, minDelta: 100 }));
 * const { history } = await model.fit(tf.ones([4, 1]), tf.ones([4, 1]), { epochs: 3, callbacks: list, verbose: 0 });
 * if (history.lr.join() !== "0.5,0.5,0.05") throw new Error("no epoch is better by 100 than the first");
 * ```
 */
export function reduceOnPlateau(options: ReduceOnPlateauOptions = {}): ReduceOnPlateau {
  return new ReduceOnPlateau(options);
}
