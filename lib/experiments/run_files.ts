/**
 * The files of a run: settings, history, report, plots, model.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { learningRateFigure } from "../figures/learning_rate.ts";
import { trainingFigure } from "../figures/training.ts";
import { confusionFigure } from "../figures/confusion.ts";
import { figuresPage } from "../rendering/page.ts";
import { Plotly } from "../rendering/plotly.ts";
import { svgToPng } from "../rendering/png.ts";
import { writeWhole } from "../support/files.ts";
import { saveModel } from "../models/storage.ts";
import { join } from "../support/path.ts";
import type { RunConfig } from "./config.ts";
import { confusionText, type Evaluation } from "../evaluation/evaluate.ts";
import type { TrainingHistory } from "../history/history.ts";

/** What a run has to write. */
export interface RunFiles {
  /** The run's directory. */
  directory: string;
  /** Words for the titles, such as the policy. */
  title: string;
  /** What was recorded. */
  history: TrainingHistory;
  /** The scores, where the run finished. */
  evaluation?: Evaluation;
  /** The classes' names. */
  classNames: readonly string[];
  /** The model to save, unless it is of no use. */
  model?: tf.LayersModel;
}

/** Writes a run's settings; `--config` reads them again. */
export async function writeConfig(directory: string, config: RunConfig, about: Record<string, unknown>): Promise<void> {
  await writeWhole(join(directory, "config.json"), `${JSON.stringify({ config, about }, null, 2)}\n`);
}

/**
 * Writes all that a run has: history.json and .csv, plots as PNG and one interactive page, the report and the model.
 *
 * @param files See {@linkcode RunFiles}.
 * @returns The names of the files, in order.
 */
export async function writeRunFiles(files: RunFiles): Promise<string[]> {
  const { directory, title, history, evaluation, classNames, model } = files;
  const names: string[] = [];
  const write = async (name: string, content: string | Uint8Array) => {
    await writeWhole(join(directory, name), content);
    names.push(name);
  };
  await write("history.json", `${JSON.stringify(history)}\n`);
  await write("history.csv", historyCsv(history));
  if (evaluation) {
    const scores = `loss ${evaluation.loss.toFixed(4)}, accuracy ${evaluation.accuracy.toFixed(4)}\n`;
    const confusion = confusionText(evaluation.confusion, classNames);
    await write("report.txt", `${evaluation.report}\n${scores}\nConfusion matrix (rows: the truth)\n\n${confusion}`);
  }
  if (model) {
    await saveModel(model, join(directory, "model"));
    names.push("model/model.json", "model/weights.bin");
  }
  if (history.iterations.length > 0) {
    const training = trainingFigure(history, { title: `Training: ${title}` });
    const rates = learningRateFigure(history, { title: `Learning rate: ${title}` });
    using plotly = await Plotly.open();
    await write("training_plot.png", await svgToPng(await plotly.svg(training)));
    await write("clr_plot.png", await svgToPng(await plotly.svg(rates)));
    const confusion = evaluation ? [confusionFigure(evaluation, { classNames })] : [];
    await write("plots.html", await figuresPage(title, [training, rates, ...confusion]));
  }
  return names;
}

/** A history as a table: a line a batch; the epoch's metrics stand in the line of its last batch. */
export function historyCsv(history: TrainingHistory): string {
  const perBatch = (["lr", "momentum", "loss", "accuracy"] as const).filter((name) => history[name]);
  const perEpoch = [...new Set(history.epochs.flatMap((epoch) => Object.keys(epoch)))]
    .filter((name) => name.startsWith("val_"));
  const byIteration = new Map(history.epochs.map((epoch) => [epoch.iteration - 1, epoch]));
  const lines = history.iterations.map((iteration, index) => {
    const epoch = byIteration.get(iteration);
    const values = [...perBatch.map((name) => history[name]![index]), ...perEpoch.map((name) => epoch?.[name])];
    return [iteration, ...values.map((value) => value ?? "")].join(",");
  });
  return `${[["iteration", ...perBatch, ...perEpoch].join(","), ...lines].join("\n")}\n`;
}
