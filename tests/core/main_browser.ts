/**
 * The program, to be bundled for a browser: on WebGL, else WebAssembly, else tfjs's plain backend. The page draws the
 * figures by Plotly and sends what was found, with what it looks like then, to the server that it came from.
 * @module
 */
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import * as core from "../../lib/core.ts";
import { program } from "./program.ts";

/** What is used of a browser, which Deno's types leave out. */
interface Page {
  readonly document: {
    readonly body: { append(element: unknown): void };
    createElement(
      name: string,
    ): { querySelectorAll(selector: string): Iterable<{ getAttribute(name: string): string }> };
  };
  readonly Plotly: { newPlot(element: unknown, data: unknown, layout: unknown): Promise<void> };
}
const { document, Plotly } = globalThis as unknown as Page;

async function run(): Promise<unknown> {
  setWasmPaths("/wasm/");
  for (const name of ["webgl", "wasm", "cpu"]) if (await core.tf.setBackend(name)) break;
  const found = await program(core);
  const paths: string[][] = [];
  for (const { data, layout } of found.figures) {
    const element = document.createElement("div");
    document.body.append(element);
    await Plotly.newPlot(element, data, layout);
    const lines = element.querySelectorAll("svg .scatterlayer path.js-line");
    paths.push([...lines].map((line) => line.getAttribute("d")));
  }
  return { ...found, paths };
}

const answer = await run().catch((error) => ({ error: `${error.stack}` }));
await fetch("/found", { method: "POST", body: JSON.stringify(answer) });
