/**
 * Gradient descent on a loss of just two weights, which is easy to draw and quick to repeat from many starting points.
 * @module
 */
import { randomFrom } from "../data/random.ts";
import type { TrainingHistory } from "../history/history.ts";
import { type AnySchedule, asSchedule } from "../schedules/schedule.ts";
import { checkNumber, checkOptions, rules, shown } from "../support/check.ts";

/** Two weights. */
export type Point = readonly [x: number, y: number];

/** Options of {@linkcode descend}. */
export interface DescentOptions {
  /** Where the two weights start. */
  start: Point;
  /** The learning rate, and the momentum if the schedule sets one (otherwise it is 0). */
  schedule: AnySchedule;
  /** How many updates to make. */
  iterations: number;
  /** The standard deviation of noise in each component of the gradient, like the noise of small batches. Default 0. */
  noise?: number;
  /** The seed of the noise, a whole number. Default 0. */
  seed?: number;
}

/** What {@linkcode descend} returns. */
export interface LossDescent {
  /** The weights before the first update and after each update, so one point more than there were updates. */
  readonly path: readonly Point[];
  /** The loss at each point of the path, without the noise. */
  readonly losses: readonly number[];
  /** The learning rate of each update. */
  readonly rates: readonly number[];
  /** Whether the loss became NaN or infinite or exceeded a million, where the path ends. */
  readonly diverged: boolean;
}

/** A descent whose loss exceeds this has diverged. */
const TOO_LARGE = 1e6;
/** Half the distance over which slopes are measured. It makes them accurate to about ten digits. */
const STEP = 1e-5;

/**
 * Follows the gradient of a loss of two weights under a schedule. At iteration i, with g the gradient and n its noise,
 * `v = momentum(i) v + g + n` and `w = w - rate(i) v`, the update of `tf.train.momentum`. The gradient is estimated by
 * central differences, so the loss can be any smooth function.
 *
 * @param loss The loss at a point.
 * @param options See {@linkcode DescentOptions}.
 * @returns The path and the losses along it. If the descent diverges, the path ends there.
 * @throws {TypeError} If an option is unknown or of the wrong kind.
 * @throws {RangeError} If a value is out of range.
 * @example
 * ```ts
 * import { constant } from "../schedules/mod.ts";
 * import { descend } from "./descent.ts";
 *
 * const bowl = (x: number, y: number) => x * x + y * y;
 * const { losses } = descend(bowl, { start: [1, 1], schedule: constant({ learningRate: 0.1 }), iterations: 50 });
 * if (!(losses[50] < 1e-6)) throw new Error("each step goes a fifth of the way");
 * ```
 */
export function descend(loss: (x: number, y: number) => number, options: DescentOptions): LossDescent {
  const verb = "descend";
  checkOptions(verb, options, ["start", "schedule", "iterations", "noise", "seed"]);
  const { start, iterations, noise = 0, seed = 0 } = options;
  const schedule = asSchedule(verb, "schedule", options.schedule);
  checkPair(verb, "start", start);
  checkNumber(verb, "iterations", iterations, ...rules.count);
  checkNumber(verb, "noise", noise, ...rules.notNegative);
  checkNumber(verb, "seed", seed, "a whole number", Number.isInteger);
  const normal = normalFrom(seed);
  let [x, y] = start;
  let [vx, vy] = [0, 0];
  const path: Point[] = [start];
  const losses = [loss(x, y)];
  const rates: number[] = [];
  const finite = () => Math.abs(losses[losses.length - 1]) <= TOO_LARGE;
  for (let i = 0; i < iterations && finite(); i++) {
    const { learningRate, momentum = 0 } = schedule(i);
    const gx = (loss(x + STEP, y) - loss(x - STEP, y)) / (2 * STEP);
    const gy = (loss(x, y + STEP) - loss(x, y - STEP)) / (2 * STEP);
    vx = momentum * vx + gx + noise * normal();
    vy = momentum * vy + gy + noise * normal();
    [x, y] = [x - learningRate * vx, y - learningRate * vy];
    path.push([x, y]);
    losses.push(loss(x, y));
    rates.push(learningRate);
  }
  return { path, losses, rates, diverged: !finite() };
}

