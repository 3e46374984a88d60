/**
 * Reading losses and metrics from the device.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { numbersOf } from "./history.ts";

/** What tfjs tells of a batch: numbers, and scalars that still lie on the device. */
export type BatchLogs = Record<string, number | tf.Scalar>;

/**
 * Takes the scalars of each batch and reads those of several batches at once. A GPU works ahead of the program; asked for
 * every loss, it would wait for every batch.
 */
export class BatchMetrics {
  readonly #every: number;
  readonly #waiting: BatchLogs[] = [];
  #latest?: Record<string, number>;

  /** @param every Batches between two readings. Default 16 on webgpu, 1 elsewhere. */
  constructor(every: number = tf.getBackend() === "webgpu" ? 16 : 1) {
    this.#every = every;
  }

  /** Batches whose numbers have not been read yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Takes a batch's scalars out of its logs and puts numbers there: its own where it is time to read, else the latest
   * that are known.
   *
   * @returns The numbers of the batches since the last reading, this one included; none where it was not time.
   */
  async take(logs: BatchLogs): Promise<Record<string, number>[]> {
    this.#waiting.push({ ...logs });
    // the first of all is read at once, so that there is a number to show
    const rows = !this.#latest || this.waiting >= this.#every ? await this.read() : [];
    for (const name in logs) if (typeof logs[name] !== "number") logs[name] = this.#latest![name];
    return rows;
  }

  /** Reads all that waits, in one transfer. */
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
