/**
 * The laboratory's files: its page and style sheet, its two bundled scripts, plotly.js, and tfjs's WebAssembly.
 * @module
 */
import { packageFile } from "../support/packages.ts";
import { dirname, join } from "../support/path.ts";

/** A file to serve. */
export interface Asset {
  /** Its content. */
  readonly body: Uint8Array<ArrayBuffer> | string;
  /** Its media type. */
  readonly type: string;
}

/** Files by their path on the server. */
export type Assets = Readonly<Record<string, Asset>>;

const WASM = ["tfjs-backend-wasm", "tfjs-backend-wasm-simd"];

/**
 * Reads and bundles all files, which takes a second or two.
 *
 * @throws {Error} If `deno bundle` fails. The first time it runs on a machine, it needs the network.
 */
export async function labAssets(): Promise<Assets> {
  const wasm = join(dirname(packageFile("@tensorflow/tfjs-backend-wasm/package.json")), "wasm-out");
  const near = (name: string) => new URL(name, import.meta.url);
  const script = (body: Asset["body"]): Asset => ({ body, type: "text/javascript; charset=utf-8" });
  const [html, css, page, worker, plotly, ...binaries] = await Promise.all([
    Deno.readTextFile(near("page/page.html")),
    Deno.readTextFile(near("page/style.css")),
    bundled(near("page/main.ts")),
    bundled(near("worker/main.ts")),
    Deno.readFile(packageFile("plotly.js-dist-min")),
    ...WASM.map((name) => Deno.readFile(join(wasm, `${name}.wasm`))),
  ]);
  return {
    "/": { body: html, type: "text/html; charset=utf-8" },
    "/style.css": { body: css, type: "text/css; charset=utf-8" },
    "/page.js": script(page),
    "/worker.js": script(worker),
    "/plotly.js": script(plotly),
    ...Object.fromEntries(
      WASM.map((name, index) => [`/wasm/${name}.wasm`, { body: binaries[index], type: "application/wasm" }]),
    ),
  };
}

/** Bundles a script with everything that it imports, for a browser. */
async function bundled(entry: URL): Promise<Uint8Array<ArrayBuffer>> {
  const { success, code, signal, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--minify", "--platform", "browser", entry.href],
    cwd: new URL("../../", import.meta.url), // where deno.json and its packages are
    stdin: "null",
    env: { NO_COLOR: "1" },
  }).output();
  if (success) return stdout as Uint8Array<ArrayBuffer>;
  const said = new TextDecoder().decode(stderr).trim().split("\n").slice(-3).join(" ") ||
    `nothing, and ended by ${signal ?? `exit code ${code}`}`;
  throw new Error(
    "Cannot bundle the page: `deno bundle` must succeed. The first time, it needs the network: run " +
      `\`deno task setup\`. Its output: ${said}`,
  );
}
