import assert from "node:assert/strict";
import { allowed, withDirectory } from "../support.ts";

const io = { ignore: !allowed("read", "write", "run", "net", "env") };

Deno.test("a run starts within seconds where packets to JSR are dropped", io, async () => {
  // a server that takes the connection and says nothing
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of listener) connections.push(connection);
  })().catch(() => {});
  await withDirectory(async (directory) => {
    const script = `${directory}/main.ts`;
    const module = new URL("../../lib/support/path.ts", import.meta.url);
    await Deno.writeTextFile(script, `import { join } from "${module}"; console.log(join("a", "b")); Deno.exit();`);
    const started = performance.now();
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--config", `${import.meta.dirname}/../../deno.json`, script],
      env: { JSR_URL: `http://127.0.0.1:${listener.addr.port}/`, DENO_DIR: `${directory}/cache`, NO_COLOR: "1" },
      signal: AbortSignal.timeout(60_000), // a hang would last for minutes
    }).output();
    assert.match(new TextDecoder().decode(stdout), /^a.b/);
    assert.ok(performance.now() - started < 60_000);
  });
  for (const connection of connections) connection.close();
  listener.close();
  await accepting;
});
