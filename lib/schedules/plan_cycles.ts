/**
 * Step sizes and epochs that fit each other.
 * @module
 */
import { checkNumber, checkOptions, rules } from "./schedule.ts";

/** Options of {@linkcode planCycles}. */
export interface PlanOptions {
  /** Optimizer updates in one epoch, 1 or more. */
  batchesPerEpoch: number;
  /** Epochs to train, 1 or more. */
  epochs: number;
  /** Half a cycle, in epochs, above 0. Smith advises 2 to 8. */
  stepSizeEpochs: number;
}

/** What {@linkcode planCycles} finds. */
export interface CyclePlan {
  /** Optimizer updates in the whole run. */
  readonly iterations: number;
  /** Half a cycle, in iterations, for `cyclical({ stepSize })`. */
  readonly stepSize: number;
  /** Cycles in the run; a fraction where the run cuts one. */
  readonly cycles: number;
  /** Whether the run ends where a cycle ends: at the base rate. */
  readonly endsAtBase: boolean;
  /** The nearest number of epochs, a cycle or more, that ends at the base rate. */
  readonly nearestEpochs: number;
}

/**
 * Turns a step size in epochs into iterations, and says whether the run ends at the base rate.
 *
 * Source: the article's `stepSize = STEP_SIZE * (50000 // BATCH_SIZE)` and its count of cycles, epochs / step / 2.
 *
 * @param options See {@linkcode PlanOptions}.
 * @throws {TypeError} If an option is unknown or no number.
 * @throws {RangeError} If a value is out of range.
 * @example
 * ```ts
 * import { planCycles } from "./plan_cycles.ts";
 *
 * const plan = planCycles({ batchesPerEpoch: 781, epochs: 96, stepSizeEpochs: 8 });
 * if (plan.stepSize !== 6248 || plan.cycles !== 6 || !plan.endsAtBase) throw new Error("the article's six cycles");
 * ```
 */
export function planCycles(options: PlanOptions): CyclePlan {
  const verb = "plan cycles";
  checkOptions(verb, options, ["batchesPerEpoch", "epochs", "stepSizeEpochs"]);
  const { batchesPerEpoch, epochs, stepSizeEpochs } = options;
  checkNumber(verb, "batchesPerEpoch", batchesPerEpoch, ...rules.count);
  checkNumber(verb, "epochs", epochs, ...rules.count);
  checkNumber(verb, "stepSizeEpochs", stepSizeEpochs, ...rules.positive);
  const cycle = 2 * stepSizeEpochs;
  // a step size such as 1/3 of an epoch is a rounded fraction: within a billionth of a cycle the run is whole
  const whole = (count: number) => Math.abs(count - Math.round(count)) < 1e-9 && Math.round(count) >= 1;
  const cycles = whole(epochs / cycle) ? Math.round(epochs / cycle) : epochs / cycle;
  return {
    iterations: batchesPerEpoch * epochs,
    stepSize: batchesPerEpoch * stepSizeEpochs,
    cycles,
    endsAtBase: whole(epochs / cycle),
    nearestEpochs: nearestWholeEpochs(epochs, cycle, whole),
  };
}

/** The whole number of epochs nearest to `epochs` that holds a whole number of cycles. */
function nearestWholeEpochs(epochs: number, cycle: number, whole: (count: number) => boolean): number {
  for (let distance = 0; distance <= epochs + Math.ceil(cycle) * 1000; distance++) {
    for (const candidate of [epochs + distance, epochs - distance]) {
      if (candidate >= 1 && whole(candidate / cycle)) return candidate;
    }
  }
  return Math.max(1, Math.round(Math.max(1, Math.round(epochs / cycle)) * cycle));
}
