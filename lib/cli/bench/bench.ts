/**
 * `deno task bench`: how fast this machine trains, what that could be at best, and how the peers do.
 * @module
 */
import process from "node:process";
import * as tf from "@tensorflow/tfjs";
import { cacheDirectory } from "../../support/directories.ts";
import { missingNativePart } from "../../backend/native/setup/package.ts";
import { type BackendName, BACKENDS, selectBackend } from "../../backend/select.ts";
import { randomFlip, randomShift } from "../../data/augment.ts";
import { batches } from "../../data/batches.ts";
import { loadCifar10 } from "../../data/cifar10/mod.ts";
import { wrongFiles } from "../../data/cifar10/files.ts";
import { meanImage } from "../../data/dataset.ts";
import { join } from "../../support/path.ts";
import { checkChoice } from "../../support/check.ts";
import { median } from "../../support/statistics.ts";
import { cyclical } from "../../schedules/cyclical.ts";
import { noise, stepFlags, stepper } from "./bench_model.ts";
import { EXPERIMENT_FLAGS } from "../experiment_flags.ts";
import { type Flag, helpText, parseFlags } from "../flags.ts";
import { type Peer, startPeer } from "./peer.ts";
import { ensureNative, MACHINE_FLAGS, startBackend } from "../session.ts";
import { atTheDoor, type Voice, voice } from "../terminal.ts";

const FLAGS = {
  "batch-size": { takes: "number", help: "images in a batch (64)" },
  steps: { takes: "number", help: "steps to time; their median counts (12)" },
  backend: MACHINE_FLAGS.backend,
  precision: EXPERIMENT_FLAGS.precision,
  against: { takes: "text", help: "keras or pytorch: the same training there, step by step in alternation" },
  all: { help: "one line for each backend that can be had here" },
} as const satisfies Record<string, Flag>;

const HELP = helpText("deno task bench: how fast MiniGoogLeNet trains here. Let nothing else run.", { "What": FLAGS }, [
  "deno task bench",
  "deno task bench --against keras",
  "deno task bench --against keras --precision bfloat16",
  "deno task bench --backend wasm --batch-size 16 --steps 3",
  "deno task bench --all",
]);

/** Multiplications and additions of one image's forward and backward pass, counted from the layers' shapes. */
const GFLOP_AN_IMAGE = 1.4;
/** Pairs of an alternation, and the steps in each half of a pair. */
const [PAIRS, STEPS_A_HALF] = [8, 3];

/** Runs the command; returns the exit code. */
export async function bench(args: readonly string[]): Promise<number> {
  const flags = parseFlags(FLAGS, args);
  const speak = voice();
  if (flags.help) {
    speak.say(HELP);
    return 0;
  }
  const { batchSize, steps, choice, precision } = stepFlags(flags, 12);
  const { against } = flags;
  atTheDoor(() => {
    if (against !== undefined) checkChoice("read --against", "it", against, ["keras", "pytorch"]);
  });
  if (flags.all) return await allBackends(batchSize, speak);
  const started = performance.now();
  await startBackend(choice, { precision }, speak);
  if (against) {
    const peer = await startPeer(against as "keras" | "pytorch", batchSize, precision, speak.say);
    await alternate(peer, await stepper(batchSize), batchSize, speak.say);
    return 0;
  }
  const row = (name: string, value: string) => speak.say(`${name.padEnd(30)} ${value}`);
  const step = await stepper(batchSize);
  await step();
  row("start to the first step's end", `${((performance.now() - started) / 1000).toFixed(1)} s, data at hand`);
  const ms = await trainingStep(step, steps);
  const rate = batchSize / ms * 1000;
  row("training step", `${ms.toFixed(0)} ms, batch ${batchSize}, median of ${steps}`);
  row("images a second", rate.toFixed(1));
  row("peak memory of the training", `${(peakMemory() / 1e9).toFixed(2)} GB`);
  const product = await matrixProduct();
  row("matrix product, 2048 x 2048", `${product.toFixed(0)} GFLOP/s in float32`);
  row("share of the matrix product", `${(100 * rate * GFLOP_AN_IMAGE / product).toFixed(0)} %`);
  const pipeline = await dataPipeline(batchSize);
  row("augmenting and batching", `${pipeline.toFixed(2)} ms a batch, ${(100 * pipeline / ms).toFixed(1)} % of a step`);
  row("schedule", `${(scheduleRate() / 1e6).toFixed(1)} million evaluations a second`);
  await loading(row);
  return 0;
}

