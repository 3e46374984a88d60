/**
 * Cyclical learning rates: triangular, triangular2, exp_range and their variations.
 * @module
 */
import { periodsDone } from "./periods.ts";
import { checkMomenta, type Schedule, schedule } from "./schedule.ts";
import {
  numeric,
  oneOf,
  optional,
  type OptionCheck,
  type OptionChecks,
  readOptions,
  rules,
  shown,
} from "../support/check.ts";

/** How the cycles' height changes. */
export type CyclicalMode = "triangular" | "triangular2" | "exp_range";
/** The shape of one cycle: straight flanks, or the paper's Welch (parabolic) and Hann (sinusoidal) windows. */
export type CyclicalWindow = "triangular" | "welch" | "hann";
/** Scales the amplitude; called with the cycle, counted from 1, or with the iteration, counted from 0. */
export type ScaleFn = (x: number) => number;

/** Options of {@linkcode cyclical}. */
export interface CyclicalOptions {
  /** The lower bound of the rate, 0 or more. Default 0.001. */
  baseLr?: number;
  /** The upper bound of the rate, not below `baseLr`. Default 0.006. */
  maxLr?: number;
  /** Half a cycle, in iterations: from `baseLr` up to `maxLr`. Above 0; may be fractional. Default 2000. */
  stepSize?: number;
  /** The length of the way down, in iterations, above 0. Default `stepSize`. */
  stepSizeDown?: number;
  /** The policy. Default `"triangular"`. */
  mode?: CyclicalMode;
  /** The decay per iteration of exp_range and of `decays: "bounds"`, above 0 and at most 1. Default 1. */
  gamma?: number;
  /** A scale function of your own, or the name of a built-in mode to use that mode's. It overrides `mode`. */
  scaleFn?: ScaleFn | CyclicalMode;
  /** What `scaleFn` is called with. Ignored when a built-in mode does the scaling. Default `"cycle"`. */
  scaleMode?: "cycle" | "iterations";
  /**
   * What exp_range's gamma shrinks: the amplitude, as in the reference implementations, or both bounds, as in the
   * paper.
   */
  decays?: "amplitude" | "bounds";
  /** The shape of a cycle. Default `"triangular"`. */
  window?: CyclicalWindow;
  /** The momentum when the rate is highest. Together with `maxMomentum`, it makes the momentum mirror the rate. */
  baseMomentum?: number;
  /** The momentum when the rate is lowest. */
  maxMomentum?: number;
}

const MODES = ["triangular", "triangular2", "exp_range"] as const;
const WINDOWS: Record<CyclicalWindow, (h: number) => number> = {
  triangular: (h) => h,
  welch: (h) => 1 - (1 - h) * (1 - h),
  hann: (h) => (1 - Math.cos(Math.PI * h)) / 2,
};
/** A function, or the name of a built-in one. */
const scaling: OptionCheck<ScaleFn | CyclicalMode> = (verb, name, value) =>
  isFunction(value) ? value : oneOf(MODES)(verb, name, value);
const isFunction = (value: unknown): value is ScaleFn => typeof value === "function";
const OPTIONS = {
  baseLr: numeric(rules.notNegative, 0.001),
  maxLr: numeric(rules.notNegative, 0.006),
  stepSize: numeric(rules.positive, 2000),
  stepSizeDown: optional(numeric(rules.positive)),
  mode: oneOf(MODES, "triangular"),
  gamma: numeric(rules.decay, 1),
  scaleFn: optional(scaling),
  scaleMode: oneOf(["cycle", "iterations"], "cycle"),
  decays: oneOf(["amplitude", "bounds"], "amplitude"),
  window: oneOf(["triangular", "welch", "hann"], "triangular"),
  baseMomentum: optional(numeric(rules.notNegative)),
  maxMomentum: optional(numeric(rules.notNegative)),
} satisfies OptionChecks<CyclicalOptions>;
const VERB = "create a cyclical schedule";

