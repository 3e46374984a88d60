import assert from "node:assert/strict";
import { bundlerMissing, ignored, mayRun } from "../core/tools.ts";
import { allowed } from "../support.ts";
import { clr } from "../support_cli.ts";
import { LabProcess } from "./lab_process.ts";

const what = "deno task lab";
const reason = mayRun && allowed("sys", "net") ? await bundlerMissing() : "it needs permissions";

Deno.test(`${what} serves page, scripts and WebAssembly, refuses a taken port, and ends by Ctrl-C`, {
  ignore: ignored(what, reason) || Deno.build.os === "windows",
}, async () => {
  const lab = await LabProcess.start();
  for (const path of ["", "page.js", "worker.js", "style.css", "plotly.js", "wasm/tfjs-backend-wasm-simd.wasm"]) {
    const response = await fetch(`${lab.url}${path}`);
    assert.equal(response.status, 200, path);
    assert.ok((await response.bytes()).length > 1000, path);
  }
  const { port } = new URL(lab.url);
  const { code, stderr } = await clr(["lab", "--no-open", "--port", port]);
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`^Cannot serve on port ${port}: another program uses it`));
  assert.equal(await lab.stop(), 0);
});