/** Options of {@linkcode descentHistory}. */
export interface DescentHistoryOptions {
  /** Functions of the iteration, by name, for a figure to show beside the rate and the loss. */
  metrics: Readonly<Record<string, (iteration: number) => number>>;
  /** The number of iterations from one value of the metrics to the next. Default 1. */
  every?: number;
}

/**
 * Turns a descent into the history of a training, for the figures. It holds the rates and losses by iteration, and
 * metrics of your own, whose first value is at iteration 0, before the first update.
 *
 * @param descent What {@linkcode descend} returned. Of many descents under one schedule, use any that did not diverge.
 * @param options See {@linkcode DescentHistoryOptions}.
 * @throws {TypeError} If an option is unknown or of the wrong kind.
 * @throws {RangeError} If `every` is not a whole number of 1 or more.
 * @example
 * ```ts
 * import { comparisonFigure } from "../figures/mod.ts";
 * import { constant } from "../schedules/mod.ts";
 * import { descend, descentHistory } from "./descent.ts";
 *
 * const schedule = constant({ learningRate: 0.1 });
 * const descent = descend((x, y) => x * x + y * y, { start: [1, 1], schedule, iterations: 50 });
 * const history = descentHistory(descent, { metrics: { "distance": (i) => Math.hypot(...descent.path[i]) } });
 * if (comparisonFigure([{ name: "fixed", history }], { metric: "distance" }).data.length !== 2) {
 *   throw new Error("one line for the distance, one for the rate");
 * }
 * ```
 */
export function descentHistory(descent: LossDescent, options: DescentHistoryOptions): TrainingHistory {
  const verb = "make a history of a descent";
  checkOptions(verb, options, ["metrics", "every"]);
  const { metrics, every = 1 } = options;
  checkNumber(verb, "every", every, ...rules.count);
  const { rates, losses } = descent;
  const epochs = Array.from({ length: Math.floor(rates.length / every) + 1 }, (_, epoch) => {
    const iteration = epoch * every;
    const values = Object.entries(metrics).map(([name, metric]) => [name, metric(iteration)]);
    return { epoch, iteration, lr: rates[Math.min(iteration, rates.length - 1)], ...Object.fromEntries(values) };
  });
  return { iterations: [...rates.keys()], lr: [...rates], loss: losses.slice(1), epochs };
}

/** Options of {@linkcode randomPoints}. */
export interface RandomPointsOptions {
  /** How many points. */
  count: number;
  /** The smallest and the largest x. */
  xRange: readonly [number, number];
  /** The smallest and the largest y. */
  yRange: readonly [number, number];
  /** The seed, a whole number. Default 0. */
  seed?: number;
}

/**
 * Random points, uniformly distributed over a rectangle, such as the starting points of many descents.
 *
 * @param options See {@linkcode RandomPointsOptions}.
 * @throws {TypeError} If an option is unknown or of the wrong kind.
 * @throws {RangeError} If a value is out of range.
 * @example
 * ```ts
 * import { randomPoints } from "./descent.ts";
 *
 * const points = randomPoints({ count: 10, xRange: [0, 1], yRange: [5, 6], seed: 1 });
 * if (!points.every(([x, y]) => x >= 0 && x < 1 && y >= 5 && y < 6)) throw new Error("inside the rectangle");
 * ```
 */
export function randomPoints(options: RandomPointsOptions): Point[] {
  const verb = "draw random points";
  checkOptions(verb, options, ["count", "xRange", "yRange", "seed"]);
  const { count, xRange, yRange, seed = 0 } = options;
  checkNumber(verb, "count", count, ...rules.count);
  checkPair(verb, "xRange", xRange);
  checkPair(verb, "yRange", yRange);
  checkNumber(verb, "seed", seed, "a whole number", Number.isInteger);
  const random = randomFrom(seed);
  const within = ([from, to]: readonly [number, number]) => from + (to - from) * random();
  return Array.from({ length: count }, (): Point => [within(xRange), within(yRange)]);
}

function checkPair(verb: string, name: string, pair: unknown): void {
  if (!Array.isArray(pair) || pair.length !== 2) {
    throw new TypeError(`Cannot ${verb}: ${name} must be two numbers, got ${shown(pair)}`);
  }
  for (const value of pair) checkNumber(verb, `each number of ${name}`, value);
}

/** Random numbers from the standard normal distribution (Box and Muller). */
function normalFrom(seed: number): () => number {
  const random = randomFrom(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
