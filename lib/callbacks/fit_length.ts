/**
 * Checks that a fit is as long as planned.
 * @module
 */
import type { CyclePlan } from "../schedules/plan_cycles.ts";

/** A fit's parameters, which tfjs gives to each of its callbacks. */
export interface FitParameters {
  /** The number of epochs. */
  epochs?: number;
  /** Batches in an epoch, if the data states it. */
  steps?: number | null;
  /** The number of samples, if the data is a tensor. */
  samples?: number | null;
  /** Samples in a batch. */
  batchSize?: number | null;
}

/**
 * Throws unless a fit has as many iterations as its plan.
 *
 * @throws {RangeError} If it has more or fewer. A fit of unknown length passes.
 */
export function checkLength(plan: CyclePlan, { epochs, steps, samples, batchSize }: FitParameters): void {
  const batches = steps ?? (samples && batchSize ? Math.ceil(samples / batchSize) : undefined);
  if (batches && epochs && batches * epochs !== plan.iterations) {
    throw new RangeError(
      `Cannot train: the plan has ${plan.iterations} iterations, got a fit of ${epochs} x ${batches}`,
    );
  }
}
