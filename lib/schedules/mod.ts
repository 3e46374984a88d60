/**
 * The schedules: pure functions from the iteration to the learning rate.
 * @module
 */
export { cosineRestarts, type CosineRestartsOptions } from "./cosine_restarts.ts";
export { cyclical, type CyclicalMode, type CyclicalOptions, type CyclicalWindow, type ScaleFn } from "./cyclical.ts";
export { cosineDecay, type DecayOptions, linearDecay, polynomialDecay } from "./decays.ts";
export { exponentialDecay, inverseSquareRoot, timeDecay } from "./endless_decays.ts";
export { scheduleFromConfig } from "./config.ts";
export { constant } from "./constant.ts";
export { join, type Stage } from "./join.ts";
export { oneCycle, type OneCycleOptions } from "./one_cycle.ts";
export { type CyclePlan, planCycles, type PlanOptions } from "./plan_cycles.ts";
export { product } from "./product.ts";
export { exponentialRamp, linearRamp, type RampOptions } from "./ramps.ts";
export type { AnySchedule, Hyperparameters, RateFunction, Schedule, ScheduleConfig } from "./schedule.ts";
export { piecewiseConstant, type PiecewiseConstantOptions, stepDecay } from "./steps.ts";
export { warmUp, type WarmUpOptions } from "./warm_up.ts";
export { warmupStableDecay, type WarmupStableDecayOptions } from "./warmup_stable_decay.ts";
