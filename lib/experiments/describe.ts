/**
 * Describes an experiment in words, for titles and for the first lines that a run prints.
 * @module
 */
import { type CyclePlan, planCycles } from "../schedules/plan_cycles.ts";
import { type Experiment, isScheduleConfig } from "./experiment.ts";
import type { RunPlan } from "./plan.ts";

/** The schedule's name. */
export function scheduleName({ schedule }: Experiment): string {
  return isScheduleConfig(schedule) ? schedule.schedule : schedule.name;
}

/** The schedule with its bounds: `triangular, 0.001 to 0.02`. */
export function scheduleTitle({ schedule }: Experiment): string {
  if (isScheduleConfig(schedule)) return schedule.schedule;
  const { name, baseLr, maxLr } = schedule;
  if (maxLr === undefined) return name;
  return `${name}, ${baseLr === undefined ? `up to ${maxLr}` : `${baseLr} to ${maxLr}`}`;
}

/**
 * The schedule and what goes with it: `triangular, 0.001 to 0.02, half a cycle 281 iterations (1 epoch), momentum 0.9`.
 */
export function describeSchedule({ experiment, batchesPerEpoch }: RunPlan): string {
  const { schedule, optimizer } = experiment;
  const parts = [scheduleTitle(experiment)];
  if (!isScheduleConfig(schedule)) {
    const { stepSize, gamma, momentumRange, warmUp } = schedule;
    const epochs = (count: number) => `${count} ${count === 1 ? "epoch" : "epochs"}`;
    if (typeof stepSize === "number") {
      parts.push(`half a cycle ${Number((stepSize * batchesPerEpoch).toFixed(2))} iterations (${epochs(stepSize)})`);
    } else if (stepSize) parts.push(`half a cycle ${stepSize.iterations} iterations`);
    if (warmUp !== undefined) {
      parts.push(`warm-up ${typeof warmUp === "number" ? epochs(warmUp) : `${warmUp.iterations} iterations`}`);
    }
    if (gamma !== undefined) parts.push(`gamma ${gamma}`);
    if (momentumRange) parts.push(`momentum ${momentumRange[1]} to ${momentumRange[0]} and back`);
  }
  const { name, momentum, nesterov, weightDecay } = optimizer;
  if (name !== "momentum") parts.push(name);
  const cycled = !isScheduleConfig(schedule) && schedule.momentumRange !== undefined;
  if (momentum !== undefined && !cycled) parts.push(`${nesterov ? "Nesterov " : ""}momentum ${momentum}`);
  if (weightDecay) parts.push(`weight decay ${weightDecay}`);
  return parts.join(", ");
}

/** How a run's epochs and cycles fit together; undefined if it has no cycles measured in epochs. */
export function cyclesOf({ experiment, batchesPerEpoch, schedule: made }: RunPlan): CyclePlan | undefined {
  const { schedule, budget: { epochs } } = experiment;
  if (epochs === undefined || isScheduleConfig(schedule) || typeof schedule.stepSize !== "number") return undefined;
  const length = 2 * schedule.stepSize * batchesPerEpoch;
  // stages have cycles of other lengths
  const first = made.cycleEnd?.(0);
  if (first === undefined || Math.abs(first - length) > 1) return undefined;
  return planCycles({ batchesPerEpoch, epochs, stepSizeEpochs: schedule.stepSize });
}

/** A warning if the run ends in the middle of a cycle. */
export function cutCycleWarning(plan: RunPlan): string | undefined {
  const cycles = cyclesOf(plan);
  if (!cycles || cycles.endsAtBase) return undefined;
  const { schedule, budget: { epochs } } = plan.experiment;
  const cycle = 2 * (schedule as { stepSize: number }).stepSize;
  const other = cycles.nearestEpochs === undefined
    ? "no number of epochs nearby ends at its base rate"
    : `the run would end at its base rate with --epochs ${cycles.nearestEpochs}`;
  return `Warning: ${epochs} epochs end in the middle of a cycle of ${cycle}; ${other}`;
}
