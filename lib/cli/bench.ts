/**
 * `deno task bench`: how fast this machine trains, and what that could be at best.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { randomFlip, randomShift } from "../data/augment.ts";
import { batches } from "../data/batches.ts";
import { type ImageDataset, imageDataset, meanImage } from "../data/dataset.ts";
import { randomFrom } from "../data/random.ts";
import { miniGoogLeNet } from "../models/mini_googlenet.ts";
import { checkNumber, rules } from "../schedules/schedule.ts";
import { cyclical } from "../schedules/cyclical.ts";
import { type Flag, helpText, parseFlags } from "./flags.ts";
import { backendFlag, ensureNative, MACHINE_FLAGS, startBackend } from "./session.ts";
import { atTheDoor, voice } from "./terminal.ts";

const FLAGS = {
  "batch-size": { takes: "number", help: "images in a batch (64)" },
  steps: { takes: "number", help: "steps to time; their median counts (12)" },
  backend: MACHINE_FLAGS.backend,
} as const satisfies Record<string, Flag>;

const HELP = helpText("deno task bench: how fast MiniGoogLeNet trains here. Let nothing else run.", { "What": FLAGS }, [
  "deno task bench",
  "deno task bench --backend wasm --batch-size 16 --steps 3",
]);

/** Multiplications and additions of one image's forward and backward pass, counted from the layers' shapes. */
const GFLOP_AN_IMAGE = 1.4;

/** Runs the command; returns the exit code. */
export async function bench(args: readonly string[]): Promise<number> {
  const flags = parseFlags(FLAGS, args);
  const speak = voice();
  if (flags.help) {
    speak.say(HELP);
    return 0;
  }
  const { "batch-size": batchSize = 64, steps = 12 } = flags;
  const choice = backendFlag(flags.backend);
  atTheDoor(() => {
    checkNumber("read --batch-size", "it", batchSize, ...rules.count);
    checkNumber("read --steps", "it", steps, ...rules.count);
  });
  await ensureNative(choice, false, speak);
  await startBackend(choice, speak);
  const images = noise(10 * batchSize);
  const rows: [string, string][] = [];
  const product = await matrixProduct();
  const pipeline = await dataPipeline(images, batchSize);
  const step = await trainingStep(images, batchSize, steps);
  const rate = batchSize / step * 1000;
  rows.push(["training step", `${step.toFixed(0)} ms, batch ${batchSize}, median of ${steps}`]);
  rows.push(["images a second", rate.toFixed(1)]);
  rows.push(["matrix product, 2048 x 2048", `${product.toFixed(0)} GFLOP/s`]);
  rows.push(["share of the matrix product", `${(100 * rate * GFLOP_AN_IMAGE / product).toFixed(0)} %`]);
  rows.push([
    "augmenting and batching",
    `${pipeline.toFixed(2)} ms a batch, ${(100 * pipeline / step).toFixed(1)} % of a step`,
  ]);
  rows.push(["schedule", `${(scheduleRate() / 1e6).toFixed(1)} million evaluations a second`]);
  rows.push(["memory", `${(Deno.memoryUsage().rss / 1e9).toFixed(2)} GB resident`]);
  for (const [name, value] of rows) speak.say(`${name.padEnd(28)} ${value}`);
  return 0;
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

function noise(size: number): ImageDataset {
  const random = randomFrom(1);
  const images = Uint8Array.from({ length: size * 3072 }, () => 256 * random());
  const classNames = Array.from({ length: 10 }, (_, index) => String(index));
  return imageDataset({
    images,
    labels: Uint8Array.from({ length: size }, (_, i) => i % 10),
    shape: [32, 32, 3],
    classNames,
  });
}

/** Milliseconds of one training step, data at hand: the median after two steps to warm up. */
async function trainingStep(images: ImageDataset, batchSize: number, steps: number): Promise<number> {
  const model = miniGoogLeNet({ seed: 1 });
  const optimizer = tf.train.momentum(0.01, 0.9);
  model.compile({ optimizer, loss: "categoricalCrossentropy", metrics: ["accuracy"] });
  const { value } = await (await batches(images, { batchSize, mean: meanImage(images) }).iterator()).next();
  const times: number[] = [];
  for (let i = 0; i < steps + 2; i++) {
    const start = performance.now();
    await model.trainOnBatch(value.xs, value.ys);
    if (i >= 2) times.push(performance.now() - start);
  }
  return median(times);
}

/** Milliseconds to make one augmented batch. */
async function dataPipeline(images: ImageDataset, batchSize: number): Promise<number> {
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

/** GFLOP a second of a large matrix product on the backend: what a training can at best come near to. */
async function matrixProduct(): Promise<number> {
  const n = 2048;
  const [a, b] = [tf.randomUniform([n, n]), tf.randomUniform([n, n])];
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    const product = tf.matMul(a, b);
    await product.slice([0, 0], [1, 1]).data();
    times.push(performance.now() - start);
    product.dispose();
  }
  tf.dispose([a, b]);
  return 2 * n ** 3 / median(times) / 1e6;
}

/** Evaluations of `cyclical` a second. */
function scheduleRate(): number {
  const rate = cyclical({ mode: "triangular2" });
  const count = 5_000_000;
  let sum = 0;
  const start = performance.now();
  for (let i = 0; i < count; i++) sum += rate(i).learningRate;
  return sum > 0 ? count / (performance.now() - start) * 1000 : 0;
}
