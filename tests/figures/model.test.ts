import assert from "node:assert/strict";
import { describeModel, type Figure, type LayerDescription, miniGoogLeNet, modelFigure, tf } from "../../lib/mod.ts";
import { blocksOf, placesOf } from "../../lib/figures/model_graph.ts";

/** A layer that takes from others. */
const layer = (name: string, inputs: string[] = [], className = "Dense"): LayerDescription => ({
  name,
  className,
  inputs,
  outputShape: [null, 8, 8, 3],
});
const texts = ({ layout }: Figure) =>
  (layout.annotations as { text: string }[]).map(({ text }) => text).filter((text) => text !== "");

Deno.test("describeModel() gives layers, shapes and connections of functional and sequential models", () => {
  const input = tf.input({ shape: [8, 8, 3], name: "images" });
  const narrow = tf.layers.conv2d({ name: "narrow", filters: 4, kernelSize: 1, activation: "relu" }).apply(input);
  const pooled = tf.layers.maxPooling2d({ name: "pool", poolSize: 3, strides: 1, padding: "same" }).apply(input);
  const both = tf.layers.concatenate({ name: "both" }).apply([narrow, pooled] as tf.SymbolicTensor[]);
  const model = tf.model({ inputs: input, outputs: both as tf.SymbolicTensor, name: "two" });
  assert.deepEqual(JSON.parse(JSON.stringify(describeModel(model))), {
    name: "two",
    layers: [
      { name: "images", className: "InputLayer", outputShape: [null, 8, 8, 3], inputs: [], parameters: 0 },
      {
        name: "narrow",
        className: "Conv2D",
        outputShape: [null, 8, 8, 4],
        inputs: ["images"],
        detail: "1×1, 4 filters, relu",
        parameters: 16,
      },
      {
        name: "pool",
        className: "MaxPooling2D",
        outputShape: [null, 8, 8, 3],
        inputs: ["images"],
        detail: "3×3",
        parameters: 0,
      },
      {
        name: "both",
        className: "Concatenate",
        outputShape: [null, 8, 8, 7],
        inputs: ["narrow", "pool"],
        parameters: 0,
      },
    ],
  });
  const line = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [2], name: "dense" })] });
  assert.deepEqual(describeModel(line).layers.map(({ className, inputs }) => [className, inputs]), [
    ["InputLayer", []],
    ["Dense", ["dense_input"]],
  ]);
});

Deno.test("blocksOf() puts layers together by a numbered prefix, or by another layer's name", () => {
  const layers = [
    layer("images", [], "InputLayer"),
    layer("conv", ["images"]),
    layer("conv_bn", ["conv"]),
    layer("block_1_a", ["conv_bn"]),
    layer("block_1_b", ["block_1_a", "conv_bn"]),
    layer("block_10_a", ["block_1_b"]),
    layer("conv_out", ["block_10_a"]),
    layer("classes", ["conv_out"]),
  ];
  // conv, conv_bn and conv_out would enclose the blocks: conv takes from block_10, and block_1 from conv
  assert.deepEqual(blocksOf(layers).map(({ name }) => name), layers.map(({ name }) => name));
  const without = layers.filter(({ name }) => name !== "conv_out")
    .map((one) => one.name === "classes" ? layer("classes", ["block_10_a"]) : one);
  assert.deepEqual(blocksOf(without).map(({ name, layers, inputs }) => [name, layers.length, inputs]), [
    ["images", 1, []],
    ["conv", 2, ["images"]],
    ["block_1", 2, ["conv"]],
    ["block_10", 1, ["block_1"]],
    ["classes", 1, ["block_10"]],
  ]);
});

Deno.test("placesOf() puts each node below all that it takes from, and no two in one place", () => {
  const nodes = [
    { name: "in", inputs: [] },
    { name: "a", inputs: ["in"] },
    { name: "b", inputs: ["in"] },
    { name: "c", inputs: ["a"] },
    { name: "out", inputs: ["c", "b"] },
  ];
  const places = placesOf(nodes);
  assert.deepEqual([...places].map(([name, { row }]) => [name, row]), [["in", 0], ["a", 1], ["b", 1], ["c", 2], [
    "out",
    3,
  ]]);
  for (const { name, inputs } of nodes) {
    for (const input of inputs) assert.ok(places.get(name)!.row > places.get(input)!.row);
  }
  const lanes = nodes.map(({ name }) => places.get(name)!.lane);
  assert.deepEqual(lanes, [0, -0.5, 0.5, -0.5, 0]); // branches to both sides, and together again
});

