import assert from "node:assert/strict";
import { codeOf, NOTEBOOKS, readNotebook } from "../lib/cli/notebook_files.ts";
import { pythonTools } from "../lib/cli/python.ts";
import { allowed } from "./support.ts";

// Opt-in by `deno task test:browser`: it needs Chromium, and JupyterLab and Playwright from PyPI.
const asked = allowed("env") && Deno.env.get("CLR_BROWSER_TEST") === "1";

Deno.test("JupyterLab in a real browser draws the interactive figures of a notebook", { ignore: !asked }, async () => {
  const python = await pythonTools("browser", console.log);
  const root = `${import.meta.dirname}/../`;
  /** The titles of the figures that are stored with the notebook. */
  const stored = codeOf(await readNotebook(`${NOTEBOOKS}/01_schedules.ipynb`)).flatMap(({ outputs = [] }) => outputs)
    .map(({ data }) => data?.["application/vnd.plotly.v1+json"] as { layout: { title: { text: string } } } | undefined)
    .filter((figure) => figure !== undefined).map(({ layout }) => layout.title.text);
  const copy = `${NOTEBOOKS}/browser_run.ipynb`; // running it saves it
  await Deno.copyFile(`${NOTEBOOKS}/01_schedules.ipynb`, copy);
  try {
    const { stdout, stderr, success } = await new Deno.Command(python, {
      args: [
        `${import.meta.dirname}/fixtures/jupyterlab.py`,
        Deno.execPath(),
        root,
        "notebooks/browser_run.ipynb",
        String(stored.length),
        `${root}output/browser`,
      ],
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr) + new TextDecoder().decode(stdout));
    const titles = JSON.parse(new TextDecoder().decode(stdout));
    assert.deepEqual(titles, stored.sort());
    console.log("pictures in output/browser/");
  } finally {
    await Deno.remove(copy);
  }
});
