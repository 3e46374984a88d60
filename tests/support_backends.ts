/**
 * The backends that a test runs on.
 * @module
 */
import { type BackendName, selectBackend } from "../lib/mod.ts";
import { missingNativePart } from "../lib/backend/native/setup/package.ts";
import { allowed } from "./support.ts";

const READY: Partial<Record<BackendName, boolean>> = {
  native: allowed("read", "env", "ffi", "sys") && !missingNativePart(),
  wasm: allowed("read", "env"),
  cpu: true,
};

/** A test for each of native, wasm and cpu; one that is not there is ignored. */
export function testOnBackends(name: string, work: () => Promise<void>): void {
  for (const [backend, ready] of Object.entries(READY)) {
    Deno.test(`${name} (${backend})`, { ignore: !ready }, async () => {
      await selectBackend(backend as BackendName);
      await work();
    });
  }
}
