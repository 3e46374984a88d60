/**
 * Runs one training from the experiment to its scores: data, model, fit, checkpoints, evaluation.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { activePrecision } from "../backend/native/bfloat16.ts";
import { averageWeights, type WeightAverage } from "../callbacks/average_weights.ts";
import { type AnyCallback, callbacks } from "../callbacks/compose.ts";
import { ModelCallback } from "../callbacks/model_callback.ts";
import { LearningRateScheduler } from "../callbacks/scheduler.ts";
import type { Snapshots } from "../callbacks/snapshots.ts";
import { hasSnapshots, snapshots } from "../callbacks/snapshots_in_directory.ts";
import { stopOnInterrupt } from "../callbacks/stop_on_interrupt.ts";
import { stopOnNaN } from "../callbacks/stop_on_nan.ts";
import { batches } from "../data/batches.ts";
import type { Evaluation } from "../evaluation/evaluate.ts";
import { checkExperiment } from "./check_experiment.ts";
import { hasCheckpoints, readCheckpoint } from "./checkpoint.ts";
import { chooseData, type RunData, trainingBatches } from "./data.ts";
import type { Experiment } from "./experiment.ts";
import { compiledModel } from "./model.ts";
import { planExperiment, type RunPlan } from "./plan.ts";
import { DATASETS, factsOf, type Images, type LoadOptions } from "./registries/datasets.ts";
import { type CheckpointOptions, SaveCheckpoints } from "./save_checkpoints.ts";
import { checkOptions, shown } from "../support/check.ts";
import { join } from "../support/path.ts";
import { type Score, scoresOf } from "./scores.ts";
import { Validation } from "./validation.ts";

/** Options of {@linkcode runTraining}. */
export interface RunOptions {
  /** The compiled model. By default it is the one that the experiment names. */
  model?: tf.LayersModel;
  /** Additional callbacks. */
  callbacks?: readonly AnyCallback[];
  /** A signal that ends the training after the current batch. */
  signal?: AbortSignal;
  /**
   * Where to write checkpoints, and how often. By default none are written. A new run needs a directory without
   * checkpoints.
   */
  checkpoints?: CheckpointOptions;
  /** Whether to continue from the newest checkpoint in the directory of `checkpoints`, if there is one. */
  resume?: boolean;
  /**
   * Where to save snapshots from the ends of cycles. By default they are saved next to the checkpoints, or kept in
   * memory if there are none. A new run needs a directory without snapshots.
   */
  snapshotDirectory?: string;
  /** Called before the training starts, with the scheduler, which knows the iteration it starts at. */
  onStart?: (scheduler: LearningRateScheduler) => void;
}

/** How a training ended. */
export interface RunResult {
  /** Finished, interrupted by the signal, or diverged, which means that the loss or a weight was NaN or infinite. */
  readonly status: "finished" | "interrupted" | "diverged";
  /** The model in its final state. To free its memory, dispose of `model.optimizer` and then of the model. */
  readonly model: tf.LayersModel;
  /** The scheduler, with its history. */
  readonly scheduler: LearningRateScheduler;
  /** The scores of the model on the test images, if the training finished. */
  readonly evaluation?: Evaluation;
  /** The scores of the model and of its companions (such as the average), if the training finished. */
  readonly scores: readonly Score[];
  /** The average of the weights, if the experiment asks for one. It takes memory until its `dispose()`. */
  readonly average?: WeightAverage;
  /**
   * The snapshots, if the experiment asks for them. Those in memory stay there until its `dispose()`. If the experiment
   * refreshes batch normalization, those in memory have fresh statistics, and those in a directory have the training's.
   */
  readonly snapshots?: Snapshots;
  /** How long training and scoring took, in milliseconds, including the time before a resume. */
  readonly elapsedMs: number;
}

/**
 * Trains as planned, and scores once at the end.
 *
 * @param plan The plan of the run.
 * @param data The images.
 * @param options See {@linkcode RunOptions}.
 */
