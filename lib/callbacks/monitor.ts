/**
 * Watches a metric from epoch to epoch.
 * @module
 */
import { metricName } from "../history/history.ts";
import { checkChoice, shown } from "../support/check.ts";

/** The metrics that can be watched. */
export type Monitor = "val_loss" | "val_accuracy" | "loss" | "accuracy";

/** Throws a RangeError unless the metric can be watched. */
export function checkMonitor(verb: string, monitor: unknown): asserts monitor is Monitor {
  checkChoice(verb, "monitor", monitor, ["val_loss", "val_accuracy", "loss", "accuracy"]);
}

/**
 * Throws unless a fit measures the watched metric.
 *
 * @param verb What the callback does, for the error message.
 * @param monitor The metric that it watches.
 * @param params The fit's parameters, as tfjs gives them to each callback.
 * @throws {TypeError} If the fit does not measure that metric.
 */
export function checkMeasured(verb: string, monitor: Monitor, params: Record<string, unknown>): void {
  const measured = (params.metrics as string[]).map(metricName);
  if (!measured.includes(monitor)) {
    throw new TypeError(`Cannot ${verb}: the fit must measure ${shown(monitor)}, got ${measured.join(", ")}`);
  }
}

/** The best value of a metric so far. */
export class Best {
  readonly #monitor: Monitor;
  readonly #minDelta: number;
  #value: number;

  /**
   * @param monitor The metric. Lower losses are better, and higher accuracies.
   * @param minDelta By how much a value must improve to count. Default 0.
   */
  constructor(monitor: Monitor, minDelta: number = 0) {
    this.#monitor = monitor;
    this.#minDelta = minDelta;
    this.#value = monitor.endsWith("loss") ? Infinity : -Infinity;
  }

  /** Records an epoch's value and returns whether it is the best so far. NaN never is. */
  improvedBy(value: number): boolean {
    const improved = this.#monitor.endsWith("loss")
      ? value < this.#value - this.#minDelta
      : value > this.#value + this.#minDelta;
    if (improved) this.#value = value;
    return improved;
  }
}
