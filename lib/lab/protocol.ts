/**
 * The messages between page and worker. The worker trains, and the page draws.
 * @module
 */
import type { ScheduleSettings } from "../experiments/experiment.ts";
import type { RangeTest } from "../finder/range_test.ts";
import type { TrainingHistory } from "../history/history.ts";

/** The backends of a browser, with the fastest first; auto takes the first that works. */
export const LAB_BACKENDS = ["auto", "webgpu", "webgl", "wasm"] as const;
/** A backend by name. */
export type LabBackend = typeof LAB_BACKENDS[number];

/** A range test to run. */
export interface RangeOrder {
  /** The first rate. */
  readonly startLr: number;
  /** The last rate. */
  readonly endLr: number;
  /** Optimizer updates. */
  readonly iterations: number;
  /** The seed of weights, images and batches. */
  readonly seed: number;
  /** Whether the images are made up. */
  readonly madeUp: boolean;
}

/** A schedule of a race. */
export interface Racer {
  /** Its name, which no other schedule of the race has. */
  readonly name: string;
  /** Its schedule. */
  readonly settings: ScheduleSettings;
}

/** Races to run one after another, each with its own seed. */
export interface RaceOrder {
  /** Two to four schedules. */
  readonly racers: readonly Racer[];
  /** Optimizer updates of each schedule. */
  readonly iterations: number;
  /** How many races to run. */
  readonly races: number;
  /** The first race's seed. Each further race's seed is one higher. */
  readonly seed: number;
  /** Whether the images are made up. */
  readonly madeUp: boolean;
}

/** One schedule's training in one race. */
export interface RacedRun {
  /** The schedule's name. */
  readonly name: string;
  /** The race's seed. */
  readonly seed: number;
  /** The fraction of test images that were classified correctly. */
  readonly testAccuracy: number;
  /** The loss on the test images; null if the training diverged. */
  readonly testLoss: number | null;
  /** Its share of the minutes that its race took. */
  readonly minutes: number;
  /** The history of the training. */
  readonly history: TrainingHistory;
}

/** One update of one schedule, or what was measured after it. */
export interface RacerStep {
  /** The rate. */
  readonly learningRate: number;
  /** The loss of the batch; null if the training has diverged. */
  readonly loss: number | null;
  /** The validation after it, if there was one. */
  readonly validation?: { readonly loss: number; readonly accuracy: number };
}

/** Messages from the page. */
export type ToWorker =
  | { readonly kind: "start"; readonly backend: LabBackend }
  | { readonly kind: "range-test"; readonly order: RangeOrder }
  | { readonly kind: "race"; readonly order: RaceOrder }
  | { readonly kind: "pause" | "resume" | "stop" };

/** Messages from the worker. */
export type FromWorker =
  | {
    readonly kind: "ready";
    readonly backend: string;
    readonly reason: string;
    readonly hardware: string;
    /** TensorFlow.js's version. */
    readonly tfjs: string;
  }
  | { readonly kind: "range-step"; readonly learningRate: number; readonly loss: number; readonly smoothed: number }
  | { readonly kind: "range-end"; readonly test: RangeTest }
  | { readonly kind: "race-step"; readonly seed: number; readonly iteration: number; readonly steps: RacerStep[] }
  | { readonly kind: "race-end"; readonly runs: readonly RacedRun[] }
  /** The work is over. `tensors` counts the tensors that are still held, beyond those from before. */
  | { readonly kind: "done"; readonly stopped: boolean; readonly tensors: number }
  /** `restart`: whether the backend may be broken and must be started anew. */
  | { readonly kind: "failed"; readonly message: string; readonly restart?: boolean };