export async function runTraining(plan: RunPlan, data: RunData, options: RunOptions = {}): Promise<RunResult> {
  const { checkpoints, resume, signal } = options;
  if (resume && !checkpoints) throw new TypeError(`Cannot resume a run: checkpoints must say where, got undefined`);
  if (checkpoints && !resume && await hasCheckpoints(checkpoints.directory)) {
    // their numbers, and snapshots, would mix with those of this run
    throw new TypeError(
      `Cannot start a run in ${checkpoints.directory}: it must have no checkpoints yet, or resume must be true, got some`,
    );
  }
  // a resumed run needs its earlier snapshots
  const { snapshotDirectory = checkpoints && join(checkpoints.directory, "snapshots") } = options;
  // read before anything is built, because it may be refused
  const checkpoint = checkpoints && resume ? await readCheckpoint(checkpoints.directory, checkpoints.run) : undefined;
  const { companions } = plan.experiment;
  if (companions.snapshots && !resume && snapshotDirectory !== undefined && await hasSnapshots(snapshotDirectory)) {
    throw new TypeError(
      `Cannot start a run: ${snapshotDirectory} must have no snapshots yet, because they would be scored together with this run's, got some; ` +
        "choose another directory, or resume",
    );
  }
  const model = options.model ?? await compiledModel(plan);
  const train = trainingBatches(plan, data);
  const average = companions.average && averageWeights(companions.average);
  let scheduler = new LearningRateScheduler(plan.schedule);
  const started = performance.now();
  let [initialEpoch, earlierMs] = [0, 0];
  const elapsedMs = () => earlierMs + performance.now() - started;
  if (checkpoint) {
    checkpoint.restore(model);
    if (checkpoint.average) average?.restore(checkpoint.average);
    scheduler = LearningRateScheduler.fromJSON(checkpoint.scheduler, plan.schedule);
    train.startAt(checkpoint.position);
    initialEpoch = checkpoint.position.epoch;
    earlierMs = checkpoint.elapsedMs ?? 0;
  }
  options.onStart?.(scheduler);
  const guard = stopOnNaN();
  const shots = companions.snapshots ? snapshots({ directory: snapshotDirectory }) : undefined;
  const list: AnyCallback[] = [scheduler, guard, new Validation(plan, data, scheduler)];
  if (average) list.push(average);
  if (shots) list.push(shots);
  // This comes before the checkpoints, so that a signal that arrives between the two does not end the fit without one.
  if (signal) list.push(stopOnInterrupt({ signal }));
  if (checkpoints) {
    const { iterations, batchesPerEpoch } = plan;
    const diverged = () => guard.stopped;
    list.push(
      new SaveCheckpoints(checkpoints, {
        ...{ scheduler, average, iterations, batchesPerEpoch, elapsedMs, diverged, signal },
      }),
    );
  }
  if (plan.iterations < plan.epochs * plan.batchesPerEpoch) list.push(new StopAt(plan.iterations, scheduler));
  if (scheduler.iteration < plan.iterations || lacksValidation(plan, scheduler)) {
    await model.fitDataset(train, {
      epochs: plan.epochs,
      initialEpoch,
      validationData: batches(data.validation, { batchSize: Math.min(256, data.validation.size), mean: data.mean }),
      callbacks: callbacks(...list, ...options.callbacks ?? []),
      verbose: 0,
    });
  }
  const status = guard.stopped ? "diverged" : signal?.aborted ? "interrupted" : "finished";
  const scores = status === "finished" ? await scoresOf(plan, data, { model, average, shots, snapshotDirectory }) : [];
  const evaluation = scores[0]?.evaluation;
  return { status, model, scheduler, evaluation, scores, average, snapshots: shots, elapsedMs: elapsedMs() };
}

/** Whether a run was stopped after its last batch, but before the validation that belongs to it. */
function lacksValidation(
  { iterations, epochs, batchesPerEpoch }: RunPlan,
  { history }: LearningRateScheduler,
): boolean {
  return iterations === epochs * batchesPerEpoch && history.epochs.at(-1)?.epoch !== epochs - 1;
}

/** Ends a run in the middle of its last epoch. */
class StopAt extends ModelCallback {
  constructor(iterations: number, scheduler: LearningRateScheduler) {
    super({ onBatchEnd: () => void (scheduler.iteration >= iterations && this.stop()) });
  }
}

/** Options of {@linkcode runExperiment}. */
export interface ExperimentOptions extends Omit<RunOptions, "model">, Omit<LoadOptions, "signal"> {
  /** The images, if they are already loaded. */
  images?: Images;
}

const OPTIONS = {
  ...{ images: true, cifar10Directory: true, onProgress: true, callbacks: true, signal: true, checkpoints: true },
  ...{ resume: true, snapshotDirectory: true, onStart: true },
} satisfies Record<keyof ExperimentOptions, true>;

/**
 * Runs an experiment: loads its images, builds its model, trains, and scores the model once on the test images.
 *
 * @param experiment The experiment; see {@linkcode Experiment}.
 * @param options `signal` ends the training after the current batch; `callbacks` adds callbacks; `checkpoints` says
 * where to write checkpoints, and with `resume` the run continues from the newest.
 * @returns The status, the model, the scheduler with its history, and the scores if the training finished.
 * @throws {TypeError} If a setting is missing, unknown or of the wrong kind, or has no effect; if an option is unknown;
 * if the active backend has another precision; if a new run would write into a directory that has checkpoints or
 * snapshots.
 * @throws {RangeError} If a value is out of range, or a name is not in its registry.
 * @example
 * ```ts ignore
 * import { presetExperiment, runExperiment } from "../lib/mod.ts";
 *
 * const { evaluation } = await runExperiment({ ...presetExperiment("quick"), seed: 7 });
 * console.log(evaluation?.accuracy);
 * ```
 */
export async function runExperiment(experiment: Experiment, options: ExperimentOptions = {}): Promise<RunResult> {
  checkOptions("run an experiment", options, Object.keys(OPTIONS));
  const { images, cifar10Directory, onProgress, ...run } = options;
  checkExperiment(experiment);
  const active = activePrecision();
  if (experiment.precision !== active) {
    throw new TypeError(
      `Cannot run an experiment: its precision must be ${shown(active)}, which the active backend has, got ${
        shown(experiment.precision)
      }; select the backend with { precision: ${shown(experiment.precision)} }`,
    );
  }
  const { facts, load } = DATASETS[experiment.data.dataset];
  if (facts && !images) planExperiment(experiment, facts); // finds a wrong size before anything is fetched
  const loaded = images ?? await load(experiment.data, { cifar10Directory, onProgress, signal: run.signal });
  const plan = planExperiment(experiment, factsOf(loaded));
  return await runTraining(plan, chooseData(plan, loaded), run);
}
