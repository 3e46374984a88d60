/**
 * Validates at times other than the end of an epoch.
 * @module
 */
import { ModelCallback } from "../callbacks/model_callback.ts";
import type { LearningRateScheduler } from "../callbacks/scheduler.ts";
import { evaluate } from "../evaluation/evaluate.ts";
import { refreshBatchNorm } from "../evaluation/refresh_batch_norm.ts";
import { refreshingBatches, type RunData } from "./data.ts";
import { periodsDone } from "../schedules/periods.ts";
import type { RunPlan } from "./plan.ts";

/**
 * Validates within epochs, as often as the plan says, and at the end of a run that stops in the middle of its last
 * epoch. At the end of epochs, tfjs validates by itself. If the experiment asks for it, the statistics of batch
 * normalization are recomputed before each validation.
 */
export class Validation extends ModelCallback {
  /**
   * @param plan The plan.
   * @param data The images.
   * @param scheduler The scheduler, which counts iterations and records the scores. It must come before this callback.
   */
  constructor(plan: RunPlan, data: RunData, scheduler: LearningRateScheduler) {
    const { batchesPerEpoch, iterations, validateEvery = Infinity } = plan;
    const { refreshBatchNorm: refresh } = plan.experiment.companions;
    super({
      onBatchEnd: async () => {
        const { iteration } = scheduler;
        const epochEnds = iteration % batchesPerEpoch === 0;
        // a quarter of 281 batches comes round four times an epoch, the last time at its end
        const due = periodsDone(iteration, validateEvery) > periodsDone(iteration - 1, validateEvery);
        if (!epochEnds && !due && iteration !== iterations) return;
        if (refresh) await refreshBatchNorm(this.trained!, refreshingBatches(data));
        if (epochEnds) return;
        scheduler.recordValidation(await evaluate(this.trained!, data.validation, { mean: data.mean }));
      },
    });
  }
}
