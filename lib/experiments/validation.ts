/**
 * Validation at other times than an epoch's end.
 * @module
 */
import { ModelCallback } from "../callbacks/model_callback.ts";
import type { LearningRateScheduler } from "../callbacks/scheduler.ts";
import { evaluate } from "../evaluation/evaluate.ts";
import { refreshBatchNorm } from "../evaluation/refresh_batch_norm.ts";
import { refreshingBatches, type RunData } from "./data.ts";
import type { RunPlan } from "./plan.ts";

/**
 * Validates within epochs, as often as the plan says, and at the end of a run that cuts its last epoch; tfjs does it at
 * the epochs' ends. Where the experiment asks for it, batch normalization's statistics are worked out anew before each.
 */
export class Validation extends ModelCallback {
  /**
   * @param plan The plan.
   * @param data The images.
   * @param scheduler What counts iterations and records the scores; it stands before this callback.
   */
  constructor(plan: RunPlan, data: RunData, scheduler: LearningRateScheduler) {
    const { batchesPerEpoch, iterations, validateEvery = Infinity } = plan;
    const { refreshBatchNorm: refresh } = plan.experiment.companions;
    super({
      onBatchEnd: async () => {
        const { iteration } = scheduler;
        const epochEnds = iteration % batchesPerEpoch === 0;
        const due = periods(iteration, validateEvery) > periods(iteration - 1, validateEvery);
        if (!epochEnds && !due && iteration !== iterations) return;
        if (refresh) await refreshBatchNorm(this.trained!, refreshingBatches(data));
        if (epochEnds) return;
        scheduler.recordValidation(await evaluate(this.trained!, data.validation, { mean: data.mean }));
      },
    });
  }
}

/**
 * How many whole periods have passed. A period may be a fraction of an iteration, so that a quarter of 281 batches comes
 * round four times an epoch, the last time at its end; the small number makes up for rounding there.
 */
const periods = (iteration: number, period: number) => Math.floor(iteration / period + 1e-9);