Deno.test("modelFigure() shows MiniGoogLeNet's three blocks and how the image shrinks", () => {
  const figure = modelFigure(miniGoogLeNet());
  const words = texts(figure);
  const shapes = words.filter((text) => /^(input|conv|inception_\d|downsample_\d)<br>/.test(text)).slice(0, 12);
  assert.deepEqual(shapes, [
    "input<br>32 × 32 × 3",
    "conv<br>32 × 32 × 96",
    "inception_1<br>32 × 32 × 64",
    "inception_2<br>32 × 32 × 80",
    "downsample_1<br>15 × 15 × 160",
    "inception_3<br>15 × 15 × 160",
    "inception_4<br>15 × 15 × 160",
    "inception_5<br>15 × 15 × 160",
    "inception_6<br>15 × 15 × 144",
    "downsample_2<br>7 × 7 × 240",
    "inception_7<br>7 × 7 × 336",
    "inception_8<br>7 × 7 × 336",
  ]);
  assert.deepEqual(words.filter((text) => text.startsWith("Inside")), [
    "Inside conv:",
    "Inside inception_1, the first of 8:",
    "Inside downsample_1, the first of 2:",
  ]);
  assert.ok(words.includes("convolution<br>3×3, 80 filters, stride 2"));
  assert.equal((figure.layout.title as { text: string }).text, "MiniGoogLeNet: 1,656,250 parameters");
  const widths = (figure.layout.shapes as { type: string; x0: number; x1: number }[])
    .filter(({ type }) => type === "rect").map(({ x0, x1 }) => Math.round(x1 - x0));
  assert.ok(widths[0] === widths[3] && widths[3] > widths[4] && widths[8] > widths[9]); // 32, 15 and 7 pixels wide
});

Deno.test("modelFigure() draws a description as it draws the model, and leaves the model alone", () => {
  const model = miniGoogLeNet({ seed: 1 });
  const tensors = tf.memory().numTensors;
  const description = JSON.parse(JSON.stringify(describeModel(model)));
  assert.deepEqual(modelFigure(description), modelFigure(model));
  assert.equal(tf.memory().numTensors, tensors);
});

Deno.test("describeModel() gives a nested model as one layer, first or in the middle", () => {
  const dense = (name: string, units: number, inputShape?: number[]) => tf.layers.dense({ name, units, inputShape });
  const base = () => {
    const input = tf.input({ shape: [2], name: "inside" });
    const output = dense("inner", 3).apply(input) as tf.SymbolicTensor;
    return tf.model({ inputs: input, outputs: output, name: "base" });
  };
  const input = tf.input({ shape: [2], name: "in" });
  const nested = tf.sequential({ name: "base", layers: [base(), dense("deep", 3)] });
  const middle = dense("out", 4).apply(nested.apply(input)) as tf.SymbolicTensor;
  const models: [tf.LayersModel, string[]][] = [
    [tf.sequential({ layers: [base(), dense("out", 4)] }), ["base 3 <", "out 4 < base"]],
    [
      tf.sequential({ layers: [dense("first", 2, [2]), base(), dense("out", 4)] }),
      ["first_input 2 <", "first 2 < first_input", "base 3 < first", "out 4 < base"],
    ],
    [tf.model({ inputs: input, outputs: middle }), ["in 2 <", "base 3 < in", "out 4 < base"]],
  ];
  for (const [model, expected] of models) {
    const described = describeModel(model);
    const lines = described.layers.map(({ name, outputShape, inputs }) =>
      `${name} ${outputShape[1]} < ${inputs}`.trim()
    );
    assert.deepEqual(lines, expected);
    assert.equal(described.layers.reduce((sum, { parameters = 0 }) => sum + parameters, 0), model.countParams());
    modelFigure(model);
  }
});

Deno.test("modelFigure() refuses what is no network", () => {
  const fails = (model: unknown, message: RegExp) => assert.throws(() => modelFigure(model as never), message);
  for (const none of [null, undefined, {}, { layers: [] }, { layers: 3 }]) {
    fails(none, /^TypeError: Cannot draw a model: it must have one layer or more, got /);
  }
  const of = (...layers: unknown[]) => ({ name: "it", layers });
  for (const wrong of [null, undefined, 3, {}, { ...layer("a"), outputShape: ["b"] }, { ...layer("a"), inputs: [1] }]) {
    fails(of(layer("first"), wrong), /^TypeError: Cannot draw a model: each layer needs a name, a className/);
  }
  fails(of(layer("a", ["b"])), /all inputs must be among its layers, got "b"/);
  fails(of(layer("a"), layer("a")), /each layer needs a name of its own, got "a" twice/);
  fails(of(layer("a", ["b"]), layer("b", ["a"])), /must not take from each other in a circle, got \["a","b"\]/);
});

Deno.test("modelFigure() writes a layer's kind in words, one that it does not know too", () => {
  const description = {
    name: "net",
    layers: [layer("in", [], "InputLayer"), layer("norm", ["in"], "LocalResponseNormalization")],
  };
  assert.ok(texts(modelFigure(description)).some((text) => text.includes("local response normalization")));
});
