/**
 * Decides how much of a schedule a notebook draws.
 * @module
 */
import type { Schedule } from "../schedules/schedule.ts";

/** The options in a schedule's config that tell its length. */
interface Config {
  readonly schedule: string;
  readonly totalSteps?: number;
  readonly iterations?: number;
  /** Of `piecewiseConstant`. */
  readonly boundaries?: readonly number[];
  /** Of `warmupStableDecay`. */
  readonly warmUp?: number;
  readonly stable?: number;
  readonly decay?: number;
  /** Of `join`. */
  readonly stages?: readonly { readonly schedule: Config; readonly iterations?: number }[];
  /** Of `warmUp` and `product`: the schedules inside. */
  readonly of?: Config | readonly Config[];
}

/**
 * How many iterations to draw: all of a schedule if its length is known, otherwise four cycles, otherwise 10,000; but at
 * most 100,000. If stages are joined and the last one goes on forever, the cycles are its own, and without cycles it is
 * drawn for as long as the others together.
 */
export function spanOf(schedule: Schedule): number {
  const config = schedule.config as Config | undefined;
  const start = config ? startOfLast(config) : 0;
  const cycleEnd = schedule.cycleEnd?.(start);
  const spans = [config && lengthOf(config), cycleEnd && start + 4 * (cycleEnd - start), 2 * start];
  return Math.min(Math.ceil(spans.find(isLength) ?? 10_000), 100_000);
}

/** How many iterations a schedule is made for; undefined if it goes on forever, or its config does not tell. */
function lengthOf(config: Config): number | undefined {
  const { schedule, totalSteps, iterations, boundaries, warmUp = 0, stable = 0, decay = 0, stages, of } = config;
  // a warm-up is only a small part of the run, so the schedule inside it tells how many iterations there are
  if (of) return [of].flat().map(lengthOf).find(isLength);
  if (stages?.length) {
    const last = stages[stages.length - 1];
    const length = last.iterations ?? lengthOf(last.schedule);
    return length && startOfLast(config) + length;
  }
  // the last rate goes on forever; it is drawn for as long as the others last on average
  if (boundaries?.length) return boundaries[boundaries.length - 1] * (1 + 1 / boundaries.length);
  if (schedule === "warmupStableDecay") return warmUp + stable + decay;
  return totalSteps ?? iterations;
}

/** The iteration at which the last of several stages begins, 0 without stages. */
function startOfLast({ stages = [], of }: Config): number {
  const inside = of && [of].flat();
  if (inside?.length === 1) return startOfLast(inside[0]);
  return stages.slice(0, -1).reduce((sum, { iterations = 0 }) => sum + iterations, 0);
}

const isLength = (value: unknown) => typeof value === "number" && value > 0 && value < Infinity;
