/**
 * The table of `bench --all`, with a line for each backend that is available here.
 * @module
 */
import { missingNativePart } from "../../backend/native/setup/package.ts";
import { type BackendName, BACKENDS, selectBackend } from "../../backend/select.ts";
import { ensureNative } from "../session.ts";
import type { Voice } from "../terminal.ts";
import { type BenchmarkName, compiledBenchmark } from "./benchmarks.ts";
import { stepper, trainingStep } from "./bench_model.ts";

/** Times a model on every available backend, at sizes that suit the backend. */
export async function allBackends(model: BenchmarkName, batchSize: number, speak: Voice): Promise<void> {
  const { say } = speak;
  await ensureNative("auto", false, speak);
  say(`${"backend".padEnd(10)}${"batch".padStart(6)}${"ms a step".padStart(12)}${"images/s".padStart(10)}`);
  for (const name of BACKENDS.filter((name): name is BackendName => name !== "auto")) {
    if (name === "native" && missingNativePart()) {
      say(`${name.padEnd(10)} not set up`);
      continue;
    }
    // slow backends get a batch small enough to finish within a minute
    const [batch, steps] = { native: [batchSize, 8], webgpu: [4, 1], wasm: [16, 3], cpu: [1, 1] }[name];
    try {
      await selectBackend(name);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      say(`${name.padEnd(10)} not here`);
      continue;
    }
    const ms = await trainingStep(await stepper(compiledBenchmark(model), batch), steps);
    say(
      `${name.padEnd(10)}${String(batch).padStart(6)}${ms.toFixed(0).padStart(12)}${
        (batch / ms * 1000).toFixed(batch / ms < 0.001 ? 2 : 1).padStart(10)
      }`,
    );
  }
}
