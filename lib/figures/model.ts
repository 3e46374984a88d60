/**
 * The figure of a network: its blocks as boxes, and what is inside them.
 * @module
 */
import { shown } from "../support/check.ts";
import { type Figure, type FigureOptions, layout } from "./figure.ts";
import { describeModel, type LayerDescription, type ModelDescription, type ModelLike } from "./model_description.ts";
import { type Box, drawBoxes, type Drawing } from "./model_drawing.ts";
import { type Block, blocksOf, groupBy } from "./model_graph.ts";

/** Light grounds, on which dark words are read well. */
const GROUNDS = ["#cfe3f5", "#bfe8d4", "#fbd9bd", "#e3d3f3", "#f5ecad", "#c9eef0", "#f6cfe2", "#dfe6c4"];
const GREY = "#ececec";
const [NARROW, WIDE, INSIDE] = [100, 200, 136];
const SINGLE = "single layer";
/** Room for the words above what is inside a block. */
const HEADING = 30;

/** Kinds of layers in words. */
const WORDS = new Map([
  ["InputLayer", "input"],
  ["Conv2D", "convolution"],
  ["BatchNormalization", "batch normalization"],
  ["MaxPooling2D", "max pooling"],
  ["AveragePooling2D", "average pooling"],
  ["GlobalAveragePooling2D", "global average pooling"],
  ["ReLU", "relu"],
]);

/** Blocks of one kind: they share a ground, and the first one's inside is drawn. */
interface Kind {
  readonly name: string;
  readonly blocks: Block[];
  readonly colour: string;
}

/**
 * A network's picture: on the left its blocks from the input to the output, each with the shape that it gives; a box is
 * as wide as its image is large, so that one sees the image shrink. On the right, the inside of the first block of
 * each kind. Layers are put together by their names: see `blocksOf`.
 *
 * @param model A tf.LayersModel that knows its input's shape, or a description by `describeModel`.
 * @param options `title`; by default the model's name and how many parameters it has.
 * @throws {TypeError} If it has no layers, or a layer takes from one that is not there.
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { modelFigure } from "./model.ts";
 *
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [2] })] });
 * if ((modelFigure(model).layout.shapes as unknown[]).length !== 3) throw new Error("two boxes and an arrow");
 * ```
 */
export function modelFigure(model: ModelDescription | ModelLike, options: FigureOptions = {}): Figure {
  if (!Array.isArray(model?.layers) || model.layers.length === 0) {
    throw new TypeError(`Cannot draw a model: it must have one layer or more, got ${shown(model?.layers)}`);
  }
  const { name, layers } = isDescribed(model) ? model : describeModel(model);
  if (!layers.every(isLayer)) {
    const rule = "each layer needs a name, a className, an outputShape of numbers and nulls, and inputs by name";
    throw new TypeError(`Cannot draw a model: ${rule}, got ${shown(layers.find((layer) => !isLayer(layer)))}`);
  }
  const parameters = layers.reduce((sum, layer) => sum + (layer.parameters ?? 0), 0);
  const { title = `${name}: ${parameters.toLocaleString("en")} parameters` } = options;
  const blocks = blocksOf(layers);
  const kinds = kindsOf(blocks);
  const whole = drawBoxes(wholeBoxes(blocks, kinds), { x: 20, y: 0 });
  const insides: Drawing[] = [];
  for (const kind of kinds) {
    if (kind.blocks[0].layers.length < 2) continue;
    const y = insides.length > 0 ? insides[insides.length - 1].bottom + 22 : 0;
    insides.push(insideOf(kind, layers, { x: whole.right + 50, y }));
  }
  const drawings = [whole, ...insides];
  const needed = 20 + Math.max(...drawings.map(({ right }) => right));
  const width = Math.max(560, needed); // room for the title
  const side = (width - needed) / 2;
  const bottom = 14 + Math.max(...drawings.map(({ bottom }) => bottom));
  // the legend has its place within the plot, so that it cannot move the boxes
  const entries = kinds.map(nameOf);
  const inRow = Math.max(1, Math.floor(width / (50 + Math.max(...entries.map(widthOf)))));
  const legendHeight = 24 + 19 * Math.ceil(entries.length / inRow);
  const hidden = { visible: false, fixedrange: true };
  const [height, top] = [bottom + legendHeight, 48];
  return {
    data: kinds.map((kind, index) => legendTrace(kind, entries[index], whole)),
    layout: layout(title, {
      ...{ width, height: height + top, margin: { l: 0, r: 0, t: top, b: 0 }, hovermode: "closest" },
      legend: { orientation: "h", x: 0.5, xanchor: "center", y: 1, yanchor: "top" },
      xaxis: { ...hidden, range: [-side, width - side] },
      yaxis: { ...hidden, range: [bottom, -legendHeight] },
      shapes: drawings.flatMap(({ shapes }) => shapes),
      annotations: drawings.flatMap(({ annotations }) => annotations),
    }),
  };
}

/** A kind in the legend. */
function nameOf({ name, blocks: [{ layers }] }: Kind): string {
  return layers.length > 1 ? `${name} (${layers.length} layers)` : name;
}

function isDescribed(model: ModelDescription | ModelLike): model is ModelDescription {
  return typeof (model.layers[0] as Partial<ModelLike["layers"][number]> | null)?.getClassName !== "function";
}

