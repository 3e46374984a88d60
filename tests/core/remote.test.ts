import assert from "node:assert/strict";
import { allowed, withDirectory } from "../support.ts";

const io = { ignore: !allowed("read", "write", "run", "net", "env") };
const root = new URL("../../", import.meta.url);

const PROGRAM = `
const { cyclical, learningRateFigure, saveFigure, selectBackend } = await import(Deno.args[0]);
const failure = async (work) => await work().then(() => "none", String);
const { reason } = await selectBackend("auto");
const { name } = await selectBackend("wasm");
console.log(JSON.stringify([
  reason,
  name,
  await failure(() => selectBackend("native")),
  await failure(() => saveFigure(learningRateFigure(cyclical()), "figure.html")),
]));
Deno.exit(); // an import that JSR never answers would keep the process alive
`;

Deno.test("loaded from a server, the library runs, and says what needs a clone", io, async () => {
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async ({ url }) => {
    const file = new URL(`.${new URL(url).pathname}`, root);
    return new Response(await Deno.readFile(file), { headers: { "content-type": "application/typescript" } });
  });
  const host = `127.0.0.1:${server.addr.port}`;
  await withDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}/program.js`, PROGRAM);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-prompt", "--no-lock", "--node-modules-dir=manual"],
        ...["--config", `${import.meta.dirname}/../../deno.json`, "--allow-read", "--allow-env", "--allow-sys"],
        ...[`--allow-import=${host}`, `${directory}/program.js`, `http://${host}/lib/mod.ts`],
      ],
      // graphics drivers complain where these directories are missing
      env: {
        ...{ DENO_DIR: `${directory}/cache`, NO_COLOR: "1" },
        ...{ XDG_RUNTIME_DIR: directory, XDG_CACHE_HOME: directory },
      },
    }).output();
    const [printed, complaints] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assert.equal(complaints, "");
    const [reason, name, native, figure] = JSON.parse(printed);
    assert.match(reason, /^native TensorFlow needs a clone of this project on the disk; /);
    assert.equal(name, "wasm");
    assert.match(native, /^NotFound: Cannot select the native backend: .* needs a clone of this project on the disk/);
    assert.match(figure, /^NotSupported: Cannot find plotly.js-dist-min: this project must be on disk/);
  });
});
