/**
 * The schedules: pure functions from the iteration to the learning rate.
 * @module
 */
export { cosineRestarts, type CosineRestartsOptions } from "./cosine_restarts.ts";
export { cyclical, type CyclicalMode, type CyclicalOptions, type CyclicalWindow, type ScaleFn } from "./cyclical.ts";
export {
  constant,
  exponentialDecay,
  linearDecay,
  type LinearDecayOptions,
  polynomialDecay,
  stepDecay,
  timeDecay,
} from "./decays.ts";
export { scheduleFromConfig } from "./config.ts";
export { join, type Stage } from "./join.ts";
export { oneCycle, type OneCycleOptions } from "./one_cycle.ts";
export { type CyclePlan, planCycles, type PlanOptions } from "./plan_cycles.ts";
export { exponentialRamp, linearRamp, type RampOptions } from "./ramps.ts";
export type { Hyperparameters, Schedule, ScheduleConfig } from "./schedule.ts";
