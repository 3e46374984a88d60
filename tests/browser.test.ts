import assert from "node:assert/strict";
import { NOTEBOOKS } from "../lib/cli/notebook_files.ts";
import { pythonTools } from "../lib/cli/python.ts";
import { allowed } from "./support.ts";

// Opt-in by `deno task test:browser`: it needs Chromium, and JupyterLab and Playwright from PyPI.
const asked = allowed("env") && Deno.env.get("CLR_BROWSER_TEST") === "1";

Deno.test("JupyterLab in a real browser draws the interactive figures of a notebook", { ignore: !asked }, async () => {
  const python = await pythonTools("browser", console.log);
  const root = `${import.meta.dirname}/..`;
  const copy = `${NOTEBOOKS}/browser_run.ipynb`; // running it saves it
  await Deno.copyFile(`${NOTEBOOKS}/01_schedules.ipynb`, copy);
  try {
    const { stdout, stderr, success } = await new Deno.Command(python, {
      args: [
        `${import.meta.dirname}/fixtures/jupyterlab.py`,
        Deno.execPath(),
        root,
        "notebooks/browser_run.ipynb",
        "3",
        `${root}output/browser`,
      ],
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr) + new TextDecoder().decode(stdout));
    const titles = JSON.parse(new TextDecoder().decode(stdout));
    assert.deepEqual(titles, ["Rates that only fall", "The three cyclical policies", "Triangular and one cycle"]);
    console.log("pictures in output/browser/");
  } finally {
    await Deno.remove(copy);
  }
});
