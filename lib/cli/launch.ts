/**
 * Starts a command with exactly the permissions that its flags need. `deno.json` cannot do this, because it does not
 * know the output directory, the user's cache or the user's npm registry. This module itself writes no files and makes
 * no connections.
 * @module
 */
import { cacheDirectory } from "../support/directories.ts";
import { atLeast, LEAST_DENO } from "../support/deno_version.ts";
import { OPENERS } from "./browser.ts";
import { dataHosts } from "../data/cifar10/files.ts";
import { pythonOf, type PythonTools } from "./python.ts";

/** What a command needs permissions for. */
interface Needs {
  /** The default directory of its output. */
  readonly output?: string;
  /**
   * Whether it trains, for which it needs the native library and, the first time, to set that up and fetch the images.
   */
  readonly trains: boolean;
  /** The Python environments whose interpreters it runs. */
  readonly python?: readonly PythonTools[];
  /** Whether it serves a page on the loopback interface, for which it runs `deno bundle` and opens a browser. */
  readonly serves?: boolean;
}

/** Setting up native TensorFlow runs Python, a compiler, and Deno for tfjs-node's own install script. */
const SET_UP_COMMANDS = ["python3", "python", "g++", "clang++", "c++", Deno.execPath()];

const NEEDS: Readonly<Record<string, Needs>> = {
  bench: { trains: true, python: ["keras", "pytorch"] },
  profile: { trains: true },
  doctor: { trains: true },
  lab: { trains: false, serves: true },
  setup: { trains: true, python: ["notebooks"] },
  notebooks: { trains: false, output: "notebooks", python: ["notebooks"] },
  train: { trains: true, output: "output" },
  "find-lr": { trains: true, output: "output" },
  compare: { trains: true, output: "output" },
};

/** The flags that name files and directories to write to. */
const OUTPUT_FLAGS = ["--output", "--resume", "--merge", "--record"];

/**
 * Deno's permission flags for a command and its flags.
 *
 * @param command The command's name.
 * @param args Its flags.
 */
export async function permissionFlags(command: string, args: readonly string[]): Promise<string[]> {
  const needs = NEEDS[command];
  const helping = args.includes("--help");
  // all of sys, because the reader of npm's settings asks for the umask, for which Deno has no separate flag
  const flags = ["--quiet", "--no-prompt", "--allow-read", "--allow-env", "--allow-sys"];
  if (helping) return flags;
  if (needs.serves) {
    return [...flags, "--allow-net=127.0.0.1", `--allow-run=${[Deno.execPath(), ...Object.values(OPENERS)].join(",")}`];
  }
  const outputs = OUTPUT_FLAGS.map((flag) => valueOf(args, flag)).filter((value) => value !== undefined);
  const offline = args.includes("--offline");
  const write = [...(needs.output ? [needs.output] : []), ...outputs];
  const run = (needs.python ?? []).map(pythonOf);
  if (needs.trains || needs.python) write.push(cacheDirectory());
  if (needs.trains) flags.push("--allow-ffi");
  if (needs.trains && !offline) {
    write.push("node_modules");
    flags.push(`--allow-net=${[...new Set(await dataHosts())].join(",")}`);
  }
  if ((needs.trains || needs.python) && !offline) flags.push(`--allow-run=${[...SET_UP_COMMANDS, ...run].join(",")}`);
  if (offline) flags.push("--cached-only");
  return [...flags, `--allow-write=${write.map((path) => path.replaceAll(",", ",,")).join(",")}`];
}

/** A message if this version of Deno is too old. */
export function tooOld(version: string): string | undefined {
  if (atLeast(version, LEAST_DENO)) return;
  return `Cannot start: it needs Deno ${LEAST_DENO} or newer (\`deno upgrade\`, or \`npx --yes deno@latest\`), got ${version}`;
}

function valueOf(args: readonly string[], flag: string): string | undefined {
  const at = args.findLastIndex((arg) => arg === flag || arg.startsWith(`${flag}=`));
  if (at < 0) return undefined;
  return args[at] === flag ? args[at + 1] : args[at].slice(flag.length + 1);
}

if (import.meta.main) {
  const [command, ...args] = Deno.args;
  const refusal = tooOld(Deno.version.deno);
  if (refusal) {
    console.error(refusal);
    Deno.exit(1);
  }
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      ...await permissionFlags(command, args),
      new URL("./main.ts", import.meta.url).href,
      command,
      ...args,
    ],
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  for (const signal of ["SIGINT", ...(Deno.build.os === "windows" ? [] : ["SIGTERM"])] as Deno.Signal[]) {
    Deno.addSignalListener(signal, () => {
      try {
        child.kill(signal);
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // the process has ended in the meantime
      }
    });
  }
  Deno.exit((await child.status).code);
}
