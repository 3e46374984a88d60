/**
 * The callback that sets an optimizer's rate, and on request its momentum, for every batch.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { CyclePlan } from "../schedules/plan_cycles.ts";
import { type AnySchedule, asSchedule, type Hyperparameters, type Schedule } from "../schedules/schedule.ts";
import type { BatchLogs } from "../history/batch_metrics.ts";
import { CycleCounter, type CycleEnd, type CycleEndListener } from "./cycle_counter.ts";
import { checkLength, type FitParameters } from "./fit_length.ts";
import { bindHandlers } from "./model_callback.ts";
import { claimRate } from "./rate_setter.ts";
import { checkState, scheduleOf, type SchedulerState } from "./scheduler_state.ts";
import { checkOptions } from "../support/check.ts";
import type { TrainingHistory } from "../history/history.ts";
import { type BatchScores, Recorder } from "../history/recorder.ts";
import { checkHyperparameters, momentumOf, setHyperparameters } from "../optimizers/hyperparameters.ts";

/**
 * Sets the rate (and the momentum, if the schedule has one) before every batch, and records what each batch trained
 * with. It works with `fit`, `fitDataset` and, through {@linkcode LearningRateScheduler.step}, custom loops.
 *
 * Batch i trains at `schedule(i)`; a second fit continues where the first ended. For adam and adamax, momentum is
 * beta1.
 *
 * @example
 * ```ts
 * import { cyclical, LearningRateScheduler, tf } from "../mod.ts";
 *
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
 * model.compile({ optimizer: "sgd", loss: "meanSquaredError" });
 * const scheduler = new LearningRateScheduler(cyclical({ baseLr: 0, maxLr: 0.1, stepSize: 2 }));
 * await model.fit(tf.ones([4, 1]), tf.ones([4, 1]), { batchSize: 1, epochs: 1, callbacks: [scheduler], verbose: 0 });
 * if (scheduler.history.lr.join() !== "0,0.05,0.1,0.05") throw new Error("up and down");
 * ```
 */
export class LearningRateScheduler extends tf.CustomCallback {
  /** The rate and scores of each batch, and the scores of each epoch. */
  readonly history: TrainingHistory;
  /** Called at a cycle's end. The next batch waits for it; but `step` calls it before the last update, and goes on. */
  onCycleEnd?: CycleEndListener;
  /** How many cycles have ended since this scheduler was made; a reset does not set it back. */
  cyclesEnded = 0;
  readonly #listeners = new Set<CycleEndListener>();
  #schedule: Schedule;
  #iteration = 0;
  #origin = 0;
  #cycles: CycleCounter;
  readonly #plan?: CyclePlan;
  readonly #recorder = new Recorder();
  #used: Hyperparameters = { learningRate: 0 };
  #model?: tf.LayersModel;

