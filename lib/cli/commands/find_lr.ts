/**
 * `deno task find-lr` runs the range test on the images and the model that its flags name.
 * @module
 */
import { rangeTestFigure } from "../../figures/range_test.ts";
import { saveFigure } from "../../rendering/save.ts";
import { writeWhole } from "../../support/files.ts";
import { join } from "../../support/path.ts";
import { findLearningRate, type RangeTest } from "../../finder/range_test.ts";
import { duration, progressLine } from "../../callbacks/progress.ts";
import { trainingBatches } from "../../experiments/data.ts";
import { scheduleName } from "../../experiments/describe.ts";
import { compiledModel } from "../../experiments/model.ts";
import { SCHEDULES } from "../../experiments/registries/schedules.ts";
import { commandOf, type Flag, helpText, parseFlags } from "../flags.ts";
import { DATA_FLAGS, EXPERIMENT_FLAGS, MODEL_FLAGS } from "../experiment_flags.ts";
import { experimentFromFlags } from "../experiment_from_flags.ts";
import { LIST_FLAG, listText } from "../list.ts";
import { backendFlag, checkEarly, loadImages, MACHINE_FLAGS, planOn, startBackend, tellScaled } from "../session.ts";
import { atTheDoor, hearSignals, voice } from "../terminal.ts";
import { checkNumber, rules } from "../../support/check.ts";

const TEST_FLAGS = {
  "start-lr": { takes: "number", help: "the first rate (1e-5)" },
  "end-lr": { takes: "number", help: "the last rate (1)" },
  iterations: { takes: "number", help: "updates, each at a new rate (100)" },
  smoothing: { takes: "number", help: "the weight of the past in the smoothed curve (0.9)" },
  output: { takes: "text", help: "the directory for the plot and the numbers (output/find-lr)" },
  ...LIST_FLAG,
} as const satisfies Record<string, Flag>;

const { preset, "batch-size": batchSize, precision, seed } = EXPERIMENT_FLAGS;
const SETTINGS = { preset, ...DATA_FLAGS, ...MODEL_FLAGS, "batch-size": batchSize, precision, seed };

const HELP = helpText(
  "deno task find-lr: find the bounds of the learning rate by a range test.",
  { "The test": TEST_FLAGS, "What to train": SETTINGS, "The machine": MACHINE_FLAGS },
  ["deno task find-lr", "deno task find-lr --iterations 200 --seed 7"],
);

/** Runs the command and returns the exit code. */
export async function findLr(args: readonly string[]): Promise<number> {
  const flags = parseFlags({ ...TEST_FLAGS, ...SETTINGS, ...MACHINE_FLAGS }, args);
  const speak = voice();
  const { say, sink } = speak;
  if (flags.help || flags.list) {
    say(flags.help ? HELP : listText());
    return 0;
  }
  const choice = backendFlag(flags.backend);
  const settings = { ...flags, iterations: undefined }; // --iterations is the length of the test, not of the budget
  // The test starts low, but not so low that nothing happens. It smooths less than fastai, because it has few batches.
  const { "start-lr": startLr = 1e-5, "end-lr": endLr = 1, iterations = 100, smoothing = 0.9 } = flags;
  atTheDoor(() => {
    checkNumber(
      "read --iterations",
      "it",
      iterations,
      "a whole number of 2 or more",
      (n) => Number.isInteger(n) && n >= 2,
    );
    checkNumber("read --start-lr", "it", startLr, "above 0", (value) => value > 0);
    checkNumber("read --end-lr", "it", endLr, `above the start ${startLr}`, (value) => value > startLr);
    checkNumber("read --smoothing", "it", smoothing, ...rules.belowOne);
  });
  const asked = experimentFromFlags(settings, choice);
  checkEarly(asked, flags);
  const stop = hearSignals(say);
  const backend = await startBackend(choice, { precision: asked.precision, offline: flags.offline, stop }, speak);
  const experiment = experimentFromFlags(settings, backend);
  const { plan, data } = planOn(experiment, await loadImages(experiment, flags, speak, stop));
  tellScaled(plan.experiment, flags, backend, speak);
  say(`Range test: ${iterations} batches of ${experiment.budget.batchSize}, rates from ${startLr} to ${endLr}`);
  const started = performance.now();
  let shown = 0;
  const model = await compiledModel(plan);
  let test: RangeTest;
  try {
    test = await findLearningRate(model, trainingBatches(plan, data), {
      ...{ startLr, endLr, iterations, smoothing, signal: stop.signal },
      onProgress: ({ iteration, learningRate, loss }) => {
        if (performance.now() - shown < sink.everyMs) return;
        shown = performance.now();
        void sink.update?.(progressLine(iteration + 1, iterations, shown - started, { loss, lr: learningRate }));
      },
    });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    say("Stopped; a range test cannot be resumed.");
    return stop.code();
  }
  void sink.line(
    `${test.learningRates.length} batches in ${duration(performance.now() - started)}` +
      `${test.stoppedEarly ? "; the loss diverged, which ends a test" : ""}`,
  );
  const directory = flags.output ?? join("output", "find-lr");
  await writeWhole(join(directory, "range_test.json"), `${JSON.stringify(test, null, 1)}\n`);
  await saveFigure(
    rangeTestFigure(test, { title: `Learning-rate range test: ${experiment.model.name}` }),
    join(directory, "range_test.png"),
  );
  const train = commandOf("train", args, Object.keys(TEST_FLAGS).map((name) => `--${name}`));
  const takesBase = SCHEDULES[scheduleName(experiment)]?.takes.includes("baseLr") ?? false;
  for (const line of conclusions(test, train, takesBase)) say(line);
  say(`\nFiles in ${directory}: range_test.png, range_test.json`);
  return 0;
}

/**
 * The suggestions, the bounds, and the command that trains the same model with them. The lower bound is of use only if
 * the preset's schedule takes one.
 */
function conclusions({ suggestions, bounds, reason }: RangeTest, train: string, takesBase: boolean): string[] {
  const rate = (value: number) => value.toPrecision(2);
  const lines = Object.entries(suggestions).map(([name, value]) => `  ${name.padEnd(9)} ${rate(value)}`);
  const suggested = lines.length > 0 ? ["Suggestions:", ...lines] : [];
  if (!bounds) return [...suggested, `No bounds: ${reason}.`];
  const [base, max] = [rate(bounds.baseLr), rate(bounds.maxLr)];
  return [
    ...suggested,
    `Bounds: ${base} to ${max} (${reason})`,
    "",
    `Use ${takesBase ? "them" : "the upper bound"}: ${train}${takesBase ? ` --base-lr ${Number(base)}` : ""} --max-lr ${
      Number(max)
    }`,
  ];
}
