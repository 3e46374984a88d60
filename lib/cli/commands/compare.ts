/**
 * `deno task compare`: schedules against each other at one budget, resumable run by run.
 * @module
 */
import { comparisonFigure } from "../../figures/comparison.ts";
import { saveFigure } from "../../rendering/save.ts";
import { fileError, writeWhole } from "../../support/files.ts";
import { join } from "../../support/path.ts";
import {
  compareSchedules,
  comparisonMarkdown,
  type ComparisonRun,
  comparisonTable,
  standardSchedules,
} from "../../evaluation/comparison.ts";
import { planRun, type RunConfig, type RunPlan } from "../../experiments/config.ts";
import { ProgressBar } from "../../callbacks/progress.ts";
import { chooseData, runTraining } from "../../experiments/trainer.ts";
import { loadCifar10 } from "../../data/cifar10/mod.ts";
import { type Flag, helpText, parseFlags, UsageError } from "../flags.ts";
import {
  backendFlag,
  giveUpPermissions,
  MACHINE_FLAGS,
  planFromFlags,
  SETTING_FLAGS,
  startBackend,
} from "../session.ts";
import { hearSignals, showDownload, type Voice, voice } from "../terminal.ts";

const COMPARE_FLAGS = {
  schedules: { takes: "text", help: "some of them, as in triangular,step (all eight)" },
  seeds: { takes: "number", help: "how many seeds; several give mean and deviation (1)" },
  shard: { takes: "text", help: "a part of the runs, as in 2/4: the second of four" },
  merge: { takes: "text", help: "put the runs of a directory together: no training" },
  output: { takes: "text", help: "where runs and results go (output/compare); runs that are there are kept" },
} as const satisfies Record<string, Flag>;

const { preset, epochs, seed, momentum, classes } = SETTING_FLAGS;
const SOME_FLAGS = {
  ...{ preset, epochs, seed, momentum, classes },
  "base-lr": SETTING_FLAGS["base-lr"],
  "max-lr": SETTING_FLAGS["max-lr"],
  "batch-size": SETTING_FLAGS["batch-size"],
  "train-size": SETTING_FLAGS["train-size"],
  "validation-size": SETTING_FLAGS["validation-size"],
  "test-size": SETTING_FLAGS["test-size"],
  "no-augment": SETTING_FLAGS["no-augment"],
};

const HELP = helpText(
  "deno task compare: train the same model under several schedules at one budget.",
  { "What to compare": COMPARE_FLAGS, "What to train": SOME_FLAGS, "The machine": MACHINE_FLAGS },
  [
    "deno task compare --seeds 3",
    "deno task compare --schedules triangular,one-cycle --epochs 4",
    "deno task compare --shard 1/4 --output shared/comparison      one of four jobs",
    "deno task compare --merge shared/comparison                   when all have ended",
  ],
);

/** A run's file. */
interface RunFile {
  budget: string;
  run: ComparisonRun;
}

/** Runs the command; returns the exit code. */
export async function compare(args: readonly string[]): Promise<number> {
  const flags = parseFlags({ ...COMPARE_FLAGS, ...SOME_FLAGS, ...MACHINE_FLAGS }, args);
  const speak = voice();
  if (flags.help) {
    speak.say(HELP);
    return 0;
  }
  if (flags.merge !== undefined) return await merge(flags.merge, speak);
  const count = flags.seeds ?? 1;
  if (!Number.isInteger(count) || count < 1) {
    throw new UsageError(`Cannot read --seeds: it takes a whole number of 1 or more, got ${count}`);
  }
  const shard = shardFlag(flags.shard);
  const choice = backendFlag(flags.backend);
  const asked = planOf(flags, choice);
  chosen(asked, flags.schedules); // a wrong call is found before anything is set up
  const directory = flags.output ?? join("output", "compare");

  const stop = hearSignals(speak.say);
  const backend = await startBackend(choice, { precision: asked.config.precision, offline: flags.offline }, speak);
  const plan = planOf(flags, backend);
  const images = await loadCifar10({
    ...(flags.data !== undefined && { directory: flags.data }),
    signal: stop.signal,
    onProgress: showDownload(speak.sink),
  });
  await giveUpPermissions();
  const schedules = chosen(plan, flags.schedules);
  const seeds = Array.from({ length: count }, (_, index) => plan.config.seed + index);
  const budget = JSON.stringify([{ ...plan.config, seed: 0 }, backend]);
  const there = (await readRuns(directory)).filter((file) => file.budget === budget).map(({ run }) => run);
  speak.say(
    `Budget: ${
      plan.config.trainSize - plan.config.validationSize
    } images x ${plan.config.epochs} epochs = ${plan.iterations} iterations a run`,
  );
  const jobs = seeds.flatMap((seed) => Object.keys(schedules).map((name) => ({ name, seed })));
  const mine = jobs.filter((_, index) => index % shard.of === shard.number - 1);
  let ended = 0;
  for (const seed of seeds) {
    const names = mine.filter((job) => job.seed === seed).map(({ name }) => name);
    if (names.length === 0) continue;
    const own = planRun({ ...plan.config, seed });
    const data = chooseData(own, images);
    await compareSchedules({
      schedules: Object.fromEntries(names.map((name) => [name, schedules[name]])),
      seeds: [seed],
      done: there,
      signal: stop.signal,
      run: async (schedule, _seed, name) => {
        speak.say(`\n${name}, seed ${seed} (run ${ended + 1} of ${mine.length})`);
        const result = await runTraining(own, data, {
          schedule,
          signal: stop.signal,
          callbacks: [new ProgressBar({ sink: speak.sink })],
        });
        stop.signal.throwIfAborted(); // an unfinished run is no result
        result.model.dispose();
        const { history } = result.scheduler;
        // a rate that is too high is a result too: it scored as guessing does
        return result.evaluation
          ? { accuracy: result.evaluation.accuracy, loss: result.evaluation.loss, history }
          : { accuracy: 1 / plan.config.classes.length, loss: Infinity, history };
      },
      onRun: async (run, table) => {
        ended++;
        there.push(run);
        await writeWhole(
          join(directory, "runs", `${run.name.replaceAll(" ", "-")}-seed${run.seed}.json`),
          JSON.stringify({ budget, run }),
        );
        speak.say(`\n${comparisonMarkdown(table)}`);
      },
    }).catch((error) => {
      if (!stop.signal.aborted) throw error;
    });
    if (stop.signal.aborted) {
      speak.say("Stopped; the same command goes on with the next run.");
      return stop.code();
    }
  }
  if (shard.of > 1) {
    speak.say(`Shard ${shard.number} of ${shard.of} has ended; --merge ${directory} puts all together.`);
    return 0;
  }
  return await merge(directory, speak);
}

