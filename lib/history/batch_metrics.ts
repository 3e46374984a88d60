/**
 * Reads losses and metrics from the device.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { numbersOf } from "./history.ts";

/** tfjs's logs of a batch: numbers, and scalars that are still on the device. */
export type BatchLogs = Record<string, number | tf.Scalar>;

/**
 * Collects the scalars of each batch and reads those of several batches at once. A GPU works ahead of the program, and
 * reading every loss would make it wait after every batch.
 */
export class BatchMetrics {
  readonly #every: number;
  readonly #waiting: BatchLogs[] = [];
  #latest?: Record<string, number>;

  /** @param every How many batches to read at a time. Default 16 on webgpu, 1 elsewhere. */
  constructor(every: number = tf.getBackend() === "webgpu" ? 16 : 1) {
    this.#every = every;
  }

  /** Batches whose numbers have not been read yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Replaces the scalars in a batch's logs by numbers: the batch's own if it is time to read, otherwise the latest
   * known.
   *
   * @returns The numbers of the batches since the last reading, including this one; empty if it was not time to read.
   */
  async take(logs: BatchLogs): Promise<Record<string, number>[]> {
    this.#waiting.push({ ...logs });
    // the very first batch is read at once, so that there is a number to show
    const rows = !this.#latest || this.waiting >= this.#every ? await this.read() : [];
    for (const name in logs) if (typeof logs[name] !== "number") logs[name] = this.#latest![name];
    return rows;
  }

  /** Reads all waiting batches in one transfer. */
  async read(): Promise<Record<string, number>[]> {
    const batches = this.#waiting.splice(0);
    const scalars = batches.flatMap((logs) => Object.values(logs).filter((value) => typeof value !== "number"));
    if (scalars.length > 0) {
      const all = tf.stack(scalars);
      const values = (await all.data()).values();
      tf.dispose([all, ...scalars]);
      for (const logs of batches) {
        for (const name in logs) if (typeof logs[name] !== "number") logs[name] = values.next().value!;
      }
    }
    if (batches.length > 0) this.#latest = { ...batches.at(-1) } as Record<string, number>;
    return batches.map((logs) => numbersOf(logs));
  }
}
