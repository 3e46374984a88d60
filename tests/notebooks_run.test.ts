import assert from "node:assert/strict";
import {
  asModule,
  codeOf,
  differences,
  execute,
  notebookNames,
  NOTEBOOKS,
  readNotebook,
  sourceOf,
  tagged,
  textOf,
  withParameters,
} from "../lib/cli/notebook_files.ts";
import { hasPython, pythonOf } from "../lib/cli/python.ts";
import { cacheDirectory } from "../lib/support/directories.ts";
import { wrongFiles } from "../lib/data/cifar10/files.ts";
import { allowed, withDirectory } from "./support.ts";

const may = allowed("read", "write", "run", "env");
const runner = may && await hasPython("notebooks");
const images = may && (await wrongFiles(`${cacheDirectory()}/cifar-10`)).length === 0;
if (may && !runner) console.warn("IGNORED: the notebooks in their kernel, for want of Python 3 with venv and nbclient");
if (may && !images) console.warn("IGNORED: the notebooks that need CIFAR-10, which could not be fetched");

/** Budgets of seconds. */
const REDUCED: Record<string, Record<string, number>> = {
  "01_schedules.ipynb": {},
  "02_why_cycles_help.ipynb": {},
  "03_cifar10_and_augmentation.ipynb": { size: 400, epochs: 2, seeds: 1 },
  "04_minigooglenet_under_clr.ipynb": { trainSize: 96, validationSize: 96, testSize: 250, batchSize: 16 },
  "05_finding_the_bounds.ipynb": { size: 500, iterations: 120, epochs: 2, seeds: 1 },
  "06_what_cycles_are_worth.ipynb": { size: 1250, epochs: 1 },
  "07_your_own_data_and_model.ipynb": { size: 500, epochs: 4, seeds: 1 },
  "08_the_papers_experiment.ipynb": { trainSize: 500, testSize: 250, iterations: 20, every: 5 },
};
const NO_IMAGES = ["01_schedules.ipynb", "02_why_cycles_help.ipynb"];

Deno.test("there are eight notebooks, each with a small budget to test it by", { ignore: !may }, async () => {
  assert.deepEqual(await notebookNames(), Object.keys(REDUCED));
});

for (const [name, parameters] of Object.entries(REDUCED)) {
  Deno.test(`${name} runs in the real kernel, its outputs of the stored kinds under the same cells`, {
    ignore: !runner || (!images && !NO_IMAGES.includes(name)),
  }, async () => {
    const stored = await readNotebook(`${NOTEBOOKS}/${name}`);
    const reduced = withParameters(stored, parameters);
    await withDirectory(async (directory) => {
      const { notebook, failure } = await execute(reduced, directory, { stored: true });
      assert.equal(failure, undefined);
      const found = differences(stored, notebook).filter((text) => !text.startsWith("the cells' sources"));
      assert.deepEqual(found, []);
      assert.deepEqual(differences(reduced, notebook).filter((text) => text.startsWith("the cells")), []);
    });
  });
}

Deno.test("a notebook runs with the settings for WebAssembly", { ignore: !runner || !images }, async () => {
  const stored = await readNotebook(`${NOTEBOOKS}/07_your_own_data_and_model.ipynb`);
  await withDirectory(async (directory) => {
    const { notebook, failure } = await execute(
      withParameters(stored, { size: 500, batchSize: 50, epochs: 2, seeds: 1, backend: "wasm" }),
      directory,
    );
    assert.equal(failure, undefined);
    assert.match(textOf(codeOf(notebook)[0].outputs![0]), /backend: wasm/);
    // live, not stored: SVG in place of PNG
    const types = codeOf(notebook).flatMap(({ outputs }) => (outputs ?? []).flatMap(({ data }) => Object.keys(data!)));
    assert.ok(types.includes("image/svg+xml") && !types.includes("image/png"), types.join());
  });
});

