/**
 * Races: the same network under several schedules, update by update, on the same weights and batches.
 * @module
 */
import { evaluate, LearningRateScheduler, tf } from "../../core.ts";
import { scheduleFromSettings } from "../../experiments/schedule.ts";
import type { FromWorker, RacedRun, RaceOrder, RacerStep } from "../protocol.ts";
import { BATCHES_PER_EPOCH, validateEvery } from "../settings.ts";
import { disposeModel } from "../../optimizers/dispose.ts";
import { type Control, labModel, trainingBatches, type TrainingData, trainingData } from "./work.ts";

/** One schedule in training. */
interface Runner {
  readonly name: string;
  readonly model: tf.LayersModel;
  readonly scheduler: LearningRateScheduler;
  diverged: boolean;
}

/** The number of images in a batch for scoring. */
const SCORED = 200;

/**
 * Runs the races, seed by seed.
 *
 * @param order The races to run.
 * @param control Pauses and stops.
 * @param tell Called after each update of all schedules, and after each race.
 */
export async function runRaces(order: RaceOrder, control: Control, tell: (message: FromWorker) => void): Promise<void> {
  for (let race = 0; race < order.races && !control.signal.aborted; race++) {
    const seed = order.seed + race;
    const data = await trainingData(seed, order.madeUp);
    const runners: Runner[] = [];
    try {
      for (const { name, settings } of order.racers) {
        const schedule = scheduleFromSettings(settings, order.iterations, BATCHES_PER_EPOCH);
        const model = labModel(seed, schedule(0).learningRate);
        runners.push({ name, model, scheduler: new LearningRateScheduler(schedule), diverged: false });
      }
      const started = control.now();
      if (!await trainAll(runners, data, { ...order, seed }, control, tell)) return;
      // they train side by side, so each one's time is its share of the total
      const minutes = (control.now() - started) / 60_000 / runners.length;
      const runs: RacedRun[] = [];
      for (const { name, model, scheduler, diverged } of runners) {
        const score = diverged ? undefined : await evaluate(model, data.test, { mean: data.mean, batchSize: SCORED });
        runs.push({
          ...{ name, seed },
          // a training that diverged scores like guessing
          testAccuracy: score?.accuracy ?? 1 / data.test.classNames.length,
          testLoss: score && Number.isFinite(score.loss) ? score.loss : null,
          minutes,
          history: scheduler.history,
        });
        if (!await control.goesOn()) return;
      }
      tell({ kind: "race-end", runs });
    } finally {
      for (const { model } of runners) disposeModel(model);
    }
  }
}

/** Trains all schedules, and returns whether they reached the end. */
async function trainAll(
  runners: Runner[],
  data: TrainingData,
  { seed, iterations }: { seed: number; iterations: number },
  control: Control,
  tell: (message: FromWorker) => void,
): Promise<boolean> {
  const every = validateEvery(iterations);
  const source = trainingBatches(data, seed);
  for (let iteration = 0; iteration < iterations;) {
    const epoch = await source.iterator();
    while (iteration < iterations) {
      const { value: batch, done } = await epoch.next();
      if (done) break;
      const steps: RacerStep[] = [];
      try {
        for (const runner of runners) steps.push(await step(runner, batch, iteration));
      } finally {
        tf.dispose([batch.xs, batch.ys]);
      }
      iteration++;
      if (iteration % every === 0 || iteration === iterations) {
        for (const [index, { model, scheduler, diverged }] of runners.entries()) {
          if (diverged) continue;
          const options = { mean: data.mean, batchSize: SCORED };
          const { loss, accuracy } = await evaluate(model, data.validation, options);
          scheduler.recordValidation({ loss, accuracy });
          steps[index] = { ...steps[index], validation: { loss, accuracy } };
        }
      }
      tell({ kind: "race-step", seed, iteration, steps });
      if (!await control.goesOn()) return false;
    }
  }
  return true;
}

/**
 * Trains one schedule on a batch. A training that has diverged only tells the rate that it would have.
 *
 * @param runner The schedule in training.
 * @param batch The batch.
 * @param iteration The race's iteration, counted from 0.
 */
export async function step(
  runner: Runner,
  { xs, ys }: { xs: tf.Tensor; ys: tf.Tensor },
  iteration: number,
): Promise<RacerStep> {
  const { model, scheduler } = runner;
  if (runner.diverged) return { learningRate: scheduler.at(iteration).learningRate, loss: null };
  const { learningRate } = scheduler.step(model.optimizer);
  const [loss, accuracy] = await model.trainOnBatch(xs, ys) as number[];
  runner.diverged = !Number.isFinite(loss);
  scheduler.record({ loss: runner.diverged ? null : loss, accuracy });
  return { learningRate, loss: runner.diverged ? null : loss };
}
