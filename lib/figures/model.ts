/**
 * Draws a network: its blocks as boxes, and what is inside them.
 * @module
 */
import { checkOptions, shown } from "../support/check.ts";
import { type Figure, type FigureOptions, layout } from "./figure.ts";
import { describeModel, type LayerDescription, type ModelDescription, type ModelLike } from "./model_description.ts";
import { type Box, drawBoxes, type Drawing } from "./model_drawing.ts";
import { type Block, blocksOf, groupBy } from "./model_graph.ts";

/** Light background colours, on which dark text is easy to read. */
const GROUNDS = ["#cfe3f5", "#bfe8d4", "#fbd9bd", "#e3d3f3", "#f5ecad", "#c9eef0", "#f6cfe2", "#dfe6c4"];
const GREY = "#ececec";
const [NARROW, WIDE, INSIDE] = [100, 200, 136];
const SINGLE = "single layer";
/** Space for the heading above the inside of a block, in pixels. */
const HEADING = 30;

/** The kinds of layers in words. */
const WORDS = new Map([
  ["InputLayer", "input"],
  ["Conv2D", "convolution"],
  ["BatchNormalization", "batch normalization"],
  ["MaxPooling2D", "max pooling"],
  ["AveragePooling2D", "average pooling"],
  ["GlobalAveragePooling2D", "global average pooling"],
  ["ReLU", "relu"],
]);

/** Blocks of the same kind. They share a background colour, and the inside of the first one is drawn. */
interface Kind {
  readonly name: string;
  readonly blocks: Block[];
  readonly colour: string;
}

/**
 * Draws a network. On the left are its blocks from the input to the output, each with the shape of its output. The
 * larger the image, the wider the box, so that you can see the image shrink. On the right is the inside of the first
 * block of each kind. Layers are grouped into blocks by their names: see `blocksOf`.
 *
 * @param model A tf.LayersModel that knows the shape of its input, or a description from `describeModel`.
 * @param options `title`; by default, the model's name and its number of parameters.
 * @throws {TypeError} If the model has no layers, a layer's input is missing, or an option is unknown.
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
  checkOptions("draw a model", options, ["title"]);
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
  // the legend is inside the plot, so that it cannot move the boxes
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

/** The name of a kind in the legend. */
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
 * Groups blocks into kinds. Blocks of several layers are of the same kind if their names differ only by a number. If
 * there are such blocks, all single layers form one kind, because the drawing is about the blocks; otherwise they are
 * grouped by class.
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

/** Draws the layers of a kind's first block, below a box for the block's input. */
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

/** The legend's entry for a kind, and the text shown when the pointer is over one of its boxes. */
function legendTrace({ blocks, colour }: Kind, name: string, { middles }: Drawing) {
  const centers = blocks.map((block) => middles.get(block.name)!);
  return {
    ...{ type: "scatter", mode: "markers", name },
    x: centers.map(({ x }) => x),
    y: centers.map(({ y }) => y),
    // the same colour as the box, so that the marker is visible only in the legend
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

/** The layer whose output is the block's output: the last layer that is not an input of another layer in the block. */
function endOf({ layers }: Block): LayerDescription {
  return layers.findLast(({ name }) => !layers.some(({ inputs }) => inputs.includes(name)))!;
}

/** The approximate width of words in a box, in pixels. */
const widthOf = (words: string) => 6.6 * words.length + 14;

function sideOf(block: Block): number {
  const [, height, , channels] = endOf(block).outputShape;
  return channels === undefined ? 1 : Math.max(1, height ?? 1);
}

function wordsOf({ className, detail }: LayerDescription): string {
  if (className === "Activation" && detail !== undefined) return detail;
  return WORDS.get(className) ?? className.replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}

/** Formats a shape without the size of the batch: 32 × 32 × 96. */
function shapeOf({ outputShape }: LayerDescription): string {
  return outputShape.slice(1).map((size) => size ?? "?").join(" × ");
}
