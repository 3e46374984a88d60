/**
 * Measures what the machine can do besides training steps, for `bench`.
 * @module
 */
import process from "node:process";
import * as tf from "@tensorflow/tfjs";
import { randomFlip, randomShift } from "../../data/augment.ts";
import { batches } from "../../data/batches.ts";
import { wrongFiles } from "../../data/cifar10/files.ts";
import { loadCifar10 } from "../../data/cifar10/mod.ts";
import { meanImage } from "../../data/mean_image.ts";
import { cyclical } from "../../schedules/cyclical.ts";
import { cacheDirectory } from "../../support/directories.ts";
import { join } from "../../support/path.ts";
import { median } from "../../support/statistics.ts";
import { noise } from "./bench_model.ts";

/** The most memory that this process has ever used, in bytes. */
export const peakMemory = () => 1024 * process.resourceUsage().maxRSS;

/** The milliseconds it takes to make one augmented batch. */
export async function dataPipeline(batchSize: number): Promise<number> {
  const images = noise(10 * batchSize);
  const augment = [randomShift(), randomFlip()];
  const data = batches(images, { batchSize, seed: 1, mean: meanImage(images), augment, prefetch: 0 });
  const times: number[] = [];
  for (let pass = 0; pass < 3; pass++) {
    const start = performance.now();
    await data.forEachAsync((batch) => tf.dispose(batch));
    times.push((performance.now() - start) / data.batchesPerEpoch);
  }
  return median(times);
}

/** Measures how long loading CIFAR-10 from the cache takes, with its hashes checked, and how much memory it adds. */
export async function loading(row: (name: string, value: string) => void): Promise<void> {
  if ((await wrongFiles(join(cacheDirectory(), "cifar-10"))).length) return row("CIFAR-10 from the cache", "not here");
  const before = Deno.memoryUsage().rss;
  const start = performance.now();
  const { train, test } = await loadCifar10();
  const seconds = ((performance.now() - start) / 1000).toFixed(2);
  const added = Math.max(Deno.memoryUsage().rss - before, train.images.length + test.images.length);
  row("CIFAR-10 from the cache", `${seconds} s, ${(added / 1e6).toFixed(0)} MB`);
}

/** GFLOP per second of a large matrix product on the backend, which is the most that a training could approach. */
export async function matrixProduct(): Promise<number> {
  const n = 2048;
  const [a, b] = [tf.randomUniform([n, n]), tf.randomUniform([n, n])];
  const times: number[] = [];
  for (let i = 0; i < 7; i++) {
    const start = performance.now();
    const product = tf.matMul(a, b);
    await product.slice([0, 0], [1, 1]).data();
    times.push(performance.now() - start);
    product.dispose();
  }
  tf.dispose([a, b]);
  return 2 * n ** 3 / median(times) / 1e6;
}

/** Evaluations of `cyclical` per second. */
export function scheduleRate(): number {
  const rate = cyclical({ mode: "triangular2" });
  const count = 5_000_000;
  let sum = 0;
  const start = performance.now();
  for (let i = 0; i < count; i++) sum += rate(i).learningRate;
  return sum > 0 ? count / (performance.now() - start) * 1000 : 0;
}
