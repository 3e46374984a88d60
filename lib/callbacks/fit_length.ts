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

/** Batches in an epoch; undefined if it is not known. For tensors, tfjs's `fit` states only samples and batch size. */
export function batchesOf({ steps, samples, batchSize }: FitParameters): number | undefined {
  return steps ?? (samples && batchSize ? Math.ceil(samples / batchSize) : undefined);
}

/**
 * Throws unless a fit has as many iterations as its plan.
 *
 * @throws {RangeError} If it has more or fewer. A fit of unknown length passes.
 */
export function checkLength(plan: CyclePlan, params: FitParameters): void {
  const [batches, { epochs }] = [batchesOf(params), params];
  if (batches && epochs && batches * epochs !== plan.iterations) {
    throw new RangeError(
      `Cannot train: the plan has ${plan.iterations} iterations, got a fit of ${epochs} x ${batches}`,
    );
  }
}
