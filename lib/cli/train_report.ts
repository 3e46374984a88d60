/**
 * What `deno task train` prints during a run and at its end.
 * @module
 */
import { missingBfloat16 } from "../backend/native/bfloat16.ts";
import type { BackendName } from "../backend/select.ts";
import type { AnyCallback } from "../callbacks/compose.ts";
import { duration } from "../callbacks/progress.ts";
import type { LearningRateScheduler } from "../callbacks/scheduler.ts";
import type { RunData } from "../experiments/data.ts";
import { scheduleTitle } from "../experiments/describe.ts";
import type { RunPlan } from "../experiments/plan.ts";
import { writeRunFiles } from "../experiments/run_files.ts";
import type { RunResult } from "../experiments/trainer.ts";
import { numbersOf } from "../history/history.ts";
import { join, relative } from "../support/path.ts";
import { quoted } from "./flags.ts";
import type { Voice } from "./terminal.ts";

/** Sends events for `--json`, and after the first steps says how long the run will take. */
export function eventsAndEstimate(
  plan: RunPlan,
  { sink, event, json }: Voice,
  training: { scheduler?: LearningRateScheduler },
): AnyCallback {
  const [skipped, measured] = [2, 8];
  let started = 0;
  let steps = 0;
  return {
    onBatchEnd(_batch, logs) {
      steps++;
      if (steps === skipped) started = performance.now();
      if (steps === skipped + measured) {
        const total = (performance.now() - started) / measured *
          (plan.iterations - (training.scheduler?.iteration ?? 0));
        if (total > 600_000) {
          // through the sink, which first ends the bar's line
          void sink.line(`This run will take about ${duration(total)}; Ctrl-C stops it, --resume continues it.`);
        }
      }
      if (!json || !training.scheduler) return;
      const { history } = training.scheduler;
      const { loss, accuracy } = numbersOf(logs);
      event("batch", { iteration: history.iterations.at(-1), lr: history.lr.at(-1), loss, accuracy });
    },
    onEpochEnd() {
      event("epoch", training.scheduler?.history.epochs.at(-1));
    },
  };
}

/**
 * Writes the results, prints how the run went, and returns the exit code. For a run that was stopped, `stopped` has
 * the exit code, and the flags that the command which continues it needs.
 */
export async function finish(
  plan: RunPlan,
  data: RunData,
  backend: BackendName,
  { status, model, scheduler, evaluation, scores, average, elapsedMs }: RunResult,
  directory: string,
  { say, event }: Voice,
  stopped: { readonly code: number; readonly flags: readonly string[] },
): Promise<number> {
  const { history } = scheduler;
  const names = await writeRunFiles({
    ...{ directory, title: scheduleTitle(plan.experiment), history, scores },
    classNames: plan.experiment.data.classes,
    ...(status !== "diverged" && { model, ...(average && { averaged: { average, data } }) }),
  });
  const place = relative(Deno.cwd(), directory).startsWith("..") ? directory : relative(Deno.cwd(), directory) || ".";
  const files = [`Files in ${place}:`, `  config.json, ${names.join(", ")}`];
  if (status === "diverged") {
    const last = history.iterations.length - 1;
    say(files.join("\n"));
    event("diverged", { iteration: history.iterations[last], lr: history.lr[last], directory: place });
    const loss = history.loss[last];
    const what = Number.isFinite(loss)
      ? "the weights must be finite, got NaN or Infinity"
      : `the loss must be a finite number, got ${loss}`;
    throw new Error(
      `Cannot continue training: ${what} at iteration ${history.iterations[last]} with the learning rate at ` +
        `${history.lr[last].toPrecision(3)}; try a lower --max-lr (\`deno task find-lr\` finds one)`,
    );
  }
  if (status === "interrupted" || !evaluation) {
    say([`Stopped after ${scheduler.iteration} of ${plan.iterations} iterations.`, ...files].join("\n"));
    say(`Continue with: deno task train --resume ${[place, ...stopped.flags].map(quoted).join(" ")}`);
    event("interrupted", { iteration: scheduler.iteration, directory: place });
    return stopped.code;
  }
  const { accuracy, loss, report } = evaluation;
  say(`\nOn ${evaluation.predictions.length} test images, after ${duration(elapsedMs)}:\n\n${report}`);
  const width = Math.max(...scores.map(({ name }) => name.length));
  for (const { name, evaluation: { accuracy, loss } } of scores.slice(1)) {
    say(`${name.padEnd(width)}  accuracy ${(accuracy * 100).toFixed(2)} %, loss ${loss.toFixed(4)}`);
  }
  say(`Test accuracy ${(accuracy * 100).toFixed(2)} %, loss ${loss.toFixed(4)}`);
  say(["", ...files, "", ...nextSteps(plan, backend, place)].join("\n"));
  event("end", {
    ...{ accuracy, loss, seconds: elapsedMs / 1000, directory: place },
    ...(scores.length > 1 && {
      companions: Object.fromEntries(scores.slice(1).map((score) => [score.name, score.evaluation.accuracy])),
    }),
  });
  return 0;
}

function nextSteps({ experiment }: RunPlan, backend: BackendName, place: string): string[] {
  const other = experiment.schedule.name === "triangular" ? "one-cycle" : "triangular";
  const faster = backend === "native" && experiment.precision === "float32" && missingBfloat16() === undefined;
  const steps = [
    [`open ${quoted(join(place, "plots.html"))}`, "the interactive plots"],
    [`deno task train --schedule ${other}`, "another schedule (--list names them all)"],
    ...faster ? [["deno task train --precision bfloat16", "mixed precision, which this processor has: faster"]] : [],
    ["deno task find-lr", "find the bounds for your own model"],
    ...experiment.data.dataset === "cifar10" ? [["deno task train --preset article", "the article's run (hours)"]] : [],
  ];
  const width = Math.max(...steps.map(([command]) => command.length));
  return ["Next:", ...steps.map(([command, what]) => `  ${command.padEnd(width)}   ${what}`)];
}
