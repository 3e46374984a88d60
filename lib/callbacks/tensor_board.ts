/**
 * Writes summaries for TensorBoard.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { importNative, type SummaryWriter } from "../backend/native/setup/package.ts";
import { shown } from "../support/check.ts";
import { ModelCallback } from "./model_callback.ts";
import { schedulerOfFit } from "./compose.ts";
import { numbersOf } from "../history/history.ts";

class TensorBoard extends ModelCallback {
  constructor(directory: string) {
    let writer: SummaryWriter | undefined;
    let batches = 0;
    const write = (values: Record<string, number | undefined>, prefix: string, step: number) => {
      for (const [name, value] of Object.entries(values)) {
        if (value !== undefined && name !== "batch" && name !== "size") writer!.scalar(`${prefix}${name}`, value, step);
      }
    };
    super({
      onTrainBegin: async () => {
        if (tf.getBackend() !== "tensorflow") {
          throw new TypeError(
            `Cannot write for TensorBoard: it needs the native backend (tensorflow), got ${shown(tf.getBackend())}`,
          );
        }
        writer = (await importNative()).node.summaryFileWriter(directory);
      },
      onBatchEnd: (_batch, logs) => {
        const history = schedulerOfFit(this.params)?.history;
        const step = history?.iterations.at(-1) ?? batches++;
        const rates = { learning_rate: history?.lr.at(-1), momentum: history?.momentum?.at(-1) };
        write({ ...numbersOf(logs), ...rates }, "batch/", step);
      },
      onEpochEnd: (epoch, logs) => {
        const { lr: _, ...metrics } = numbersOf(logs);
        write(metrics, "epoch/", epoch);
        writer!.flush();
      },
      onTrainEnd: () => writer?.flush(),
    });
  }
}

/**
 * Writes summaries that TensorBoard reads: loss, metrics, rate and momentum of each batch under `batch/`, by iteration,
 * and the metrics of each epoch under `epoch/`. It needs the native backend.
 *
 * @param directory The directory for the event files.
 * @throws {TypeError} When a fit starts, if another backend is active.
 * @example
 * ```ts
 * import { callbacks, CyclicLR, tensorBoard } from "../mod.ts";
 *
 * const list = callbacks(new CyclicLR(), tensorBoard("output/summaries"));
 * ```
 */
export function tensorBoard(directory: string): tf.CustomCallback {
  return new TensorBoard(directory);
}
