/**
 * Shows values in a notebook: a figure, the curve of a schedule, the images of a data set, the curves of a training.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type ImageDataset, LabelledImages } from "../data/dataset.ts";
import type { Figure } from "../figures/figure.ts";
import { learningRateFigure } from "../figures/learning_rate.ts";
import { trainingFigure } from "../figures/training.ts";
import { imageGridFigure } from "../figures/image_grid.ts";
import { displayBundle, figureBundle, jupyter } from "./display.ts";
import { spanOf } from "./span.ts";
import { type Schedule, schedulePrototype } from "../schedules/schedule.ts";
import { LearningRateScheduler } from "../callbacks/scheduler.ts";

/** The contents by MIME type. */
type Bundle = Record<string, unknown>;

/** The kernel calls this method of a cell's last value to find out what to show. */
const DISPLAY = Symbol.for("Jupyter.display");

const isFigure = (value: unknown): value is Figure =>
  typeof value === "object" && value !== null && Array.isArray((value as Figure).data) && "layout" in value;

/** How each kind of value is shown. */
const VIEWS: readonly [prototype: object, view: (value: never) => Promise<Bundle>][] = [
  [schedulePrototype, (schedule: Schedule) => figureBundle(pictureOf(schedule))],
  [
    LearningRateScheduler.prototype,
    (scheduler: LearningRateScheduler) =>
      figureBundle(
        scheduler.history.iterations.length > 1 ? trainingFigure(scheduler) : pictureOf(scheduler.schedule),
      ),
  ],
  [tf.History.prototype, (history: tf.History) => figureBundle(trainingFigure(history))],
  [LabelledImages.prototype, (dataset: ImageDataset) => figureBundle(gridOf(dataset))],
  [tf.data.Dataset.prototype, (data: tf.data.Dataset<tf.TensorContainer>) => words(batchesText(data))],
  [tf.Tensor.prototype, async (tensor: tf.Tensor) => await words(await tensorText(tensor))],
];

const words = (text: string): Promise<Bundle> => Promise.resolve({ "text/plain": text });

function pictureOf(schedule: Schedule): Figure {
  const { schedule: name } = schedule.config ?? { schedule: "of your own" };
  return learningRateFigure(schedule, { iterations: spanOf(schedule), title: `Learning rate: ${name}` });
}

function gridOf(dataset: ImageDataset): Figure {
  const title = `${dataset.size.toLocaleString("en")} images of ${dataset.shape.join(" x ")}: the first ones`;
  return imageGridFigure(dataset, { title });
}

function batchesText(data: tf.data.Dataset<tf.TensorContainer>): string {
  return data.size > 0 ? `Dataset: ${data.size.toLocaleString("en")} batches an epoch` : "Dataset of unknown size";
}

async function tensorText(tensor: tf.Tensor): Promise<string> {
  const size = `${tensor.size.toLocaleString("en")} values`;
  return [
    `${tensor.dtype} tensor of shape [${tensor.shape.join(", ")}], ${size}`,
    ...(tensor.dtype === "string" ? [] : [await summaryOf(tensor)]),
    ...(tensor.size <= 100 ? [tensor.toString().trim()] : []),
  ].join("\n");
}

async function summaryOf(tensor: tf.Tensor): Promise<string> {
  const [low, mean, high] = tf.tidy(() => {
    const numbers = tensor.toFloat();
    return [numbers.min(), numbers.mean(), numbers.max()];
  });
  const [min, middle, max] = await Promise.all(
    [low, mean, high].map(async (part) => (await part.data())[0].toPrecision(4)),
  );
  tf.dispose([low, mean, high]);
  return `min ${min}, mean ${middle}, max ${max}`;
}

/** What a notebook shows for a value, by MIME type. */
export async function bundleOf(value: unknown): Promise<Bundle> {
  if (isFigure(value)) return await figureBundle(value);
  const view = VIEWS.find(([prototype]) =>
    (typeof value === "object" || typeof value === "function") && value !== null &&
    Object.prototype.isPrototypeOf.call(prototype, value)
  );
  if (view) return await view[1](value as never);
  return await words(typeof value === "string" ? value : Deno.inspect(value, { colors: false }));
}

/**
 * Makes the kernel show the last value of a cell as {@linkcode show} does. Deno 2.9 does so for objects, but not for
 * functions such as schedules.
 */
export function turnRichDisplayOn(): void {
  for (const [prototype] of VIEWS) {
    Object.defineProperty(prototype, DISPLAY, {
      configurable: true,
      value(this: unknown) {
        return bundleOf(this);
      },
    });
  }
}

/**
 * Shows a value under the cell: a figure interactively if the viewer can, otherwise as a picture; a schedule as its
 * curve, a data set as its images, a scheduler as its training; anything else as text. Await it, so that nothing is
 * lost when the cell ends. Text from `console.log` can be lost there.
 *
 * @param value A figure, a schedule, a data set, a scheduler, a tfjs History, a tensor, a string, or any other value.
 * @throws {TypeError} Outside a notebook.
 * @example
 * ```ts ignore
 * import { cyclical, show } from "../mod.ts";
 *
 * await show(cyclical({ stepSize: 100 }));
 * ```
 */
export async function show(value: unknown): Promise<void> {
  if (!jupyter()) {
    throw new TypeError("Cannot show a figure: it needs a notebook, got a plain process; saveFigure writes a file");
  }
  await displayBundle(await bundleOf(value));
}
