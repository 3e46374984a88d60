/**
 * Private Python environments, one for running notebooks and others for the peers in the benchmark. The user's own
 * Python is not changed.
 * @module
 */
import { cacheDirectory } from "../support/directories.ts";
import { run } from "../support/subprocess.ts";
import { exists, withLock } from "../support/files.ts";
import { join } from "../support/path.ts";

/** The packages of each environment, with their versions pinned. */
const REQUIREMENTS = {
  notebooks: ["nbclient==0.10.2", "nbformat==5.10.4"],
  browser: ["nbclient==0.10.2", "nbformat==5.10.4", "jupyterlab==4.4.5", "plotly==6.2.0", "playwright==1.54.0"],
  keras: ["keras==3.15.0", "tensorflow-cpu==2.21.0"],
  pytorch: ["torch==2.13.0"],
} as const;

/** An environment's name. */
export type PythonTools = keyof typeof REQUIREMENTS;

/** The path of an environment's interpreter, which may not exist yet. */
export function pythonOf(tools: PythonTools): string {
  const home = join(cacheDirectory(), "python", tools);
  return Deno.build.os === "windows" ? join(home, "Scripts", "python.exe") : join(home, "bin", "python");
}

/** A file in the environment, which goes when the environment goes. */
const readyMark = (tools: PythonTools) =>
  join(cacheDirectory(), "python", tools, `${REQUIREMENTS[tools].join("-").replaceAll("==", "-")}.ready`);

/** Whether an environment is complete. Its interpreter is gone if the system's Python, to which it links, is. */
export const hasPython = async (tools: PythonTools): Promise<boolean> =>
  await exists(readyMark(tools)) && await exists(pythonOf(tools));

/** The path of a script next to this module. */
export const pythonScript = (name: string): string => join(import.meta.dirname!, "python", name);

/**
 * Sets up an environment unless it is already complete. If two processes do this at once, one waits for the other.
 *
 * @param tools The name of the environment.
 * @param say Called with a message at each stage.
 * @returns The path of its interpreter.
 * @throws {Deno.errors.NotFound} If Python 3 with venv and pip, or the packages, are not available; the message says
 * which.
 */
export async function pythonTools(tools: PythonTools, say: (line: string) => void): Promise<string> {
  if (await hasPython(tools)) return pythonOf(tools);
  const home = join(cacheDirectory(), "python", tools);
  try {
    await Deno.mkdir(join(cacheDirectory(), "python"), { recursive: true });
    await withLock(`${home}.lock`, () => say("  waiting for another set-up to end"), async () => {
      if (await hasPython(tools)) return;
      say(`Making a private Python environment, once: ${REQUIREMENTS[tools].join(", ")}`);
      await Deno.remove(home, { recursive: true }).catch(() => {});
      await run("make a Python environment", Deno.build.os === "windows" ? "python" : "python3", ["-m", "venv", home]);
      await run(`install ${REQUIREMENTS[tools].join(", ")}`, pythonOf(tools), [
        ...["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"],
        ...REQUIREMENTS[tools],
      ]);
      await Deno.writeTextFile(readyMark(tools), "");
    });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new Deno.errors.NotFound(
      `Cannot make a Python environment: it needs Python 3 with venv and pip, and ${
        REQUIREMENTS[tools].join(", ")
      }. ${error.message}`,
      { cause: error },
    );
  }
  return pythonOf(tools);
}