/** Whether a value, which may come from a file, describes a layer. */
function isLayer(layer: Partial<LayerDescription> | null | undefined): boolean {
  const { name, className, outputShape, inputs, detail = "", parameters = 0 } = layer ?? {};
  return [name, className, detail].every((word) => typeof word === "string") && name !== "" &&
    Number.isFinite(parameters) &&
    Array.isArray(outputShape) && outputShape.every((size) => size === null || Number.isFinite(size)) &&
    Array.isArray(inputs) && inputs.every((input) => typeof input === "string");
}

/**
 * Blocks of several layers are of a kind where their names differ by a number alone. Single layers go by their class,
 * or are one kind where there are blocks, which are what the picture is about.
 */
function kindsOf(blocks: readonly Block[]): Kind[] {
  const plain = blocks.every(({ layers }) => layers.length === 1);
  const kinds = groupBy(
    blocks,
    ({ name, layers }) => layers.length > 1 ? name.replace(/_\d+$/, "") : plain ? wordsOf(layers[0]) : SINGLE,
  );
  let used = 0;
  return [...kinds].map(([name, own]) => ({
    name,
    blocks: own,
    colour: name === SINGLE ? GREY : GROUNDS[used++ % GROUNDS.length],
  }));
}

function wholeBoxes(blocks: readonly Block[], kinds: readonly Kind[]): Box[] {
  const largest = Math.max(...blocks.map(sideOf));
  return blocks.map((block) => {
    const words = [block.layers.length > 1 ? block.name : wordsOf(block.layers[0]), shapeOf(endOf(block))];
    return {
      name: block.name,
      inputs: block.inputs,
      words,
      width: Math.max(NARROW + (WIDE - NARROW) * sideOf(block) / largest, ...words.map(widthOf)),
      colour: kinds.find((kind) => kind.blocks.includes(block))!.colour,
    };
  });
}

/** The layers of a kind's first block below a box for what comes in. */
function insideOf(kind: Kind, layers: readonly LayerDescription[], corner: { x: number; y: number }): Drawing {
  const [block] = kind.blocks;
  const own = new Set(block.layers.map(({ name }) => name));
  const outside = block.layers.flatMap(({ inputs }) => inputs).find((input) => !own.has(input));
  const source = layers.find(({ name }) => name === outside);
  const entry = ""; // no layer has this name
  const boxes: Box[] = block.layers.map((layer) => ({
    name: layer.name,
    inputs: [...new Set(layer.inputs.map((input) => own.has(input) ? input : entry))],
    words: [wordsOf(layer), layer === endOf(block) ? shapeOf(layer) : layer.detail ?? ""]
      .filter((word, index, words) => word !== "" && words.indexOf(word) === index),
    width: INSIDE,
    colour: kind.colour,
  }));
  const drawing = drawBoxes([
    ...(source ? [{ name: entry, inputs: [], words: ["input", shapeOf(source)], width: INSIDE, colour: GREY }] : []),
    ...boxes,
  ], { x: corner.x, y: corner.y + HEADING });
  const many = kind.blocks.length > 1 ? `, the first of ${kind.blocks.length}` : "";
  const heading = { x: corner.x, y: corner.y + HEADING / 2 - 2, xanchor: "left", showarrow: false };
  return {
    ...drawing,
    annotations: [...drawing.annotations, { ...heading, text: `Inside ${block.name}${many}:`, font: { size: 12 } }],
  };
}

/** The legend's entry of a kind, and what is told where the pointer is over one of its boxes. */
function legendTrace({ blocks, colour }: Kind, name: string, { middles }: Drawing) {
  const centers = blocks.map((block) => middles.get(block.name)!);
  return {
    ...{ type: "scatter", mode: "markers", name },
    x: centers.map(({ x }) => x),
    y: centers.map(({ y }) => y),
    // as the box itself, so that it does not show but in the legend
    marker: { symbol: "square", size: 13, color: colour },
    text: blocks.map(told),
    hoverinfo: "text",
  };
}

function told(block: Block): string {
  const parameters = block.layers.reduce((sum, layer) => sum + (layer.parameters ?? 0), 0);
  const lines = block.layers.map((layer) => [layer.name, layer.detail].filter(Boolean).join(": "));
  return [...lines, `${parameters.toLocaleString("en")} parameters, gives ${shapeOf(endOf(block))}`].join("<br>");
}

/** The layer that gives what the block gives: the last that no other one of the block takes from. */
function endOf({ layers }: Block): LayerDescription {
  return layers.findLast(({ name }) => !layers.some(({ inputs }) => inputs.includes(name)))!;
}

/** About how wide words are in a box. */
const widthOf = (words: string) => 6.6 * words.length + 14;

function sideOf(block: Block): number {
  const [, height, , channels] = endOf(block).outputShape;
  return channels === undefined ? 1 : Math.max(1, height ?? 1);
}

function wordsOf({ className, detail }: LayerDescription): string {
  if (className === "Activation" && detail !== undefined) return detail;
  return WORDS.get(className) ?? className.replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}

/** A shape without the batch's size: 32 × 32 × 96. */
function shapeOf({ outputShape }: LayerDescription): string {
  return outputShape.slice(1).map((size) => size ?? "?").join(" × ");
}
