import assert from "node:assert/strict";
import { dirname } from "node:path";
import { packageFile } from "../../lib/support/packages.ts";
import { allowed, withDirectory } from "../support.ts";
import type { Findings } from "./program.ts";
import { assertFindings, bundle, output } from "./tools.ts";

// Opt-in by `deno task test:browser`: it needs Chromium.
const asked = allowed("env") && Deno.env.get("CLR_BROWSER_TEST") === "1";

/** What the page sends. */
type Answer = Findings & { error?: string; paths: string[][] };

const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>The core in a browser</title>
<script src="/plotly.js"></script>
<script type="module" src="/main.js"></script>`;

/** The command of a Chromium that is here. */
async function chromium(): Promise<string> {
  for (const command of ["chromium", "chromium-browser", "google-chrome"]) {
    if ((await output(command, ["--version"])).success) return command;
  }
  throw new Deno.errors.NotFound("Cannot test in a browser: install Chromium");
}

Deno.test("the core, bundled, trains and draws in a browser", { ignore: !asked }, async () => {
  const command = await chromium();
  const wasm = dirname(packageFile("@tensorflow/tfjs-backend-wasm/package.json")) + "/wasm-out";
  const answer = Promise.withResolvers<Answer>();
  await withDirectory(async (directory) => {
    await bundle("main_browser.ts", `${directory}/main.js`, "--platform", "browser");
    await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
      const { pathname } = new URL(request.url);
      const send = async (path: string, type: string) =>
        new Response(await Deno.readFile(path), { headers: { "content-type": type } });
      if (pathname === "/") return new Response(PAGE, { headers: { "content-type": "text/html" } });
      if (pathname === "/main.js") return await send(`${directory}/main.js`, "text/javascript");
      if (pathname === "/plotly.js") return await send(packageFile("plotly.js-dist-min"), "text/javascript");
      if (/^\/wasm\/[\w-]+\.wasm$/.test(pathname)) {
        return await send(wasm + pathname.slice("/wasm".length), "application/wasm");
      }
      if (pathname === "/found") answer.resolve(await request.json());
      return new Response(null, { status: pathname === "/found" ? 204 : 404 });
    });
    const browser = new Deno.Command(command, {
      args: [
        ...["--headless", "--no-sandbox", "--no-first-run", "--enable-unsafe-swiftshader"],
        ...[`--user-data-dir=${directory}/profile`, `http://127.0.0.1:${server.addr.port}/`],
      ],
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const complaints = new Response(browser.stderr).text();
    const ended = browser.status.then(async () => {
      throw new Error(`Chromium ended before the page answered: ${await complaints}`);
    });
    try {
      const { error, paths, ...found } = await Promise.race([answer.promise, ended]);
      assert.equal(error, undefined);
      console.log(`backend: ${found.backend}`);
      assertFindings(found);
      const [rates, losses, tested, images] = paths;
      assert.equal(images.length, 0); // one picture of all, no line
      for (const lines of [rates, losses, tested]) {
        assert.ok(lines.length > 0);
        for (const line of lines) assert.match(line, /^M[\d.,-]+L[\d.,-]+/);
      }
    } finally {
      ended.catch(() => {});
      browser.kill();
      await browser.status;
    }
  });
});