/** Writes comparison.json, the table and the figures from the runs of a directory. */
async function merge(directory: string, { say }: Voice): Promise<number> {
  const files = await readRuns(directory);
  if (files.length === 0) {
    throw new UsageError(`Cannot merge ${directory}: it must hold runs of a comparison, got none`);
  }
  const budgets = new Set(files.map(({ budget }) => budget));
  if (budgets.size > 1) {
    throw new UsageError(
      `Cannot merge ${directory}: all runs must have one budget, got ${budgets.size}; start in a new --output`,
    );
  }
  const [config, backend] = JSON.parse(files[0].budget) as [RunConfig, string];
  const plan = planRun(config);
  const order = Object.keys(standardSchedules({ ...config, iterations: plan.iterations }));
  const runs = files.map(({ run }) => run)
    .sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name) || a.seed - b.seed);
  const table = comparisonTable(runs);
  const { seed: _, ...settings } = config;
  const about = { backend, iterations: plan.iterations, settings };
  await writeWhole(join(directory, "comparison.json"), JSON.stringify({ about, table, runs }));
  await writeWhole(join(directory, "comparison.md"), comparisonMarkdown(table));
  const title = `Schedules at ${plan.iterations} iterations: MiniGoogLeNet on CIFAR-10`;
  await saveFigure(comparisonFigure(runs, { title }), join(directory, "comparison.png"));
  await saveFigure(comparisonFigure(runs, { title, metric: "val_loss" }), join(directory, "comparison_loss.png"));
  say(
    `\n${
      comparisonMarkdown(table)
    }\nFiles in ${directory}: comparison.json, comparison.md, comparison.png, comparison_loss.png`,
  );
  return 0;
}

async function readRuns(directory: string): Promise<RunFile[]> {
  const path = join(directory, "runs");
  try {
    const entries = await Array.fromAsync(Deno.readDir(path));
    const names = entries.map(({ name }) => name).filter((name) => name.endsWith(".json") && !name.startsWith("."));
    return await Promise.all(names.map(async (name) => JSON.parse(await Deno.readTextFile(join(path, name)))));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error instanceof SyntaxError
      ? new UsageError(`Cannot read ${path}: its files must be runs of a comparison, got ${error.message}`)
      : fileError("read", path, error);
  }
}

/** The budget: the quick preset's with fewer images, as eight runs are to end in about a quarter of an hour or less. */
function planOf(flags: Parameters<typeof planFromFlags>[0], backend: string): RunPlan {
  const smaller = (flags.preset ?? "quick") === "quick"
    ? { "train-size": backend === "wasm" ? 320 : 2400, "test-size": backend === "wasm" ? 100 : 1000 }
    : {};
  const given = Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
  return planFromFlags({ ...smaller, ...given }, backend, undefined);
}

function chosen(plan: RunPlan, names: string | undefined) {
  const { baseLr, maxLr } = plan.config;
  if (plan.iterations < 8) {
    throw new UsageError(`Cannot compare schedules: a run needs 8 iterations or more, got ${plan.iterations}`);
  }
  const all = standardSchedules({ baseLr, maxLr, iterations: plan.iterations });
  if (names === undefined) return all;
  return Object.fromEntries(
    names.split(",").map((given) => {
      const name = given.trim().replaceAll("-", " ");
      if (!(name in all)) {
        throw new UsageError(
          `Cannot compare ${JSON.stringify(given)}: schedules are ${Object.keys(all).join(", ")}, got another`,
        );
      }
      return [name, all[name]];
    }),
  );
}

function shardFlag(text: string | undefined): { number: number; of: number } {
  if (text === undefined) return { number: 1, of: 1 };
  const [number, of] = text.split("/").map(Number);
  if (!Number.isInteger(number) || !Number.isInteger(of) || number < 1 || number > of) {
    throw new UsageError(`Cannot read --shard: it takes a part such as 2/4, got ${JSON.stringify(text)}`);
  }
  return { number, of };
}
