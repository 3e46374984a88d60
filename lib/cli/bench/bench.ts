/**
 * `deno task bench` measures how fast this machine trains and evaluates, compared with what it could do at best and with
 * the peers.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { checkChoice } from "../../support/check.ts";
import { type Flag, helpText, parseFlags, refuseFlags } from "../flags.ts";
import { permissionFlags } from "../launch.ts";
import { pythonTools } from "../python.ts";
import { startBackend } from "../session.ts";
import { atTheDoor, type Say, type Voice, voice } from "../terminal.ts";
import { alternate } from "./against.ts";
import { allBackends } from "./backends.ts";
import {
  fitter,
  scorer,
  STEP_FLAGS,
  type StepFlags,
  stepFlags,
  stepper,
  type Task,
  trainingStep,
} from "./bench_model.ts";
import { BENCHMARK_NAMES, compiledBenchmark, trainingGflop } from "./benchmarks.ts";
import { dataPipeline, loading, matrixProduct, peakMemory, scheduleRate } from "./machine.ts";
import { PEER_NAMES, type PeerName, startPeer } from "./peer.ts";
import { gigabytes, images, tableHead, tableRow } from "./table.ts";

const FLAGS = {
  model: { takes: "text", help: `all, or ${BENCHMARK_NAMES.join(", ")}` },
  evaluate: { help: "time the scoring of images instead of training; a step is then one batch" },
  steps: {
    takes: "number",
    help: "steps to time (12); with --against, the steps in each half of a pair (about 3 seconds)",
  },
  ...STEP_FLAGS,
  against: { takes: "text", help: "keras or pytorch: also do the same work there, in eight pairs of alternating runs" },
  all: { help: "one line for each backend that is available here" },
  row: { help: "print the result as one line, as in the table of --model all" },
} as const satisfies Record<string, Flag>;

const HELP = helpText(
  "deno task bench: measure how fast a model trains or evaluates here. Let nothing else run.",
  { "What": FLAGS },
  [
    "deno task bench",
    "deno task bench --model all",
    "deno task bench --model all --against keras",
    "deno task bench --model all --against keras --evaluate",
    "deno task bench --against keras --precision bfloat16",
    "deno task bench --model perceptron --backend wasm --steps 3",
    "deno task bench --all",
  ],
);

/** Runs the command and returns the exit code. */
export async function bench(args: readonly string[]): Promise<number> {
  const started = performance.now();
  const flags = parseFlags(FLAGS, args);
  const speak = voice();
  if (flags.help) {
    speak.say(HELP);
    return 0;
  }
  const settings: Settings = { ...stepFlags(flags, ["all"]), task: flags.evaluate ? "evaluate" : "train" };
  const { model, batchSize, choice, precision } = settings;
  const against = atTheDoor(() => {
    if (flags.against !== undefined) checkChoice("read --against", "it", flags.against, PEER_NAMES);
    return flags.against;
  });
  if (flags.model === "all") {
    refuseFlags(flags, ["all", "row"], "Cannot bench all models: each is a line, on one backend");
    return await eachModel(args, settings, against, speak);
  }
  if (flags.all) {
    refuseFlags(
      flags,
      ["against", "row", "steps", "backend", "precision", "evaluate"],
      "Cannot bench all backends: each is a line, with training steps of its own, in float32 and without a peer",
    );
    await allBackends(model, batchSize, speak);
    return 0;
  }
  await startBackend(choice, { precision }, flags.row ? { ...speak, say: () => {} } : speak);
  if (against) await besidePeer(against, settings, flags.row, speak.say);
  else if (flags.row) await oneLine(settings, speak.say);
  else if (flags.evaluate) await scoring(settings, speak.say);
  else await alone(settings, started, speak.say);
  return 0;
}

/** The values of the flags. */
interface Settings extends StepFlags {
  /** What is timed. */
  readonly task: Task;
}

/**
 * Prints a line for each model. Each model has its own process, because a process's peak memory never falls from one
 * model to the next.
 */
async function eachModel(
  args: readonly string[],
  { choice, precision, task }: Settings,
  against: PeerName | undefined,
  speak: Voice,
): Promise<number> {
  // set up here, where messages about it are visible
  await startBackend(choice, { precision }, speak);
  if (against) await pythonTools(against, speak.say);
  speak.say(tableHead(task, against !== undefined));
  for (const name of BENCHMARK_NAMES) {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", ...await permissionFlags("bench", args), new URL("../main.ts", import.meta.url).href],
        ...["bench", ...args, "--model", name, "--row"],
      ],
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn();
    const { code } = await child.status;
    if (code !== 0) return code;
  }
  return 0;
}