/**
 * A learning rate that climbs from `baseLr` to `maxLr` in `stepSize` iterations and comes down again, forever.
 *
 * With u and d the half cycles: `cycle = floor(1 + i / (u + d))`, `p = i - (cycle - 1)(u + d)`,
 * `h = p <= u ? p / u : 1 - (p - u) / d`, and `rate = baseLr + (maxLr - baseLr) h scale`, where scale is 1
 * (triangular), `1 / 2^(cycle - 1)` (triangular2), `gamma^i` (exp_range) or `scaleFn`. With `decays: "bounds"` the rate
 * is `gamma^i (baseLr + (maxLr - baseLr) h)`. The momentum, if it is cycled, is
 * `maxMomentum - (maxMomentum - baseMomentum) h scale`.
 *
 * Sources: Smith, Cyclical Learning Rates for Training Neural Networks (2015, WACV 2017); bckenstler's CLR;
 * PyTorch's `CyclicLR`.
 *
 * @param options See {@linkcode CyclicalOptions}.
 * @returns The schedule; `cycleEnd(i)` is where the cycle that holds iteration i ends.
 * @throws {TypeError} If an option is unknown or of the wrong kind, only one momentum is given, or the bounds decay and
 * the policy is triangular2 or a function.
 * @throws {RangeError} If a value is out of range or a mode is unknown.
 * @example
 * ```ts
 * import { cyclical } from "./cyclical.ts";
 *
 * const rate = cyclical({ baseLr: 0.001, maxLr: 0.006, stepSize: 2000 });
 * if (rate(0).learningRate !== 0.001) throw new Error("a cycle starts at the base rate");
 * if (rate(2000).learningRate !== 0.006) throw new Error("half a cycle later it is at the maximum");
 * ```
 */
export function cyclical(options: CyclicalOptions = {}): Schedule {
  const read = readOptions(VERB, options, OPTIONS);
  const { baseLr, maxLr, stepSize, stepSizeDown = stepSize, mode, gamma, scaleFn, scaleMode, decays, window } = read;
  const { baseMomentum, maxMomentum } = read;
  if (baseLr > maxLr) {
    throw new RangeError(`Cannot ${VERB}: baseLr must not be above maxLr ${maxLr}, got ${baseLr}`);
  }
  checkMomenta(VERB, baseMomentum, maxMomentum);
  const policy = scaleFn ?? mode;
  if (decays === "bounds" && (typeof policy === "function" || policy === "triangular2")) {
    throw new TypeError(
      `Cannot ${VERB}: decays "bounds" scales by gamma alone, so it takes no other scale, got ${shown(policy)}`,
    );
  }

  const period = stepSize + stepSizeDown;
  const shape = WINDOWS[window];
  const scale = scaleOf(typeof scaleFn === "string" ? scaleFn : mode, gamma);
  const custom = typeof scaleFn === "function" ? scaleFn : undefined;
  const byCycle = scaleMode === "cycle";
  const bounds = decays === "bounds";
  // at full height base + (max - base) may differ from max by a rounding error, so there the rate is max itself
  const between = (height: number) => height === 1 ? maxLr : baseLr + (maxLr - baseLr) * height;
  const momentumSpan = maxMomentum === undefined ? 0 : maxMomentum - baseMomentum!;

  const rate = (iteration: number) => {
    const cycle = Math.floor(1 + iteration / period);
    const p = iteration - (cycle - 1) * period;
    // rounding of fractional periods could leave h a hair below 0, hence the clamp
    const h = shape(p <= stepSize ? Math.max(0, p / stepSize) : Math.max(0, 1 - (p - stepSize) / stepSizeDown));
    const amount = h * (custom ? custom(byCycle ? cycle : iteration) : scale(cycle, iteration));
    const learningRate = bounds ? Math.pow(gamma, iteration) * between(h) : between(amount);
    return maxMomentum === undefined
      ? { learningRate }
      : { learningRate, momentum: maxMomentum - momentumSpan * amount };
  };
  return schedule(
    rate,
    custom ? undefined : { schedule: "cyclical", ...options },
    (iteration) => (1 + periodsDone(iteration, period)) * period,
  );
}

function scaleOf(mode: CyclicalMode, gamma: number): (cycle: number, iteration: number) => number {
  if (mode === "triangular2") return (cycle) => 1 / Math.pow(2, cycle - 1);
  if (mode === "exp_range") return (_cycle, iteration) => Math.pow(gamma, iteration);
  return () => 1;
}
