import assert from "node:assert/strict";
import * as mod from "../lib/mod.ts";
import { allowed } from "./support.ts";

const directory = new URL("../notebooks/", import.meta.url);
const io = { ignore: !allowed("read") };

interface Cell {
  cell_type: "code" | "markdown";
  source: string | string[];
  outputs?: { output_type: string; data?: Record<string, unknown>; text?: string | string[] }[];
}
interface Notebook {
  name: string;
  bytes: number;
  cells: Cell[];
}

async function notebooks(): Promise<Notebook[]> {
  const found: Notebook[] = [];
  for await (const { name } of Deno.readDir(directory)) {
    if (!name.endsWith(".ipynb")) continue;
    const text = await Deno.readTextFile(new URL(name, directory));
    found.push({ name, bytes: text.length, cells: JSON.parse(text).cells });
  }
  return found.sort((a, b) => a.name < b.name ? -1 : 1);
}
const sourceOf = ({ source }: Cell) => [source].flat().join("");

Deno.test("notebooks are prose with short cells, and import lib/mod.ts alone", io, async () => {
  for (const { name, cells } of await notebooks()) {
    let inARow = 0;
    for (const cell of cells) {
      inARow = cell.cell_type === "code" ? inARow + 1 : 0;
      assert.ok(inARow <= 3, `${name}: ${inARow} code cells in a row`);
      if (cell.cell_type === "code") assert.ok(sourceOf(cell).split("\n").length <= 20, `${name}: ${sourceOf(cell)}`);
    }
    const code = cells.filter(({ cell_type }) => cell_type === "code").map(sourceOf);
    const imports = code.flatMap((text) =>
      [...text.matchAll(/from "([^"]+)"|import\("([^"]+)"\)/g)].map(([, a, b]) => a ?? b)
    );
    assert.deepEqual([...new Set(imports)], ["../lib/mod.ts"], name);
    assert.match(code[0], /^import .*from "\.\.\/lib\/mod\.ts"/s, name);
    const prose = cells.filter(({ cell_type }) => cell_type === "markdown").map(sourceOf).join("\n");
    for (const heading of ["## What we saw", "## Try"]) assert.ok(prose.includes(heading), `${name}: ${heading}`);
  }
});

Deno.test("what notebooks import is there: a kernel would give undefined without a word", io, async () => {
  for (const { name, cells } of await notebooks()) {
    const first = sourceOf(cells.find(({ cell_type }) => cell_type === "code")!);
    const list = [...first.matchAll(/import \{([^}]*)\}/g)].map(([, names]) => names).join();
    for (
      const wanted of list.split(",").map((word) => word.trim()).filter((word) => word && !word.startsWith("type "))
    ) {
      assert.ok(wanted in mod, `${name}: ${wanted}`);
    }
  }
});

Deno.test(
  "stored outputs are whole: no error, a picture beside each interactive figure, no path, below 1 MB",
  io,
  async () => {
    for (const { name, bytes, cells } of await notebooks()) {
      assert.ok(bytes < 1_000_000, `${name}: ${bytes} bytes`);
      for (const cell of cells.filter(({ cell_type }) => cell_type === "code")) {
        const outputs = cell.outputs ?? [];
        assert.ok(outputs.every(({ output_type }) => output_type !== "error"), name);
        const figures = outputs.filter(({ data }) => data?.["application/vnd.plotly.v1+json"]);
        // what is not awaited can be lost at a cell's end
        assert.doesNotMatch(sourceOf(cell), /console\.log\(/, name);
        const shown = sourceOf(cell).match(/await show\(/g)?.length ?? 0;
        assert.ok(outputs.length >= shown, `${name}: ${sourceOf(cell)}`);
        if (/await show\(\w*Figure/.test(sourceOf(cell))) assert.ok(figures.length > 0, `${name}: ${sourceOf(cell)}`);
        for (const { data } of figures) {
          const flat = !JSON.stringify(data).includes('"surface"');
          assert.ok(!flat || data!["image/png"] || data!["image/svg+xml"], name);
        }
        assert.doesNotMatch(
          JSON.stringify(outputs.map(({ text, data }) => [text, data?.["text/plain"]])),
          /\/(home|tmp|Users)\/|\\u001b/,
          name,
        );
      }
    }
  },
);
