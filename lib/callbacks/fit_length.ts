/**
 * Whether a fit is as long as it was planned.
 * @module
 */
import type { CyclePlan } from "../schedules/plan_cycles.ts";

/** A fit's parameters, which tfjs hands to each of its callbacks. */
export interface FitParameters {
  /** Epochs. */
  epochs?: number;
  /** Batches in an epoch, where the data says so. */
  steps?: number | null;
  /** Samples, where the data is a tensor. */
  samples?: number | null;
  /** Samples in a batch. */
  batchSize?: number | null;
}

/**
 * Throws unless a fit has as many iterations as its plan.
 *
 * @throws {RangeError} If it has more or fewer. A fit that does not tell its length passes.
 */
export function checkLength(plan: CyclePlan, { epochs, steps, samples, batchSize }: FitParameters): void {
  const batches = steps ?? (samples && batchSize ? Math.ceil(samples / batchSize) : undefined);
  if (batches && epochs && batches * epochs !== plan.iterations) {
    throw new RangeError(
      `Cannot train: the plan has ${plan.iterations} iterations, got a fit of ${epochs} x ${batches}`,
    );
  }
}
