/**
 * Makes a schedule from its settings.
 * @module
 */
import { scheduleFromConfig } from "../schedules/config.ts";
import type { Schedule } from "../schedules/schedule.ts";
import { warmUp } from "../schedules/warm_up.ts";
import { type Experiment, isScheduleConfig, type Length } from "./experiment.ts";
import { SCHEDULES } from "./registries/schedules.ts";

/** Converts a length to optimizer updates. */
export function inIterations(length: Length, batchesPerEpoch: number): number {
  return typeof length === "number" ? length * batchesPerEpoch : length.iterations;
}

/**
 * Makes the schedule that the settings describe.
 *
 * @param settings The settings, or any schedule's `config`.
 * @param iterations Optimizer updates of the run.
 * @param batchesPerEpoch Optimizer updates in an epoch, for lengths given in epochs.
 * @throws {TypeError | RangeError} If the schedule's own function rejects a value.
 * @example
 * ```ts
 * import { scheduleFromSettings } from "./schedule.ts";
 *
 * const rate = scheduleFromSettings({ name: "triangular", baseLr: 0.1, maxLr: 0.3 }, 400, 100);
 * if (rate(100).learningRate !== 0.3) throw new Error("two cycles, where nothing is said");
 * ```
 */
export function scheduleFromSettings(
  settings: Experiment["schedule"],
  iterations: number,
  batchesPerEpoch: number,
): Schedule {
  if (isScheduleConfig(settings)) return scheduleFromConfig(settings);
  const { baseLr = 0, maxLr = 0.01, stepSize, warmUp: rise, momentumRange, name, ...more } = settings;
  const schedule = SCHEDULES[name].build({
    ...more,
    ...{ baseLr, maxLr, iterations },
    // by default, two cycles in the run
    stepSize: stepSize === undefined ? iterations / 4 : inIterations(stepSize, batchesPerEpoch),
    momenta: momentumRange ? { baseMomentum: momentumRange[0], maxMomentum: momentumRange[1] } : {},
  });
  return rise === undefined ? schedule : warmUp(schedule, { iterations: inIterations(rise, batchesPerEpoch) });
}
