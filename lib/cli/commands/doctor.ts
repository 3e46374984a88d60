/**
 * `deno task doctor` checks this machine. It prints one line per check, with a cure for each problem.
 * @module
 */
import { cacheDirectory } from "../../support/directories.ts";
import { ownOperations } from "../../backend/native/setup/compile.ts";
import { missingBfloat16 } from "../../backend/native/bfloat16.ts";
import { missingNativePart } from "../../backend/native/setup/package.ts";
import { planNative, platformFacts } from "../../backend/native/setup/platform.ts";
import { dataHosts, wrongFiles } from "../../data/cifar10/files.ts";
import { atLeast, LEAST_DENO } from "../../support/deno_version.ts";
import { join } from "../../support/path.ts";
import { helpText, parseFlags } from "../flags.ts";
import { hasPython } from "../python.ts";
import { voice } from "../terminal.ts";

const HELP = helpText("deno task doctor: check what training and notebooks need here. It changes nothing.", {}, [
  "deno task doctor",
]);

/** The result of one check. */
export interface Finding {
  /** What was checked. */
  readonly name: string;
  /** `"ok"`, `"note"` for something you can do without, or `"bad"` for something that must be fixed. */
  readonly state: "ok" | "note" | "bad";
  /** What was found, and the cure. */
  readonly text: string;
}

const ok = (name: string, text: string): Finding => ({ name, state: "ok", text });
const note = (name: string, text: string): Finding => ({ name, state: "note", text });
const bad = (name: string, text: string): Finding => ({ name, state: "bad", text });

/** Runs the command and returns the exit code, which is 1 if something must be fixed. */
export async function doctor(args: readonly string[]): Promise<number> {
  const flags = parseFlags({}, args);
  const { say } = voice();
  if (flags.help) {
    say(HELP);
    return 0;
  }
  const findings: Finding[] = [];
  for (const look of [deno, kernel, native, precision, images, network, disk, python]) {
    const finding = await look();
    findings.push(finding);
    const mark = { ok: "ok  ", note: "note", bad: "BAD " }[finding.state];
    say(`${mark}  ${finding.name.padEnd(18)} ${finding.text}`);
  }
  return findings.some(({ state }) => state === "bad") ? 1 : 0;
}

/** Checks Deno's version. */
export function deno(version: string = Deno.version.deno): Finding {
  return atLeast(version, LEAST_DENO)
    ? ok("Deno", version)
    : bad("Deno", `${version}: notebooks lose outputs before ${LEAST_DENO}; \`deno upgrade\``);
}

async function kernel(): Promise<Finding> {
  const home = Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE") ?? "";
  const data = Deno.env.get("JUPYTER_DATA_DIR") ?? {
    darwin: join(home, "Library", "Jupyter"),
    windows: join(Deno.env.get("APPDATA") ?? home, "jupyter"),
  }[Deno.build.os as string] ?? join(Deno.env.get("XDG_DATA_HOME") ?? join(home, ".local", "share"), "jupyter");
  try {
    const { argv: [program] } = JSON.parse(await Deno.readTextFile(join(data, "kernels", "deno", "kernel.json")));
    await Deno.stat(program);
    return ok("notebook kernel", "installed");
  } catch {
    return note(
      "notebook kernel",
      "not installed, or it belongs to a Deno that no longer exists; run `deno task kernel`",
    );
  }
}

async function native(): Promise<Finding> {
  const missing = missingNativePart();
  if (!missing) {
    return {
      compiled: ok("native TensorFlow", "ready, with faster operations"),
      missing: note("native TensorFlow", "ready, but without faster operations; `deno task setup` compiles them"),
      impossible: ok("native TensorFlow", "ready, with TensorFlow's own convolutions"),
    }[ownOperations()];
  }
  const { why } = planNative(await platformFacts());
  return note(
    "native TensorFlow",
    `${missing}; \`deno task setup\`${why ? ` (${why})` : ""}; until then, WebAssembly is used`,
  );
}

/** Checks whether `--precision bfloat16` can be used. */
export function precision(missing: string | undefined = missingBfloat16()): Finding {
  return missing
    ? note("bfloat16", `it needs ${missing}; float32 works everywhere`)
    : ok("bfloat16", "the processor supports it: try `deno task train --precision bfloat16`");
}

async function images(): Promise<Finding> {
  const wrong = await wrongFiles(join(cacheDirectory(), "cifar-10"));
  return wrong.length === 0
    ? ok("CIFAR-10", "ready, all six files verified")
    : note("CIFAR-10", `${wrong.length} of 6 files missing or wrong; \`deno task setup\` fetches them`);
}

/** Checks which of the hosts that data comes from answer within three seconds. */
async function network(): Promise<Finding> {
  const hosts = [...new Set(await dataHosts())];
  const answers = await Promise.all(hosts.map(async (host) => {
    try {
      await fetch(`https://${host}/`, { method: "HEAD", redirect: "manual", signal: AbortSignal.timeout(3000) });
      return `${host} answers`;
    } catch {
      return `${host} does not`;
    }
  }));
  const text = answers.join(", ");
  if (answers.some((answer) => answer.endsWith("answers"))) return ok("network", text);
  return note(
    "network",
    `${text}; after set-up you can work offline with \`--offline\`, or give a folder with \`--data\``,
  );
}

/** Checks whether the cache directory can be written to. */
async function disk(): Promise<Finding> {
  const directory = cacheDirectory();
  try {
    await Deno.mkdir(directory, { recursive: true });
    const probe = await Deno.makeTempFile({ dir: directory, prefix: "doctor-" });
    await Deno.writeFile(probe, new Uint8Array(1_000_000));
    await Deno.remove(probe);
    return ok("disk", "the cache directory can be written to");
  } catch (error) {
    return bad(
      "disk",
      `the cache directory cannot be written to (${(error as Error).name}); name another with CLR_CACHE_DIR`,
    );
  }
}

async function python(): Promise<Finding> {
  return await hasPython("notebooks") ? ok("notebook runner", "ready") : note(
    "notebook runner",
    "not set up yet; `deno task notebooks` and `deno task test` set it up with Python 3 and venv",
  );
}
