/**
 * Schedules from plain JSON.
 * @module
 */
import { cosineRestarts } from "./cosine_restarts.ts";
import { cyclical } from "./cyclical.ts";
import { constant, exponentialDecay, linearDecay, polynomialDecay, stepDecay, timeDecay } from "./decays.ts";
import { join, type Stage } from "./join.ts";
import { oneCycle } from "./one_cycle.ts";
import { exponentialRamp, linearRamp } from "./ramps.ts";
import type { Schedule, ScheduleConfig } from "./schedule.ts";
import { checkChoice, shown } from "../support/check.ts";

const BUILDERS = {
  cyclical,
  oneCycle,
  constant,
  linearDecay,
  polynomialDecay,
  stepDecay,
  timeDecay,
  exponentialDecay,
  cosineRestarts,
  linearRamp,
  exponentialRamp,
};
const NAMES = [...Object.keys(BUILDERS), "join"];
/** Deeper nesting of joins than any schedule needs is a damaged or hostile file. */
const MAX_DEPTH = 16;

/**
 * Builds the schedule that a config describes: `scheduleFromConfig(rate.config)` equals `rate`.
 *
 * @param config A schedule's `config`, also after a round trip through JSON.
 * @throws {TypeError} If the config is no object or an option is unknown or of the wrong kind.
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
  const verb = "build a schedule from its config";
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    throw new TypeError(`Cannot ${verb}: it must be an object, got ${shown(config)}`);
  }
  const { schedule, ...options } = config as ScheduleConfig;
  checkChoice(verb, "schedule", schedule, NAMES);
  if (schedule !== "join") {
    return (BUILDERS[schedule as keyof typeof BUILDERS] as (options: unknown) => Schedule)(options);
  }
  if (depth >= MAX_DEPTH) throw new RangeError(`Cannot ${verb}: joins must nest at most ${MAX_DEPTH} deep, got more`);
  if (!Array.isArray(options.stages)) {
    throw new TypeError(`Cannot ${verb}: the stages must be an array, got ${shown(options.stages)}`);
  }
  return join(Array.from(options.stages, (stage): Stage => {
    if (typeof stage !== "object" || stage === null) {
      throw new TypeError(`Cannot ${verb}: a stage must be an object, got ${shown(stage)}`);
    }
    return {
      schedule: build(stage.schedule, depth + 1),
      ...(stage.iterations !== undefined && { iterations: stage.iterations }),
    };
  }));
}
