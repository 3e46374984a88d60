/**
 * `deno task notebooks` runs the notebooks from top to bottom in fresh kernels, and stores or compares their outputs.
 * @module
 */
import { cacheDirectory } from "../../support/directories.ts";
import { writeWhole } from "../../support/files.ts";
import { join } from "../../support/path.ts";
import { type Flag, helpText, parseFlags, UsageError } from "../flags.ts";
import { differences, execute, notebookNames, NOTEBOOKS, readNotebook } from "../notebook_files.ts";
import { pythonTools } from "../python.ts";
import { hearSignals, voice } from "../terminal.ts";

const FLAGS = {
  check: { help: "store nothing; compare sources, errors, MIME types, and exact values of deterministic cells" },
  only: { takes: "text", help: "run only notebooks whose names contain this" },
} as const satisfies Record<string, Flag>;

const HELP = helpText(
  "deno task notebooks: run every notebook in a fresh kernel and store its outputs.",
  { "What": FLAGS },
  ["deno task notebooks", "deno task notebooks --only 01", "deno task notebooks --check"],
);

/** The largest size of a stored notebook, in bytes. */
const LARGEST = 1_000_000;

/** Runs the command and returns the exit code. */
export async function notebooks(args: readonly string[]): Promise<number> {
  const flags = parseFlags(FLAGS, args);
  const { say } = voice();
  if (flags.help) {
    say(HELP);
    return 0;
  }
  const names = (await notebookNames()).filter((name) => name.includes(flags.only ?? ""));
  if (names.length === 0) {
    throw new UsageError(`Cannot read --only: a notebook's name must contain it, got ${JSON.stringify(flags.only)}`);
  }
  const { signal } = hearSignals(say, "Stopping");
  await pythonTools("notebooks", say);
  let failed = 0;
  for (const name of names) {
    const start = performance.now();
    const problems = await runOne(name, flags.check ?? false, signal);
    say(`${problems.length ? "FAILED" : "ok    "} ${name} (${((performance.now() - start) / 1000).toFixed(0)} s)`);
    for (const problem of problems) say(`       ${problem}`);
    failed += problems.length ? 1 : 0;
  }
  return failed ? 1 : 0;
}

async function runOne(name: string, check: boolean, signal: AbortSignal): Promise<string[]> {
  const path = join(NOTEBOOKS, name);
  const stored = await readNotebook(path);
  const directory = await Deno.makeTempDir({ dir: cacheDirectory(), prefix: "notebook-" });
  try {
    const { notebook, text, failure } = await execute(stored, directory, { stored: true, signal });
    if (check) {
      const found = differences(stored, notebook);
      return found.length === 0 && failure ? [failure] : found;
    }
    if (failure) return [failure];
    if (text.length > LARGEST) return [`it must stay below ${LARGEST} bytes, got ${text.length}`];
    await writeWhole(path, text);
    return [];
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
