/**
 * Chooses step sizes and epochs that fit together.
 * @module
 */
import { numeric, readOptions, rules } from "../support/check.ts";

/** Options of {@linkcode planCycles}. */
export interface PlanOptions {
  /** Optimizer updates in one epoch, 1 or more. */
  batchesPerEpoch: number;
  /** Epochs to train, 1 or more. */
  epochs: number;
  /** Half a cycle, in epochs, above 0. Smith advises 2 to 10. */
  stepSizeEpochs: number;
}

/** What {@linkcode planCycles} finds. */
export interface CyclePlan {
  /** Optimizer updates in the whole run. */
  readonly iterations: number;
  /** Half a cycle, in iterations, for `cyclical({ stepSize })`. */
  readonly stepSize: number;
  /** Cycles in the run; not a whole number if the run ends in the middle of one. */
  readonly cycles: number;
  /** Whether the run ends at the end of a cycle, and so at the base rate. */
  readonly endsAtBase: boolean;
  /**
   * The nearest number of epochs that is at least one cycle long and ends at the base rate; undefined if there is
   * none within 1000 cycles.
   */
  readonly nearestEpochs: number | undefined;
}

/**
 * Turns a step size in epochs into iterations, and says whether the run ends at the base rate.
 *
 * Source: the article's `stepSize = STEP_SIZE * (50000 // BATCH_SIZE)` and its count of cycles, epochs / step / 2.
 *
 * @param options See {@linkcode PlanOptions}.
 * @throws {TypeError} If an option is unknown or not a number.
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
  const { batchesPerEpoch, epochs, stepSizeEpochs } = readOptions("plan cycles", options, {
    batchesPerEpoch: numeric(rules.count),
    epochs: numeric(rules.count),
    stepSizeEpochs: numeric(rules.positive),
  });
  const cycle = 2 * stepSizeEpochs;
  // A step size such as 1/3 of an epoch cannot be stored exactly, so a count within a billionth of a whole number is
  // whole.
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

/** How many cycles more or fewer to try. This is enough for any step size with three decimals. */
const MOST_CYCLES = 1000;

/**
 * The whole number of epochs nearest to `epochs` that holds a whole number of cycles; undefined if none does.
 */
function nearestWholeEpochs(epochs: number, cycle: number, whole: (count: number) => boolean): number | undefined {
  const nearest = Math.max(1, Math.round(epochs / cycle));
  let best = Infinity;
  for (let more = -MOST_CYCLES; more <= MOST_CYCLES; more++) {
    const candidate = Math.round((nearest + more) * cycle);
    if (candidate < 1 || !whole(candidate / cycle)) continue;
    if (Math.abs(candidate - epochs) < Math.abs(best - epochs)) best = candidate;
  }
  return Number.isFinite(best) ? best : undefined;
}
