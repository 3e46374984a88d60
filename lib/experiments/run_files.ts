/**
 * Writes the files of a run: history, report, plots and model.
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
import type { WeightAverage } from "../callbacks/average_weights.ts";
import type { RunData } from "./data.ts";
import { type Score, withAverage } from "./scores.ts";
import { confusionText } from "../evaluation/report.ts";
import type { TrainingHistory } from "../history/history.ts";

/** What a run writes. */
export interface RunFiles {
  /** The run's directory. */
  directory: string;
  /** Words for the figures' titles, such as the policy. */
  title: string;
  /** The history of the training. */
  history: TrainingHistory;
  /** The scores, the model's first; empty if the run did not finish. */
  scores: readonly Score[];
  /** The classes' names. */
  classNames: readonly string[];
  /** The model to save; leave it out if it is of no use. */
  model?: tf.LayersModel;
  /** The average of its weights, which is saved too, and the images with which to refresh its batch normalization. */
  averaged?: { readonly average: WeightAverage; readonly data: RunData };
}

/**
 * Writes everything that a run has: history.json and history.csv, plots as PNG and one interactive page, the report and
 * the model.
 *
 * @param files See {@linkcode RunFiles}.
 * @returns The names of the files, in order.
 */
export async function writeRunFiles(files: RunFiles): Promise<string[]> {
  const { directory, title, history, scores, classNames, model, averaged } = files;
  const evaluation = scores[0]?.evaluation;
  const names: string[] = [];
  const write = async (name: string, content: string | Uint8Array) => {
    await writeWhole(join(directory, name), content);
    names.push(name);
  };
  await write("history.json", `${JSON.stringify(history)}\n`);
  await write("history.csv", historyCsv(history));
  if (evaluation) {
    const lines = scores.map(({ name, evaluation: { loss, accuracy } }) =>
      `${scores.length > 1 ? `${name}: ` : ""}loss ${loss.toFixed(4)}, accuracy ${accuracy.toFixed(4)}\n`
    ).join("");
    const confusion = confusionText(evaluation.confusion, classNames);
    await write("report.txt", `${evaluation.report}\n${lines}\nConfusion matrix (rows: the truth)\n\n${confusion}`);
  }
  if (model) {
    await saveModel(model, join(directory, "model"));
    names.push("model/model.json", "model/weights.bin");
  }
  if (model && averaged) {
    await withAverage(model, averaged.average, averaged.data, async () => {
      await saveModel(model, join(directory, "average"));
      names.push("average/model.json", "average/weights.bin");
    });
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

/** A history as a table with one line per batch. The metrics of an epoch are in the line of its last batch. */
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