/** The most memory that this process ever held, in bytes. */
const peakMemory = () => 1024 * process.resourceUsage().maxRSS;

/** Milliseconds of one training step: the median after one more to warm up. */
async function trainingStep(step: () => Promise<void>, steps: number): Promise<number> {
  await step();
  const times: number[] = [];
  for (let i = 0; i < steps; i++) {
    const start = performance.now();
    await step();
    times.push(performance.now() - start);
  }
  return median(times);
}

/** A few of our steps, a few of the peer's, and so on; the ratio of each pair, and their median. */
async function alternate(peer: Peer, step: () => Promise<void>, batchSize: number, say: (line: string) => void) {
  await trainingStep(step, 1);
  await peer.steps(2);
  const ratios: number[] = [];
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let pair = 1; pair <= PAIRS; pair++) {
    ours.push(await trainingStep(step, STEPS_A_HALF));
    theirs.push(median((await peer.steps(STEPS_A_HALF + 1)).times.slice(1)));
    ratios.push(theirs.at(-1)! / ours.at(-1)!);
    say(
      `pair ${pair}: ${ours.at(-1)!.toFixed(0)} ms here, ${theirs.at(-1)!.toFixed(0)} ms in ${peer.name}: ${
        ratios.at(-1)!.toFixed(2)
      } times its speed`,
    );
  }
  const { peak } = await peer.steps(1);
  const images = (times: number[]) => (batchSize / median(times) * 1000).toFixed(1);
  say(
    `median: ${median(ratios).toFixed(2)} times the speed of ${peer.name} (${images(ours)} and ${
      images(theirs)
    } images/s)`,
  );
  say(`peak memory: ${(peakMemory() / 1e9).toFixed(2)} GB here, ${(peak / 1e9).toFixed(2)} GB in ${peer.name}`);
  await peer.end();
}

/** Every backend that can be had, at sizes that it can bear. */
async function allBackends(batchSize: number, speak: Voice): Promise<number> {
  const { say } = speak;
  await ensureNative("auto", false, speak);
  say(`${"backend".padEnd(10)}${"batch".padStart(6)}${"ms a step".padStart(12)}${"images/s".padStart(10)}`);
  for (const name of BACKENDS.filter((name): name is BackendName => name !== "auto")) {
    if (name === "native" && missingNativePart()) {
      say(`${name.padEnd(10)} not set up`);
      continue;
    }
    // the slow ones get a batch that ends this minute
    const [batch, steps] = { native: [batchSize, 8], webgpu: [4, 1], wasm: [16, 3], cpu: [1, 1] }[name];
    try {
      await selectBackend(name);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      say(`${name.padEnd(10)} not here`);
      continue;
    }
    const step = await stepper(batch);
    const ms = await trainingStep(step, steps);
    say(
      `${name.padEnd(10)}${String(batch).padStart(6)}${ms.toFixed(0).padStart(12)}${
        (batch / ms * 1000).toFixed(batch / ms < 0.001 ? 2 : 1).padStart(10)
      }`,
    );
  }
  return 0;
}

/** Milliseconds to make one augmented batch. */
async function dataPipeline(batchSize: number): Promise<number> {
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

/** How long CIFAR-10 takes from the cache, hashes checked, and how much memory it adds. */
async function loading(row: (name: string, value: string) => void): Promise<void> {
  if ((await wrongFiles(join(cacheDirectory(), "cifar-10"))).length) return row("CIFAR-10 from the cache", "not here");
  const before = Deno.memoryUsage().rss;
  const start = performance.now();
  const { train, test } = await loadCifar10();
  const seconds = ((performance.now() - start) / 1000).toFixed(2);
  const added = Math.max(Deno.memoryUsage().rss - before, train.images.length + test.images.length);
  row("CIFAR-10 from the cache", `${seconds} s, ${(added / 1e6).toFixed(0)} MB`);
}

/** GFLOP a second of a large matrix product on the backend: what a training can at best come near to. */
async function matrixProduct(): Promise<number> {
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

/** Evaluations of `cyclical` a second. */
function scheduleRate(): number {
  const rate = cyclical({ mode: "triangular2" });
  const count = 5_000_000;
  let sum = 0;
  const start = performance.now();
  for (let i = 0; i < count; i++) sum += rate(i).learningRate;
  return sum > 0 ? count / (performance.now() - start) * 1000 : 0;
}
