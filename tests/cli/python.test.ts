import assert from "node:assert/strict";
import { pythonTools } from "../../lib/cli/python.ts";
import { allowed, withDirectory } from "../support.ts";

Deno.test("pythonTools() says what it needs, and keeps what failed as the cause", {
  ignore: !allowed("read", "write", "run", "env"),
}, async () => {
  await withDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}/file`, "");
    const before = Deno.env.get("CLR_CACHE_DIR");
    Deno.env.set("CLR_CACHE_DIR", `${directory}/file`); // nothing can be kept in a file
    try {
      const error = await pythonTools("notebooks", () => {}).catch((error) => error);
      assert.ok(error instanceof Deno.errors.NotFound);
      assert.match(
        error.message,
        /^Cannot make a Python environment: it needs Python 3 with venv and pip, and nbclient/,
      );
      assert.ok(error.cause instanceof Error);
      assert.ok(error.message.endsWith(error.cause.message));
    } finally {
      if (before === undefined) Deno.env.delete("CLR_CACHE_DIR");
      else Deno.env.set("CLR_CACHE_DIR", before);
    }
  });
});