Deno.test("Stop ends a training cleanly: weights and history are there in the next cell", {
  ignore: !runner,
}, async () => {
  const cells = [
    'import { batches, callbacks, CyclicLR, imageDataset, show, startNotebook } from "../lib/mod.ts";\n' +
    'import { stopOnInterrupt, tf } from "../lib/mod.ts";\nawait startNotebook({ backend: "cpu" });',
    "const parts = { images: new Uint8Array(64).map((_, i) => i), labels: new Uint8Array(64), shape: [1, 1, 1] } as const;\n" +
    'const data = batches(imageDataset({ ...parts, classNames: ["a"] }), { batchSize: 2, seed: 1 });\n' +
    "const layers = [tf.layers.flatten({ inputShape: [1, 1, 1] }), tf.layers.dense({ units: 1 })];\n" +
    "const model = tf.sequential({ layers });\n" +
    'model.compile({ optimizer: tf.train.momentum(1e-6, 0.5), loss: "meanSquaredError" });\n' +
    "const clr = new CyclicLR({ baseLr: 1e-7, maxLr: 1e-6, stepSize: 64 });\n" +
    "await model.fitDataset(data, { epochs: 1e6, callbacks: callbacks(clr, stopOnInterrupt()), verbose: 0 });",
    "await show(`stopped after ${clr.history.lr.length > 0 && clr.history.lr.length === clr.iteration}`);\n" +
    "await show(`${model.getWeights().length} weights`);",
  ];
  const { stdout, stderr, success } = await new Deno.Command(pythonOf("notebooks"), {
    args: [`${import.meta.dirname}/fixtures/interrupt.py`, Deno.execPath(), NOTEBOOKS, ...cells],
    env: { NO_COLOR: "1" },
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  assert.match(new TextDecoder().decode(stdout), /stopped after true[^]*2 weights/);
});

Deno.test("a data set, a scheduler and a tensor tell the kernel how they look; show() takes a schedule too", {
  ignore: !runner,
}, async () => {
  const display = 'const look = async (value: object) => await show(await value[Symbol.for("Jupyter.display")]());';
  const cells = [
    'import { batches, CyclicLR, cyclical, imageDataset, show, startNotebook, tf } from "../lib/mod.ts";\n' +
    `await startNotebook({ backend: "cpu" });\n${display}`,
    "await show(cyclical({ stepSize: 10 }))",
    "await look(new CyclicLR({ stepSize: 10 }))",
    'const parts = { images: new Uint8Array(6), labels: new Uint8Array(2), shape: [1, 1, 3], classNames: ["a"] };\n' +
    "await look(imageDataset(parts))",
    "await look(batches(imageDataset(parts), { batchSize: 1 }))",
    "await look(tf.tensor2d([[1, 2], [3, 4]]))",
  ].map((source) => ({
    cell_type: "code" as const,
    id: crypto.randomUUID(),
    metadata: {},
    source,
    outputs: [],
    execution_count: null,
  }));
  const notebook = { cells, metadata: {}, nbformat: 4, nbformat_minor: 5 };
  await withDirectory(async (directory) => {
    const { notebook: done, failure } = await execute(notebook, directory);
    assert.equal(failure, undefined);
    const [, schedule, ...others] = codeOf(done).map(({ outputs }) => outputs![0]);
    assert.ok(schedule.data!["application/vnd.plotly.v1+json"] && schedule.data!["image/svg+xml"]);
    const [scheduler, dataset, data, tensor] = others.map(textOf);
    for (const figure of [scheduler, dataset]) assert.match(figure, /application\/vnd\.plotly\.v1\+json/);
    assert.match(data, /2 batches an epoch/);
    assert.match(tensor, /float32 tensor of shape \[2, 2\]/);
    assert.match(tensor, /min 1\.000, mean 2\.500, max 4\.000/);
  });
});

Deno.test("the notebooks' cells type-check, which no kernel does", { ignore: !may }, async () => {
  await withDirectory(async (directory) => {
    const files: string[] = [];
    for (const name of await notebookNames()) {
      const file = `${directory}/${name}.ts`;
      await Deno.writeTextFile(
        file,
        asModule(await readNotebook(`${NOTEBOOKS}/${name}`), new URL("..", import.meta.url).href),
      );
      files.push(file);
    }
    const config = `${import.meta.dirname}/../deno.json`;
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "--config", config, ...files],
      env: { NO_COLOR: "1" },
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
  });
});

Deno.test("a wrong import does not pass that type-check", { ignore: !may }, async () => {
  await withDirectory(async (directory) => {
    const cell = { cell_type: "code" as const, metadata: {}, source: 'import { noSuch } from "../lib/mod.ts";' };
    await Deno.writeTextFile(`${directory}/x.ts`, asModule({ cells: [cell] }, new URL("..", import.meta.url).href));
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "--config", `${import.meta.dirname}/../deno.json`, `${directory}/x.ts`],
      stderr: "null",
    }).output();
    assert.ok(!success);
  });
});

