/**
 * Records a training batch by batch, even if losses are read late.
 * @module
 */
import type { Hyperparameters } from "../schedules/schedule.ts";
import { mean } from "../support/statistics.ts";
import { type BatchLogs, BatchMetrics } from "./batch_metrics.ts";
import { emptyHistory, numbersOf, type TrainingHistory } from "./history.ts";

/** A batch's loss and accuracy; null if they have not been read from the device yet. */
export interface BatchScores {
  /** The loss. */
  readonly loss?: number | null;
  /** The accuracy. */
  readonly accuracy?: number | null;
}

/** Writes a {@linkcode TrainingHistory} while a model trains. */
export class Recorder {
  /** The history so far. */
  readonly history: TrainingHistory = emptyHistory();
  #metrics = new BatchMetrics();
  #epochStart = 0;
  #goesOn = false;

  /** Call this when a fit begins. */
  begin(): void {
    // an epoch that a restored run had begun still counts from its own start
    if (!this.#goesOn) this.#epochStart = this.history.iterations.length;
    this.#goesOn = false;
    this.#metrics = new BatchMetrics(); // the backend may have changed since the last fit
  }

  /** Replaces a batch's scalars by numbers; see {@linkcode BatchMetrics.take}. */
  async take(logs: BatchLogs): Promise<void> {
    const read = await this.#metrics.take(logs);
    this.#fill(read.slice(0, -1));
  }

  /** Records a batch, after {@linkcode Recorder.take} has processed its logs. */
  batch(iteration: number, used: Hyperparameters, logs: Record<string, unknown>): void {
    const { loss, accuracy } = numbersOf(logs);
    const unread = this.#metrics.waiting > 0;
    this.add(iteration, used, {
      loss: unread ? null : loss,
      accuracy: unread && accuracy !== undefined ? null : accuracy,
    });
  }

  /** Adds an entry for a batch. */
  add(iteration: number, { learningRate, momentum }: Hyperparameters, { loss, accuracy }: BatchScores = {}): void {
    const { history } = this;
    const place = history.iterations.push(iteration) - 1;
    history.lr.push(learningRate);
    history.loss.push(loss ?? null);
    if (momentum !== undefined) (history.momentum ??= []).push(momentum);
    // a second fit may measure what the first one did not
    if (accuracy !== undefined) history.accuracy ??= Array.from({ length: place }, () => null);
    history.accuracy?.push(accuracy ?? null);
  }

  /**
   * Completes what a batch trains with: where a schedule sets no momentum, the optimizer keeps the last one.
   *
   * @param used What the schedule has set.
   * @param before The optimizer's momentum before that. An optimizer without momentum trains at 0.
   */
  withMomentum(used: Hyperparameters, before = 0): Hyperparameters {
    if (used.momentum !== undefined) this.history.momentum ??= this.history.iterations.map(() => before);
    return this.history.momentum ? { ...used, momentum: used.momentum ?? before } : used;
  }

  /** Sets the last entry's loss, and its accuracy if there is one. A custom loop knows them only after its update. */
  score({ loss, accuracy }: BatchScores): void {
    const { history } = this;
    const last = history.iterations.length - 1;
    if (last < 0) throw new RangeError("Cannot record a loss: a step must come first, got none");
    history.loss[last] = loss ?? null;
    if (accuracy === undefined) return;
    history.accuracy ??= Array.from(history.iterations, () => null);
    history.accuracy[last] = accuracy;
  }

  /** Reads the losses that are still on the device into the history. */
  async settle(): Promise<void> {
    this.#fill(await this.#metrics.read());
  }

  /**
   * Records an epoch.
   *
   * @param epoch The epoch, from 0.
   * @param iteration Optimizer updates done at its end.
   * @param logs tfjs's logs of the epoch. The rate is added to them as `lr`, so that tfjs's own History has it too.
   */
  async epoch(epoch: number, iteration: number, logs: Record<string, number>): Promise<void> {
    await this.settle();
    const { history } = this;
    const lr = history.lr.at(-1) ?? 0;
    // Compute the means here: after a resume, tfjs's means would leave out the batches before it.
    const { loss, accuracy } = history;
    const means = Object.entries({ loss, accuracy })
      .map(([name, values]) =>
        [name, (values ?? []).slice(this.#epochStart).filter((value) => value !== null)] as const
      )
      .filter(([, values]) => values.length > 0)
      .map(([name, values]) => [name, mean(values)]);
    history.epochs.push({ epoch, iteration, lr, ...numbersOf(logs), ...Object.fromEntries(means) });
    logs.lr = lr;
    this.#epochStart = history.iterations.length;
  }

  /** Records a validation within an epoch. */
  validation(iteration: number, { loss, accuracy }: { loss: number; accuracy: number }): void {
    (this.history.validations ??= []).push({ iteration, val_loss: loss, val_accuracy: accuracy });
  }

  /** Continues a history that was recorded earlier. */
  restore(history: TrainingHistory): void {
    for (const key of Object.keys(this.history)) delete (this.history as Partial<TrainingHistory>)[key as "loss"];
    Object.assign(this.history, emptyHistory(), structuredClone(history));
    const done = this.history.epochs.at(-1)?.iteration ?? 0;
    this.#epochStart = this.history.iterations.findLastIndex((iteration) => iteration < done) + 1;
    this.#goesOn = true;
  }

  /** Fills numbers that were read late into the last entries. */
  #fill(rows: Record<string, number>[]): void {
    const { loss, accuracy } = this.history;
    rows.forEach((row, index) => {
      const place = loss.length - rows.length + index;
      loss[place] = row.loss ?? null;
      if (accuracy) accuracy[place] = row.accuracy ?? null;
    });
  }
}