/** Compares a training or an evaluation here with the peer's. Prints each pair and the result, or only one line. */
async function besidePeer(
  against: PeerName,
  { model: name, batchSize, precision, steps, task }: Settings,
  row: boolean | undefined,
  say: Say,
): Promise<void> {
  const model = compiledBenchmark(name);
  const run = task === "train" ? fitter(model, name, batchSize) : scorer(model, batchSize);
  const peer = await startPeer(against, { model: name, batchSize, precision, task }, row ? () => {} : say);
  try {
    const { here, peer: there } = await alternate(peer, model.countParams(), run, {
      steps,
      onPair: ({ here, there }, number) => {
        if (row) return;
        const ratio = (there / here).toFixed(2);
        say(
          `pair ${number}: ${milliseconds(here)} here, ${
            milliseconds(there)
          } in ${peer.name}: ${ratio} times its speed`,
        );
      },
    });
    if (row) return say(tableRow({ model: name, batchSize, here, peer: there }));
    const speeds = `${images(batchSize, here.ms)} and ${images(batchSize, there.ms)} images/s`;
    say(`median: ${there.ratio.toFixed(2)} times the speed of ${peer.name} (${speeds})`);
    say(`peak memory: ${gigabytes(here.peak)} here, ${gigabytes(there.peak)} in ${peer.name}`);
  } finally {
    await peer.end();
  }
}

/** Formats the milliseconds of a step, with one more digit if they are few. */
const milliseconds = (ms: number) => `${ms.toFixed(ms < 100 ? 1 : 0)} ms`;

/** The number of steps over which to take the median, without a peer. */
const STEPS = 12;

/** Measures a training or an evaluation without a peer, and prints one line. */
async function oneLine({ model, batchSize, steps = STEPS, task }: Settings, say: Say): Promise<void> {
  const compiled = compiledBenchmark(model);
  const ms = task === "train"
    ? await trainingStep(await stepper(compiled, batchSize), steps)
    : await scoredBatch(compiled, batchSize, steps);
  say(tableRow({ model, batchSize, here: { ms, peak: peakMemory() } }));
}

/** Measures the milliseconds it takes to score a batch, after two batches to warm up. */
async function scoredBatch(model: tf.LayersModel, batchSize: number, batches: number): Promise<number> {
  const score = scorer(model, batchSize);
  await score(2);
  return await score(batches);
}

/** Returns a function that prints one measurement. */
const rows = (say: Say) => (name: string, value: string) => say(`${name.padEnd(30)} ${value}`);

/** Measures an evaluation without a peer. */
async function scoring({ model, batchSize, steps = STEPS }: Settings, say: Say): Promise<void> {
  const row = rows(say);
  const ms = await scoredBatch(compiledBenchmark(model), batchSize, steps);
  row("scoring a batch", `${milliseconds(ms)}, batch ${batchSize}, mean of ${steps}`);
  row("images a second", images(batchSize, ms));
  row("peak memory of the evaluation", gigabytes(peakMemory()));
}

/** A training without a peer, and what the machine could do. */
async function alone(
  { model: name, batchSize, steps = STEPS }: StepFlags,
  started: number,
  say: Say,
): Promise<void> {
  const row = rows(say);
  const model = compiledBenchmark(name);
  const step = await stepper(model, batchSize);
  await step();
  row("start to the first step's end", `${((performance.now() - started) / 1000).toFixed(1)} s, data at hand`);
  const ms = await trainingStep(step, steps);
  row("training step", `${milliseconds(ms)}, batch ${batchSize}, median of ${steps}`);
  row("images a second", images(batchSize, ms));
  row("peak memory of the training", gigabytes(peakMemory()));
  const product = await matrixProduct();
  row("matrix product, 2048 x 2048", `${product.toFixed(0)} GFLOP/s in float32`);
  const share = batchSize / ms * 1000 * trainingGflop(model) / product;
  row("share of the matrix product", `${(100 * share).toFixed(0)} %`);
  const pipeline = await dataPipeline(batchSize);
  row("augmenting and batching", `${pipeline.toFixed(2)} ms a batch, ${(100 * pipeline / ms).toFixed(1)} % of a step`);
  row("schedule", `${(scheduleRate() / 1e6).toFixed(1)} million evaluations a second`);
  await loading(row);
}