/** The article's own numbers, the paper's and CIFAR-10's, which no cell computes. */
const GIVEN = [60_000, 70_000, 139, 170, 0.9, 0.91, 91, 90, 96, 50_000, 75_000, 0.1, 781, 6248];

Deno.test("numbers in the prose are those of the stored outputs", { ignore: !allowed("read") }, async () => {
  for (const name of await notebookNames()) {
    const notebook = await readNotebook(`${NOTEBOOKS}/${name}`);
    const prose = notebook.cells.filter((cell, index) =>
      cell.cell_type === "markdown" && (index === 0 || sourceOf(cell).includes("## What we saw"))
    ).map(sourceOf).join("\n").split("## Try")[0];
    const outputs = codeOf(notebook).flatMap((cell) =>
      (cell.outputs ?? []).map(textOf)
    ).join("\n");
    const code = codeOf(notebook).map(sourceOf).join("\n").replaceAll(/(?<=\d)_(?=\d)/g, "");
    const known = [outputs, code].flatMap((text) =>
      [...text.matchAll(/\d+(\.\d+)?(e-?\d+)?/g)].map(([n]) => Number(n))
    );
    for (const [text] of prose.replaceAll(/(?<=\d),(?=\d{3})/g, "").matchAll(/\d+\.\d+|\d{3,}/g)) {
      const value = Number(text);
      const digits = text.split(".")[1]?.length ?? 0;
      if (GIVEN.includes(value) || (Number.isInteger(value) && value >= 2009 && value <= 2019)) continue;
      assert.ok(
        known.some((number) => Math.abs(number - value) <= 0.5 * 10 ** -digits + 1e-12),
        `${name}: ${text} stands in no output`,
      );
    }
  }
});

Deno.test("each notebook has one cell of parameters and says what it takes and what comes out", {
  ignore: !allowed("read"),
}, async () => {
  for (const name of await notebookNames()) {
    const notebook = await readNotebook(`${NOTEBOOKS}/${name}`);
    assert.equal(codeOf(notebook).filter((cell) => tagged(cell, "parameters")).length, 1, name);
    assert.match(sourceOf(notebook.cells[0]), /second|minute/i, name);
    assert.match(sourceOf(notebook.cells[0]), /result|ends|finds|reaches|accuracy|end stands/i, name);
  }
});

Deno.test("a signal ends a notebook and its kernel", { ignore: !runner }, async () => {
  const cell = {
    cell_type: "code" as const,
    metadata: {},
    id: "endless",
    source: "",
    outputs: [],
    execution_count: null,
  };
  const notebook = {
    cells: [cell],
    ...{ metadata: {}, nbformat: 4, nbformat_minor: 5 },
  };
  await withDirectory(async (directory) => {
    const mark = `${directory}/mark`;
    cell.source = `await Deno.writeTextFile(${JSON.stringify(mark)}, String(Deno.pid));\nwhile (true);`;
    const controller = new AbortController();
    const run = execute(notebook, directory, { signal: controller.signal });
    const told = assert.rejects(run, /enough/);
    const kernelNumber = async () => Number(await Deno.readTextFile(mark).catch(() => ""));
    for (let tries = 0; await kernelNumber() === 0 && tries < 600; tries++) {
      await new Promise((done) => setTimeout(done, 100));
    }
    const kernel = await kernelNumber();
    controller.abort(new Error("enough"));
    await told;
    assert.ok(kernel > 0, "the kernel has started");
    assert.throws(() => Deno.kill(kernel, "SIGCONT"), Deno.errors.NotFound, "the kernel has ended");
  });
});
