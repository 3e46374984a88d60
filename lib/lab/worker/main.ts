/**
 * The worker, which trains so that the page stays responsive.
 * @module
 */
import "./frames.ts";
import { findLearningRate, tf } from "../../core.ts";
import type { FromWorker, RangeOrder, ToWorker } from "../protocol.ts";
import { startBackend } from "./backend.ts";
import { runRaces } from "./race.ts";
import { disposeModel } from "../../optimizers/dispose.ts";
import { Control, labModel, NoImages, trainingBatches, trainingData } from "./work.ts";

/** The parts of a worker's global scope that are used here and that the page's types leave out. */
interface WorkerScope {
  postMessage(message: FromWorker): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
}
const scope = globalThis as unknown as WorkerScope;

const tell = (message: FromWorker) => scope.postMessage(message);
let control: Control | undefined;

scope.onmessage = ({ data: message }) => {
  switch (message.kind) {
    case "start":
      return void startBackend(message.backend).then(
        (started) => tell({ kind: "ready", ...started, tfjs: tf.version.tfjs }),
        fail,
      );
    case "range-test":
      return void work((control) => rangeTest(message.order, control));
    case "race":
      return void work((control) => runRaces(message.order, control, tell));
    default:
      control?.[message.kind]();
  }
};

/** Does one piece of work, and leaves no tensors behind. */
async function work(job: (control: Control) => Promise<void>): Promise<void> {
  const own = control = new Control();
  const before = tf.memory().numTensors;
  try {
    await job(own);
  } catch (error) {
    if (!own.signal.aborted) return fail(error);
  } finally {
    control = undefined;
  }
  tell({ kind: "done", stopped: own.signal.aborted, tensors: tf.memory().numTensors - before });
}

function fail(error: unknown): void {
  // the GPU may be lost, or its memory full
  const restart = !(error instanceof NoImages);
  tell({ kind: "failed", message: error instanceof Error ? error.message : String(error), restart });
}

/** The weight of the past in the smoothed curve. It is lower than fastai's, because there are few batches. */
const SMOOTHING = 0.9;

async function rangeTest(order: RangeOrder, control: Control): Promise<void> {
  const { startLr, endLr, iterations, seed, madeUp } = order;
  const data = await trainingData(seed, madeUp);
  const model = labModel(seed, startLr);
  try {
    const test = await findLearningRate(model, trainingBatches(data, seed), {
      ...{ startLr, endLr, iterations, smoothing: SMOOTHING, signal: control.signal },
      onProgress: ({ learningRate, loss, smoothed }) => tell({ kind: "range-step", learningRate, loss, smoothed }),
    });
    tell({ kind: "range-end", test });
  } finally {
    disposeModel(model);
  }
}