  /**
   * @param schedule Any schedule, or a function from the iteration to the rate, as in Keras, or to hyperparameters.
   * @param options `plan`: the result of `planCycles`. With a plan, a fit of a different length throws an error.
   * @throws {TypeError} If the schedule is not a function, or an option is unknown.
   */
  constructor(schedule: AnySchedule, options: { plan?: CyclePlan } = {}) {
    super({
      onTrainBegin: () => this.#begin(),
      onBatchBegin: () => void (this.#used = this.#set(this.#model!.optimizer)),
      onBatchEnd: async (_batch, logs) => {
        this.#recorder.batch(this.#iteration, this.#used, logs ?? {});
        const ended = this.#count();
        if (!ended) return;
        await this.onCycleEnd?.(ended);
        for (const listener of this.#listeners) await listener(ended);
      },
      onEpochEnd: (epoch, logs) => this.#recorder.epoch(epoch, this.#iteration, logs as Record<string, number>),
      onTrainEnd: () => this.#listeners.clear(),
    });
    checkOptions("create a scheduler", options, ["plan"]);
    this.history = this.#recorder.history;
    this.#schedule = asSchedule("create a scheduler", "the schedule", schedule);
    this.#cycles = new CycleCounter(this.#schedule);
    this.#plan = options.plan;
    bindHandlers(this);
  }

  /** Optimizer updates done so far, which is also the iteration of the next batch. */
  get iteration(): number {
    return this.#iteration;
  }

  /** The current schedule. */
  get schedule(): Schedule {
    return this.#schedule;
  }

  /**
   * The rate and momentum of an iteration, with resets taken into account.
   *
   * @throws {TypeError} If a function of your own returns neither a rate nor an object with one.
   * @throws {RangeError} If the iteration lies before the last reset, or the rate is negative or not finite.
   */
  at(iteration: number): Hyperparameters {
    return this.#schedule(iteration - this.#origin);
  }

  /** Lets another callback of the same fit know of each cycle's end, after `onCycleEnd` and until the fit is over. */
  addCycleEndListener(listener: CycleEndListener): void {
    this.#listeners.add(listener);
  }

  /** tfjs calls this with the fit's parameters before training starts. */
  override setParams(params: FitParameters): void {
    super.setParams(params as Parameters<tf.CustomCallback["setParams"]>[0]);
    claimRate(params, this);
    this.#listeners.clear(); // a fit that ended in an error may have left some
    if (this.#plan) checkLength(this.#plan, params);
  }

  /** tfjs calls this with the model before training starts. */
  override setModel(model: tf.LayersModel): void {
    super.setModel(model as never);
    this.#model = model;
  }

  /**
   * tfjs calls this after each batch. Later callbacks find numbers in the logs (on webgpu, the latest known).
   */
  override async onBatchEnd(batch: number, logs: tf.Logs = {}): Promise<void> {
    await this.#recorder.take(logs as unknown as BatchLogs);
    await super.onBatchEnd(batch, logs as never);
  }

  /**
   * Reads the losses that are still on the device into the history. On webgpu, losses are read every 16 batches and at
   * each epoch's end; until then the history holds null in their place.
   */
  async settle(): Promise<void> {
    await this.#recorder.settle();
  }

  /**
   * Sets an optimizer's rate and momentum for the next update, and counts it: the one line that a custom loop needs.
   *
   * @param optimizer The optimizer about to update.
   * @returns The hyperparameters of this update.
   * @example
   * ```ts
   * import { CyclicLR, tf } from "../mod.ts";
   *
   * const x = tf.variable(tf.scalar(4));
   * const optimizer = tf.train.sgd(1);
   * const clr = new CyclicLR({ baseLr: 0.1, maxLr: 0.3, stepSize: 5 });
   * for (let i = 0; i < 10; i++) {
   *   clr.step(optimizer);
   *   optimizer.minimize(() => x.square());
   * }
   * if (clr.history.lr[5] !== 0.3) throw new Error("the peak");
   * ```
   */
  step(optimizer: tf.Optimizer): Hyperparameters {
    const used = this.#used = this.#set(optimizer);
    this.#recorder.add(this.#iteration, used);
    const ended = this.#count();
    if (ended) void this.onCycleEnd?.(ended);
    return used;
  }

  /**
   * Records the loss of the last {@linkcode LearningRateScheduler.step}, which a custom loop knows after its update.
   *
   * @param scores `loss`, and `accuracy` if you have it.
   * @throws {RangeError} If `step` was not called first.
   */
  record(scores: BatchScores): void {
    this.#recorder.score(scores);
  }

  /** Records a validation in the middle of an epoch: the scores on held-out images after the last update. */
  recordValidation(scores: { loss: number; accuracy: number }): void {
    this.#recorder.validation(this.#iteration, scores);
  }

  /** The state as plain JSON; `JSON.stringify(scheduler)` works. */
  toJSON(): SchedulerState {
    return {
      ...(this.#schedule.config && { schedule: this.#schedule.config }),
      iteration: this.#iteration,
      origin: this.#origin,
      history: structuredClone(this.history),
    };
  }

  /**
   * Makes a scheduler that continues from a state.
   *
   * @param json What `toJSON` returned; it may have been through JSON.
   * @param schedule The schedule, needed if it is a function of your own: the state cannot hold a function.
   * @throws {TypeError} If it is not a state, or no schedule is in the state or given.
   * @throws {RangeError} If a count in it is negative.
   */
  static fromJSON(json: SchedulerState, schedule?: AnySchedule): LearningRateScheduler {
    return new LearningRateScheduler(schedule ?? scheduleOf(json)).restore(json);
  }

  /** Adopts a state's counts and history. */
  protected restore(json: SchedulerState): this {
    checkState(json);
    this.#iteration = json.iteration;
    this.#origin = json.origin;
    this.#cycles.goTo(this.#iteration - this.#origin);
    this.#recorder.restore(json.history);
    return this;
  }

  /** Switches to another schedule, which counts from 0 starting with the very next batch. */
  protected restart(schedule: Schedule): void {
    this.#schedule = schedule;
    this.#origin = this.#iteration;
    this.#cycles = new CycleCounter(schedule);
  }

  #begin(): void {
    if (!this.#model) {
      throw new TypeError(
        "Cannot train with a scheduler after a plain object: combine them with callbacks(...), got a bare array",
      );
    }
    this.#recorder.begin();
    // check both ends of the momentum's range: the schedule reaches them within its first half cycle
    for (const iteration of [this.#iteration, this.#schedule.cycleEnd ? this.#halfCycle() : this.#iteration]) {
      checkHyperparameters(this.#model.optimizer, this.at(iteration));
    }
  }

  #halfCycle(): number {
    const local = this.#iteration - this.#origin;
    const end = this.#schedule.cycleEnd!(local);
    return this.#origin + (Number.isFinite(end) ? (local + end) / 2 : local);
  }

  #set(optimizer: tf.Optimizer): Hyperparameters {
    const hyperparameters = this.at(this.#iteration);
    const before = momentumOf(optimizer);
    setHyperparameters(optimizer, hyperparameters);
    return this.#recorder.withMomentum(hyperparameters, before);
  }

  /** Counts an update, and returns the cycle's end if it ended one. */
  #count(): CycleEnd | undefined {
    this.#iteration++;
    if (!this.#cycles.goTo(this.#iteration - this.#origin)) return;
    this.cyclesEnded++;
    return { iteration: this.#iteration, cycle: this.#cycles.ended, model: this.#model };
  }
}
