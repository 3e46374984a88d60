/**
 * The one-cycle policy.
 * @module
 */
import { checkMomenta, type Hyperparameters, type Schedule, schedule } from "./schedule.ts";
import { flag, numeric, oneOf, optional, type OptionChecks, readOptions, rules } from "../support/check.ts";

/** Options of {@linkcode oneCycle}; the names are PyTorch's. */
export interface OneCycleOptions {
  /** The highest rate, above 0. */
  maxLr: number;
  /** The iterations of the whole run, 1 or more. */
  totalSteps: number;
  /** The fraction of the run in which the rate rises, 0 to 1. Default 0.3. */
  pctStart?: number;
  /** Whether the rate follows a cosine or a straight line. Default `"cos"`. */
  annealStrategy?: "cos" | "linear";
  /** The initial rate is `maxLr / divFactor`. Above 0. Default 25. */
  divFactor?: number;
  /** The last rate is the initial one divided by this. Above 0. Default 1e4. */
  finalDivFactor?: number;
  /**
   * Whether the rate first comes down to the initial rate, as fast as it rose, and only then falls to the last. Default
   * false.
   */
  threePhase?: boolean;
  /** The momentum when the rate is highest. Together with `maxMomentum`, it makes the momentum mirror the rate. */
  baseMomentum?: number;
  /** The momentum at the start and at the end. */
  maxMomentum?: number;
}

const VERB = "create a one-cycle schedule";
const OPTIONS = {
  maxLr: numeric(rules.positive),
  totalSteps: numeric(rules.count),
  pctStart: numeric(rules.fraction, 0.3),
  annealStrategy: oneOf(["cos", "linear"], "cos"),
  divFactor: numeric(rules.positive, 25),
  finalDivFactor: numeric(rules.positive, 1e4),
  threePhase: flag(false),
  baseMomentum: optional(numeric(rules.notNegative)),
  maxMomentum: optional(numeric(rules.notNegative)),
} satisfies OptionChecks<OneCycleOptions>;

/** One rise or fall, from one level to another. It ends at iteration `end`, which may be fractional. */
interface Phase {
  end: number;
  from: Hyperparameters;
  to: Hyperparameters;
}

/**
 * One rise and one fall over a whole run: the 1cycle policy.
 *
 * With `initial = maxLr / divFactor` and `final = initial / finalDivFactor`, the phases end at
 * `pctStart totalSteps - 1` (at maxLr) and `totalSteps - 1` (at final); with `threePhase` at `pctStart totalSteps - 1`,
 * `2 pctStart totalSteps - 2` (at initial) and `totalSteps - 1`. When a fraction p of a phase is over, the rate is
 * `end + (start - end) / 2 (cos(pi p) + 1)`, or on a straight line. From iteration 0 to totalSteps - 1 the values are
 * PyTorch's. As in PyTorch, a phase may end between two iterations, and then no iteration trains at exactly maxLr. A
 * phase of zero width is skipped, and after the run the last value stays.
 *
 * Sources: Smith and Topin, Super-Convergence (2017); PyTorch's `OneCycleLR`.
 *
 * @param options See {@linkcode OneCycleOptions}.
 * @returns The schedule; its one cycle ends at `totalSteps`.
 * @throws {TypeError} If an option is unknown or of the wrong kind, or only one momentum is given.
 * @throws {RangeError} If a value is out of range.
 * @example
 * ```ts
 * import { oneCycle } from "./one_cycle.ts";
 *
 * const rate = oneCycle({ maxLr: 0.1, totalSteps: 10 });
 * if (Math.abs(rate(0).learningRate - 0.1 / 25) > 1e-12) throw new Error("it starts at maxLr / divFactor");
 * ```
 */
export function oneCycle(options: OneCycleOptions): Schedule {
  const read = readOptions(VERB, options, OPTIONS);
  const { maxLr, totalSteps, pctStart, annealStrategy, divFactor, finalDivFactor } = read;
  const { threePhase, baseMomentum, maxMomentum } = read;
  checkMomenta(VERB, baseMomentum, maxMomentum);

  const level = (learningRate: number, momentum?: number): Hyperparameters =>
    momentum === undefined ? { learningRate } : { learningRate, momentum };
  const initial = level(maxLr / divFactor, maxMomentum);
  const peak = level(maxLr, baseMomentum);
  const final = level(maxLr / divFactor / finalDivFactor, maxMomentum);
  const rise = pctStart * totalSteps - 1;
  if (threePhase && 2 * rise > totalSteps - 1) {
    throw new RangeError(
      `Cannot ${VERB}: with threePhase, pctStart must leave room for a fall as long as the rise, got ${pctStart}`,
    );
  }
  const phases: Phase[] = threePhase
    ? [
      { end: rise, from: initial, to: peak },
      { end: 2 * rise, from: peak, to: initial },
      { end: totalSteps - 1, from: initial, to: final },
    ]
    : [{ end: rise, from: initial, to: peak }, { end: totalSteps - 1, from: peak, to: final }];
  const anneal = annealStrategy === "cos"
    ? (from: number, to: number, p: number) => to + (from - to) / 2 * (Math.cos(Math.PI * p) + 1)
    : (from: number, to: number, p: number) => from + (to - from) * p;

  const rate = (iteration: number): Hyperparameters => {
    const step = Math.min(iteration, totalSteps - 1); // after the run, the last value stays
    let start = 0;
    for (const { end, from, to } of phases) {
      if (end > start && step <= end) {
        const p = (step - start) / (end - start);
        return level(
          anneal(from.learningRate, to.learningRate, p),
          from.momentum === undefined ? undefined : anneal(from.momentum, to.momentum!, p),
        );
      }
      start = end; // as in PyTorch, even if a short rise ends before iteration 0
    }
    return { ...final };
  };
  return schedule(rate, { schedule: "oneCycle", ...options }, () => totalSteps);
}
