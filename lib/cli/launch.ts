/**
 * Starts a command with the permissions that its flags need and no others: `deno.json` cannot know the output directory,
 * the user's cache or the user's npm registry. It opens no file to write and makes no connection itself.
 * @module
 */
import { cacheDirectory } from "../support/directories.ts";
import { atLeast, LEAST_DENO } from "../support/deno_version.ts";
import { OPENERS } from "./browser.ts";
import { dataHosts } from "../data/cifar10/files.ts";
import { pythonOf, type PythonTools } from "./python.ts";

/** What a command may do. */
interface Needs {
  /** Where its output goes by default. */
  readonly output?: string;
  /** Whether it trains: the native library, and on the first time its set-up and the images. */
  readonly trains: boolean;
  /** The Python environments whose interpreters it runs. */
  readonly python?: readonly PythonTools[];
  /** Whether it serves a page on the loopback: it bundles the page by Deno, and opens a browser. */
  readonly serves?: boolean;
}

/** Commands that set native TensorFlow up run Python, a compiler, and Deno for tfjs-node's own install script. */
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

/** The flags that name what is written to. */
const OUTPUT_FLAGS = ["--output", "--resume", "--merge", "--record"];

/**
 * Deno's permission flags for a command line.
 *
 * @param command The command's name.
 * @param args Its flags.
 */
export async function permissionFlags(command: string, args: readonly string[]): Promise<string[]> {
  const needs = NEEDS[command];
  const helping = args.includes("--help");
  // all of sys: the reader of npm's settings asks for the umask, which has no name of its own among Deno's flags
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

/** Why a Deno is too old for this, in words. */
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
        if (!(error instanceof TypeError)) throw error; // it has ended meanwhile
      }
    });
  }
  Deno.exit((await child.status).code);
}
