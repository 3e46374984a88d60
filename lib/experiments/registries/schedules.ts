/**
 * The schedules that experiments know by name. To add one, add an entry here.
 * @module
 */
import {
  constant,
  cosineDecay,
  cosineRestarts,
  cyclical,
  type CyclicalOptions,
  exponentialDecay,
  inverseSquareRoot,
  join,
  linearDecay,
  oneCycle,
  piecewiseConstant,
  polynomialDecay,
  warmupStableDecay,
} from "../../schedules/mod.ts";
import type { Schedule } from "../../schedules/schedule.ts";
import type { ScheduleSettings } from "../experiment.ts";

/** A schedule's settings with all lengths in iterations, and the length of the run. */
export interface ScheduleRequest
  extends Required<Pick<ScheduleSettings, "baseLr" | "maxLr">>, Pick<ScheduleSettings, "gamma" | "decays"> {
  /** Half a cycle, in iterations. */
  readonly stepSize: number;
  /** Iterations of the whole run. */
  readonly iterations: number;
  /** The power of a polynomial decay. */
  readonly power?: number;
  /** The fraction of the run in which the rate rises. */
  readonly peakAt?: number;
  /** Both momenta or neither. */
  readonly momenta: { readonly baseMomentum?: number; readonly maxMomentum?: number };
}

/** A schedule of the registry. */
export interface ScheduleEntry {
  /** What it is, in one line. */
  readonly about: string;
  /** The settings that it takes; in addition, every schedule takes `warmUp`. */
  readonly takes: readonly (keyof ScheduleSettings)[];
  /** Makes the schedule. */
  readonly build: (request: ScheduleRequest) => Schedule;
}

const CYCLE = ["baseLr", "maxLr", "stepSize", "momentumRange"] as const;

const cycle = ({ baseLr, maxLr, stepSize, momenta }: ScheduleRequest, more: CyclicalOptions = {}): Schedule =>
  cyclical({ baseLr, maxLr, stepSize, ...momenta, ...more });

/** The default gamma of exp_range, which leaves a quarter of the height at the end of the run. */
const quarterLeft = ({ gamma, iterations }: ScheduleRequest): number => gamma ?? 0.25 ** (1 / iterations);

/** The stages of Smith's table 2, each with cycles of its own: 16,000, 6,000 and 3,000 of the paper's 25,000 iterations. */
const staged = (it: ScheduleRequest, more: CyclicalOptions = {}): Schedule =>
  join([1, 2, 4].map((part, stage) => ({
    schedule: cycle({
      ...it,
      ...{ baseLr: it.baseLr / 10 ** stage, maxLr: it.maxLr / 10 ** stage, stepSize: it.stepSize / part },
    }, more),
    iterations: it.iterations * [0.64, 0.24, 0.12][stage],
  })));

