/**
 * Builds schedules from plain JSON.
 * @module
 */
import { constant } from "./constant.ts";
import { cosineRestarts } from "./cosine_restarts.ts";
import { cyclical } from "./cyclical.ts";
import { cosineDecay, linearDecay, polynomialDecay } from "./decays.ts";
import { exponentialDecay, inverseSquareRoot, timeDecay } from "./endless_decays.ts";
import { join } from "./join.ts";
import { oneCycle } from "./one_cycle.ts";
import { product } from "./product.ts";
import { exponentialRamp, linearRamp } from "./ramps.ts";
import type { Schedule, ScheduleConfig } from "./schedule.ts";
import { piecewiseConstant, stepDecay } from "./steps.ts";
import { warmUp } from "./warm_up.ts";
import { warmupStableDecay } from "./warmup_stable_decay.ts";
import { checkChoice, checkOptions, shown } from "../support/check.ts";

const VERB = "build a schedule from its config";

/** The schedules that need nothing but their options. */
const SIMPLE: Readonly<Record<string, (options: never) => Schedule>> = {
  cyclical,
  oneCycle,
  constant,
  linearDecay,
  polynomialDecay,
  cosineDecay,
  stepDecay,
  piecewiseConstant,
  timeDecay,
  exponentialDecay,
  inverseSquareRoot,
  warmupStableDecay,
  cosineRestarts,
  linearRamp,
  exponentialRamp,
};

/** The schedules that are made from other schedules. `inner` builds a schedule from a config nested inside theirs. */
const COMPOSED: Readonly<
  Record<string, (options: Record<string, unknown>, inner: (config: unknown) => Schedule) => Schedule>
> = {
  join: (options, inner) =>
    join(
      listIn(options, "stages").map((stage) => {
        const { schedule, ...rest } = objectOf("a stage", stage);
        return { ...rest, schedule: inner(schedule) };
      }),
    ),
  warmUp: ({ of, ...options }, inner) => warmUp(inner(of), options as never),
  product: (options, inner) => product(...listIn(options, "of").map(inner)),
};

const NAMES = [...Object.keys(SIMPLE), ...Object.keys(COMPOSED)];
/** No real schedule nests this deep; a file that does is damaged or hostile. */
const MAX_DEPTH = 16;

/**
 * Builds the schedule that a config describes: `scheduleFromConfig(rate.config)` equals `rate`.
 *
 * @param config A schedule's `config`; it may have been through JSON.
 * @throws {TypeError} If the config is not an object or an option is unknown or of the wrong kind.
 * @throws {RangeError} If the schedule's name is unknown or a value is out of range.
 * @example
 * ```ts
 * import { cyclical } from "./cyclical.ts";
 * import { scheduleFromConfig } from "./config.ts";
 *
 * const rate = cyclical({ maxLr: 0.01, stepSize: 100 });
 * const again = scheduleFromConfig(JSON.parse(JSON.stringify(rate.config)));
 * if (again(42).learningRate !== rate(42).learningRate) throw new Error("the same schedule");
 * ```
 */
export function scheduleFromConfig(config: ScheduleConfig): Schedule {
  return build(config, 0);
}

function build(config: unknown, depth: number): Schedule {
  const { schedule: name, ...options } = objectOf("it", config);
  checkChoice(VERB, "schedule", name, NAMES);
  // each function checks its own options, whatever the JSON holds
  if (name in SIMPLE) return SIMPLE[name](options as never);
  if (depth >= MAX_DEPTH) throw new RangeError(`Cannot ${VERB}: it must nest at most ${MAX_DEPTH} deep, got more`);
  return COMPOSED[name](options, (inner) => build(inner, depth + 1));
}

function objectOf(name: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(`Cannot ${VERB}: ${name} must be an object, got ${shown(value)}`);
  }
  return { ...value };
}

/** Returns the list `name`, which must be the only option. */
function listIn(options: Readonly<Record<string, unknown>>, name: string): unknown[] {
  checkOptions(VERB, options, [name]);
  const list = options[name];
  if (!Array.isArray(list)) throw new TypeError(`Cannot ${VERB}: ${name} must be an array, got ${shown(list)}`);
  return Array.from(list);
}
