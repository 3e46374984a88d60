import assert from "node:assert/strict";
import { allowed } from "../support.ts";
import { fileURLToPath } from "node:url";

const io = { ignore: !allowed("read", "env", "run") };

/** What tests/fixtures/wasm_sums.ts prints, run with these permissions. */
async function sums(...permissions: string[]): Promise<{ reason: string; values: number[][]; warnings: string }> {
  const script = fileURLToPath(import.meta.resolve("../fixtures/wasm_sums.ts"));
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-read", "--allow-env", ...permissions, script],
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  assert.ok(success, text.decode(stderr)); // and it has ended: no thread keeps a process alive
  const [reason, ...values] = JSON.parse(text.decode(stdout));
  return { reason, values, warnings: text.decode(stderr) };
}

Deno.test(
  "the WebAssembly backend has a thread a core, and one where workers cannot start, with the same numbers",
  io,
  async () => {
    const many = await sums();
    const cores = Math.min(8, navigator.hardwareConcurrency);
    assert.equal(many.reason, `asked for by name; ${cores} ${cores === 1 ? "thread" : "threads"}`);
    const one = await sums(`--deny-read=${fileURLToPath(import.meta.resolve("../../lib/backend/wasm/thread.ts"))}`);
    assert.equal(one.reason, "asked for by name; 1 thread");
    assert.deepEqual(one.values, many.values);
  },
);