/** The schedules by name. */
export const SCHEDULES: Readonly<Record<string, ScheduleEntry>> = {
  triangular: { about: "up and down between two bounds, forever", takes: CYCLE, build: (it) => cycle(it) },
  triangular2: {
    about: "triangular, with its height halved after each cycle",
    takes: CYCLE,
    build: (it) => cycle(it, { mode: "triangular2" }),
  },
  "exp-range": {
    about: "triangular, with its height (or both bounds) multiplied by gamma at each iteration",
    takes: [...CYCLE, "gamma", "decays"],
    build: (it) => cycle(it, { mode: "exp_range", gamma: quarterLeft(it), ...(it.decays && { decays: it.decays }) }),
  },
  "one-cycle": {
    about: "PyTorch's 1cycle policy: one rise, one long fall to almost nothing",
    takes: ["maxLr", "peakAt", "momentumRange"],
    build: ({ maxLr, iterations, peakAt, momenta }) =>
      oneCycle({ maxLr, totalSteps: iterations, ...(peakAt !== undefined && { pctStart: peakAt }), ...momenta }),
  },
  "slanted-triangular": {
    about: "one triangle over the whole run: from 0 to the maximum at a quarter, and down to 0",
    takes: ["maxLr", "peakAt", "momentumRange"],
    build: ({ maxLr, iterations, peakAt = 0.25, momenta }) =>
      cyclical({
        ...{ baseLr: 0, maxLr, stepSize: peakAt * iterations, stepSizeDown: (1 - peakAt) * iterations },
        ...momenta,
      }),
  },
  fixed: {
    about: "a constant rate, the maximum",
    takes: ["maxLr"],
    build: ({ maxLr }) => constant({ learningRate: maxLr }),
  },
  step: {
    about: "the maximum, a tenth of it after half of the run, a hundredth after three quarters",
    takes: ["maxLr"],
    build: ({ maxLr, iterations }) =>
      piecewiseConstant({
        boundaries: [iterations / 2, 0.75 * iterations],
        learningRates: [maxLr, maxLr / 10, maxLr / 100],
      }),
  },
  "caffe-fixed": {
    about: "Caffe's cifar10_full solver: the maximum, a tenth of it after 6/7 of the run, a hundredth after 13/14",
    takes: ["maxLr"],
    build: ({ maxLr, iterations }) =>
      piecewiseConstant({
        boundaries: [iterations * 6 / 7, iterations * 13 / 14],
        learningRates: [maxLr, maxLr / 10, maxLr / 100],
      }),
  },
  linear: {
    about: "a straight line down to 0",
    takes: ["maxLr"],
    build: ({ maxLr, iterations }) => linearDecay({ initialLr: maxLr, iterations }),
  },
  decay: {
    about: "Smith's decay: from the maximum to the base within one cycle's length, then flat",
    takes: ["baseLr", "maxLr", "stepSize"],
    build: ({ baseLr, maxLr, stepSize }) =>
      linearDecay({ initialLr: maxLr, finalLr: baseLr, iterations: 2 * stepSize }),
  },
  polynomial: {
    about: "a power (2) of the remaining run, down to 0",
    takes: ["maxLr", "power"],
    build: ({ maxLr, iterations, power = 2 }) => polynomialDecay({ initialLr: maxLr, iterations, power }),
  },
  cosine: {
    about: "half a cosine, down to 0",
    takes: ["maxLr"],
    build: ({ maxLr, iterations }) => cosineDecay({ initialLr: maxLr, iterations }),
  },
  "cosine-restarts": {
    about: "cosines from the maximum to the base, each two step sizes long (SGDR)",
    takes: ["baseLr", "maxLr", "stepSize"],
    build: ({ baseLr, maxLr, stepSize }) => cosineRestarts({ baseLr, maxLr, period: 2 * stepSize }),
  },
  exponential: {
    about: "a constant factor each iteration: gamma, or one that ends at a hundredth of the maximum",
    takes: ["maxLr", "gamma"],
    build: ({ maxLr, iterations, gamma = 0.01 ** (1 / iterations) }) => exponentialDecay({ initialLr: maxLr, gamma }),
  },
  "inverse-square-root": {
    about: "a rise over one step size, then a fall with the inverse square root of the iteration",
    takes: ["maxLr", "stepSize"],
    build: ({ maxLr, stepSize }) => inverseSquareRoot({ maxLr, warmUp: stepSize }),
  },
  "warmup-stable-decay": {
    about: "a rise in the first tenth of the run, then flat, then down to 0 in the last fifth",
    takes: ["maxLr"],
    build: ({ maxLr, iterations }) =>
      warmupStableDecay({ maxLr, warmUp: 0.1 * iterations, stable: 0.7 * iterations, decay: 0.2 * iterations }),
  },
  staged: {
    about: "Smith's three stages, triangular: full bounds; a tenth with half the step size; a hundredth with a quarter",
    takes: CYCLE,
    build: (it) => staged(it),
  },
  "staged-triangular2": {
    about: "Smith's table 2: the same stages, and within each one the height is halved after each cycle",
    takes: CYCLE,
    build: (it) => staged(it, { mode: "triangular2" }),
  },
};
