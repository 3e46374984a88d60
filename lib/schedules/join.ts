/**
 * Joins schedules end to end.
 * @module
 */
import { type AnySchedule, asSchedule, type Schedule, schedule } from "./schedule.ts";
import { numeric, optional, readOptions, rules, shown } from "../support/check.ts";

/** One stage of {@linkcode join}. */
export interface Stage {
  /** The schedule that sets the rate in this stage. It counts iterations from 0 at the stage's start. */
  schedule: AnySchedule;
  /** How long the stage lasts, in iterations, above 0. The last stage goes on forever and needs none. */
  iterations?: number;
}

/**
 * Runs schedules one after another, as in the staged run of Smith's table 2 (2015). Each stage counts its iterations
 * from 0, and the last stage never ends. A cycle ends where the stage's schedule says so, and at the end of each stage.
 *
 * Sources: Smith (2015); PyTorch's `SequentialLR`.
 *
 * @param stages The stages in order, one or more.
 * @throws {TypeError} If the stages are not an array, or a stage has no schedule.
 * @throws {RangeError} If there are no stages, or a stage other than the last has no length above 0.
 * @example
 * ```ts
 * import { constant } from "./constant.ts";
 * import { join } from "./join.ts";
 *
 * const rate = join([
 *   { schedule: constant({ learningRate: 0.1 }), iterations: 5 },
 *   { schedule: constant({ learningRate: 0.01 }) },
 * ]);
 * if (rate(4).learningRate !== 0.1 || rate(5).learningRate !== 0.01) throw new Error("the second starts at 5");
 * ```
 */
export function join(stages: readonly Stage[]): Schedule {
  const verb = "join schedules";
  if (!Array.isArray(stages)) throw new TypeError(`Cannot ${verb}: the stages must be an array, got ${shown(stages)}`);
  if (stages.length === 0) throw new RangeError(`Cannot ${verb}: there must be one stage or more, got 0`);
  let start = 0;
  const parts = Array.from(stages, (stage: Stage, index) => {
    const last = index === stages.length - 1;
    const length = numeric(rules.positive);
    const { schedule: part, iterations } = readOptions(`join stage ${index}`, stage, {
      schedule: asSchedule,
      iterations: last ? optional(length) : length,
    });
    const from = start;
    start += iterations ?? Infinity;
    return { part, iterations, from, to: last ? Infinity : start };
  });
  const stageAt = (iteration: number) => parts.find(({ to }) => iteration < to)!;
  return schedule(
    (iteration) => {
      const { part, from } = stageAt(iteration);
      return part(iteration - from);
    },
    parts.every(({ part }) => part.config)
      ? { schedule: "join", stages: parts.map(({ part, iterations }) => ({ schedule: part.config, iterations })) }
      : undefined,
    (iteration) => {
      const { part, from, to } = stageAt(iteration);
      const end = part.cycleEnd ? from + part.cycleEnd(iteration - from) : to;
      return end > iteration ? Math.min(to, end) : to; // one cycle that is over has no end to come
    },
  );
}
