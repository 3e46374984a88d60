/**
 * Reads the curve of a range test: the suggestions, and both bounds of a cycle.
 * @module
 */
import { median } from "../support/statistics.ts";
import { suggest } from "./suggest.ts";

/** The suggestions by name; undefined if the curve gives none. */
export interface Suggestions {
  /** See `suggest.valley`. */
  readonly valley?: number;
  /** See `suggest.slide`. */
  readonly slide?: number;
  /** See `suggest.minimum`. */
  readonly minimum?: number;
  /** See `suggest.steepest`. */
  readonly steepest?: number;
}

/** What {@linkcode readCurve} returns. */
export interface CurveReading {
  /** fastai's suggestions. */
  readonly suggestions: Suggestions;
  /** The bounds for `cyclical`, if the curve gives them. */
  readonly bounds?: { readonly baseLr: number; readonly maxLr: number };
  /** The rule that gave the bounds, or why there are none. */
  readonly reason?: string;
}

/** How far the loss must fall, as a fraction of where it starts, before the curve says anything. */
const LEAST_FALL = 0.02;
/** The fraction of the fall after which the curve counts as falling. */
const BEGUN = 0.1;

/**
 * Reads the suggestions and the bounds off a range test's smoothed losses.
 *
 * The curve is trimmed as in fastai: the first tenth of the test and the last five points are dropped, and everything
 * from the first NaN or infinity on. The start is then the median of the first tenth of what is left, so that no single
 * noisy point decides it. The fall is the distance from the start to the lowest loss after that tenth.
 *
 * - `maxLr` is a third of the rate at the lowest loss. That is a safe distance below the rate at which the curve
 *   turns.
 * - `baseLr` is the rate from which the curve has completed 10 % of its fall and never climbs back above that level
 *   on its way to the lowest loss. So a noisy dip from which the curve recovers does not count. `baseLr` is at most a
 *   quarter of `maxLr`.
 *
 * Sources: Smith (2015, section 3.3) for where the bounds lie; fastai's finder for the trimming.
 *
 * @param learningRates The rates, rising.
 * @param smoothedLosses The smoothed loss (or error rate) at each.
 * @param iterations The updates that the test was meant to make. It may have stopped earlier.
 * @returns The suggestions and the bounds, or the reason why there are none.
 * @example
 * ```ts
 * import { readCurve } from "./bounds.ts";
 *
 * const rates = Array.from({ length: 100 }, (_, i) => 1e-6 * 10 ** (i / 20));
 * const losses = rates.map((_, i) => i < 40 ? 2 : i < 90 ? 1.5 - i / 100 : 4);
 * const { bounds } = readCurve(rates, losses, 100);
 * if (bounds?.baseLr !== rates[40]) throw new Error("the loss falls from there on");
 * ```
 */
export function readCurve(
  learningRates: readonly number[],
  smoothedLosses: readonly number[],
  iterations: number,
): CurveReading {
  const { rates, losses } = trim(learningRates, smoothedLosses, iterations);
  if (losses.length < 16) {
    const reason = `too few points: 16 or more are needed after trimming, there are ${losses.length}`;
    return { suggestions: {}, reason };
  }
  const tenth = Math.floor(losses.length / 10);
  const start = median(losses.slice(0, tenth));
  const least = Math.min(...losses.slice(tenth));
  const fall = start - least;
  if (!(fall > LEAST_FALL * Math.abs(start))) {
    const reason = `the curve never falls by more than ${LEAST_FALL * 100} % of its start: ` +
      "it is flat, or the rates are too high from the beginning";
    return { suggestions: {}, reason };
  }
  const suggestions = {
    valley: suggest.valley(rates, losses),
    slide: suggest.slide(rates, losses),
    minimum: suggest.minimum(rates, losses),
    steepest: suggest.steepest(rates, losses),
  };
  const lowest = losses.indexOf(least, tenth);
  const maxLr = rates[lowest] / 3;
  const begun = rates[losses.slice(0, lowest).findLastIndex((loss) => loss > start - BEGUN * fall) + 1];
  const early = begun <= maxLr / 4;
  const base = early ? `where the curve has made ${BEGUN * 100} % of its fall for good` : "a quarter of max";
  return {
    suggestions,
    bounds: { baseLr: early ? begun : maxLr / 4, maxLr },
    reason: `max: a third of the rate at the lowest smoothed loss; base: ${base}`,
  };
}

/**
 * Trims the curve as in fastai: drops the first tenth, the last five points, and all from the first NaN or infinity on.
 */
function trim(rates: readonly number[], losses: readonly number[], iterations: number) {
  const [from, to] = [Math.floor(iterations / 10), Math.max(0, losses.length - 5)];
  const kept = losses.slice(from, to);
  const wrong = kept.findIndex((loss) => !Number.isFinite(loss));
  const end = wrong < 0 ? kept.length : wrong;
  return { rates: rates.slice(from, to).slice(0, end), losses: kept.slice(0, end) };
}
