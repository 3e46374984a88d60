/**
 * Cyclical learning rates: triangular, triangular2, exp_range and their variations.
 * @module
 */
import { checkIteration, checkMomenta, type Schedule, schedule } from "./schedule.ts";
import { checkChoice, checkNumber, checkOptions, rules } from "../support/check.ts";

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
  /** The way down, in iterations, above 0. Default `stepSize`. */
  stepSizeDown?: number;
  /** The policy. Default `"triangular"`. */
  mode?: CyclicalMode;
  /** The decay per iteration of exp_range and of `decays: "bounds"`, above 0 and at most 1. Default 1. */
  gamma?: number;
  /** A scale function of your own, or the name of a built-in mode's; it wins over `mode`. */
  scaleFn?: ScaleFn | CyclicalMode;
  /** What `scaleFn` is called with. Ignored where a built-in mode scales. Default `"cycle"`. */
  scaleMode?: "cycle" | "iterations";
  /** What exp_range's gamma shrinks: the amplitude (as the reference codes) or both bounds (as the paper). */
  decays?: "amplitude" | "bounds";
  /** The shape of a cycle. Default `"triangular"`. */
  window?: CyclicalWindow;
  /** The momentum at the rate's maximum; with `maxMomentum`, momentum mirrors the rate. */
  baseMomentum?: number;
  /** The momentum at the base rate. */
  maxMomentum?: number;
}

const MODES = ["triangular", "triangular2", "exp_range"] as const;
const WINDOWS: Record<CyclicalWindow, (h: number) => number> = {
  triangular: (h) => h,
  welch: (h) => 1 - (1 - h) * (1 - h),
  hann: (h) => (1 - Math.cos(Math.PI * h)) / 2,
};
const OPTIONS = [
  "baseLr",
  "maxLr",
  "stepSize",
  "stepSizeDown",
  "mode",
  "gamma",
  "scaleFn",
  "scaleMode",
  "decays",
  "window",
  "baseMomentum",
  "maxMomentum",
];
const VERB = "create a cyclical schedule";

/**
 * A learning rate that climbs from `baseLr` to `maxLr` in `stepSize` iterations and comes down again, for ever.
 *
 * With u and d the half cycles: `cycle = floor(1 + i / (u + d))`, `p = i - (cycle - 1)(u + d)`,
 * `h = p <= u ? p / u : 1 - (p - u) / d`, and `rate = baseLr + (maxLr - baseLr) h scale`, where scale is 1
 * (triangular), `1 / 2^(cycle - 1)` (triangular2), `gamma^i` (exp_range) or `scaleFn`. With `decays: "bounds"`
 * the rate is `gamma^i (baseLr + (maxLr - baseLr) h)`. Momentum, where asked for, is
 * `maxMomentum - (maxMomentum - baseMomentum) h scale`.
 *
 * Sources: Smith, Cyclical Learning Rates for Training Neural Networks (2015, WACV 2017); bckenstler's CLR;
 * PyTorch's `CyclicLR`.
 *
 * @param options See {@linkcode CyclicalOptions}.
 * @returns The schedule; `cycleEnd(i)` is where the cycle that holds iteration i ends.
 * @throws {TypeError} If an option is unknown or of the wrong kind, or only one momentum is given.
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
  checkOptions(VERB, options, OPTIONS);
  const { baseLr = 0.001, maxLr = 0.006, stepSize = 2000, mode = "triangular", gamma = 1 } = options;
  const { scaleMode = "cycle", decays = "amplitude", window = "triangular", stepSizeDown = stepSize } = options;
  const { scaleFn, baseMomentum, maxMomentum } = options;
  checkNumber(VERB, "baseLr", baseLr, ...rules.notNegative);
  checkNumber(VERB, "maxLr", maxLr, ...rules.notNegative);
  if (baseLr > maxLr) {
    throw new RangeError(`Cannot ${VERB}: baseLr must not be above maxLr ${maxLr}, got ${baseLr}`);
  }
  checkNumber(VERB, "stepSize", stepSize, ...rules.positive);
  checkNumber(VERB, "stepSizeDown", stepSizeDown, ...rules.positive);
  checkNumber(VERB, "gamma", gamma, "above 0 and at most 1", (value) => value > 0 && value <= 1);
  checkChoice(VERB, "mode", mode, MODES);
  checkChoice(VERB, "scaleMode", scaleMode, ["cycle", "iterations"]);
  checkChoice(VERB, "decays", decays, ["amplitude", "bounds"]);
  checkChoice(VERB, "window", window, ["triangular", "welch", "hann"]);
  checkMomenta(VERB, baseMomentum, maxMomentum);
  if (scaleFn !== undefined && typeof scaleFn !== "function") checkChoice(VERB, "scaleFn", scaleFn, MODES);

  const period = stepSize + stepSizeDown;
  const shape = WINDOWS[window];
  const scale = scaling(typeof scaleFn === "string" ? scaleFn : mode, gamma);
  const custom = typeof scaleFn === "function" ? scaleFn : undefined;
  const byCycle = scaleMode === "cycle";
  const bounds = decays === "bounds" && !custom;
  // at full height base + (max - base) may miss max by a rounding: there the rate is max itself
  const between = (height: number) => height === 1 ? maxLr : baseLr + (maxLr - baseLr) * height;
  const momentumSpan = maxMomentum === undefined ? 0 : maxMomentum - baseMomentum!;

  const rate = (iteration: number) => {
    checkIteration(iteration);
    const cycle = Math.floor(1 + iteration / period);
    const p = iteration - (cycle - 1) * period;
    // the clamp takes up the rounding of fractional periods, which could leave h a hair below 0
    const h = shape(p <= stepSize ? Math.max(0, p / stepSize) : Math.max(0, 1 - (p - stepSize) / stepSizeDown));
    const amount = h * (custom ? custom(byCycle ? cycle : iteration) : scale(cycle, iteration));
    const learningRate = bounds ? Math.pow(gamma, iteration) * between(h) : between(amount);
    return maxMomentum === undefined
      ? { learningRate }
      : { learningRate, momentum: maxMomentum - momentumSpan * amount };
  };
  return schedule(rate, custom ? undefined : configOf(options), (iteration) => {
    checkIteration(iteration);
    return Math.floor(1 + iteration / period) * period;
  });
}

function scaling(mode: CyclicalMode, gamma: number): (cycle: number, iteration: number) => number {
  if (mode === "triangular2") return (cycle) => 1 / Math.pow(2, cycle - 1);
  if (mode === "exp_range") return (_cycle, iteration) => Math.pow(gamma, iteration);
  return () => 1;
}

/** The options as plain JSON, those left out left out. */
function configOf(options: CyclicalOptions) {
  return {
    schedule: "cyclical",
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
  };
}
