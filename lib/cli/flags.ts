/**
 * Flags, declared once, both for parsing and for `--help`.
 * @module
 */
import { parseArgs } from "node:util";
import { shown } from "../support/check.ts";

/** One flag. */
export interface Flag {
  /** The kind of value that it takes; undefined for a switch. */
  readonly takes?: "number" | "text";
  /** What it does, for `--help`. */
  readonly help: string;
}

/** The command was called wrongly, which gives exit code 2. */
export class UsageError extends Error {
  /** The error's name in a stack trace. */
  override name = "UsageError";
}

/** Flags and their values, by name. Flags that were not given are absent. */
export type FlagValues<F extends Record<string, Flag>> = {
  -readonly [N in keyof F]?: F[N]["takes"] extends "number" ? number : F[N]["takes"] extends "text" ? string : boolean;
};

/**
 * Parses a command line.
 *
 * @param flags The flags of the command. `help` and `verbose` are added to them.
 * @param args The command line.
 * @throws {UsageError} If a flag is unknown, lacks its value, or has something other than a number where it needs one.
 */
export function parseFlags<const F extends Record<string, Flag>>(
  flags: F,
  args: readonly string[],
): FlagValues<F> & { help?: boolean; verbose?: boolean } {
  const all: Record<string, Flag> = { ...flags, ...GLOBAL };
  const switches = Object.entries(all).map(([name, { takes }]) =>
    [name, { type: takes ? "string" : "boolean" } as const] as const
  );
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(switches),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: Record<string, unknown> = {};
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      throw new UsageError(`Cannot read the command line: it takes only flags, got ${shown(token.value)}`);
    }
    const flag = Object.hasOwn(all, token.name) ? all[token.name] : undefined;
    if (!flag) {
      throw new UsageError(
        `Cannot read the command line: \`--help\` lists the flags, got ${shown(token.rawName)}${
          nearest(token.name, all)
        }`,
      );
    }
    // the parser takes the next word as the value even if it is a flag
    const swallowed = flag.takes && !token.inlineValue && token.value?.startsWith("--");
    values[token.name] = valueOf(token.name, flag, swallowed ? undefined : token.value);
  }
  return values as FlagValues<F>;
}

const GLOBAL: Record<string, Flag> = {
  help: { help: "show this help" },
  verbose: { help: "show where an error comes from" },
};

function valueOf(name: string, { takes }: Flag, value: string | undefined): unknown {
  if (!takes) {
    if (value !== undefined) throw new UsageError(`Cannot read --${name}: it takes no value, got ${shown(value)}`);
    return true;
  }
  if (value === undefined || value.trim() === "") {
    throw new UsageError(`Cannot read --${name}: it takes a ${takes === "number" ? "number" : "value"}, got nothing`);
  }
  if (takes === "text") return value;
  const number = Number(value);
  if (Number.isNaN(number)) throw new UsageError(`Cannot read --${name}: it takes a number, got ${shown(value)}`);
  return number;
}

function nearest(name: string, flags: Record<string, Flag>): string {
  const close = Object.keys(flags).find((known) =>
    known.startsWith(name) || name.startsWith(known) || oneApart(known, name)
  );
  return close ? ` (--${close}?)` : "";
}

/** Whether two words differ in one or two places, where letters are swapped or left out. */
function oneApart(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let same = 0;
  while (same < a.length && a[same] === b[same]) same++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - same && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  return Math.max(a.length, b.length) - same - end <= 2;
}

/**
 * Throws if a flag was given that would have no effect.
 *
 * @param values The flags that were given.
 * @param names The flags without effect.
 * @param sentence What cannot be done, and why: `Cannot resume a run: it keeps its settings`.
 * @throws {UsageError} If one of these flags was given.
 */
export function refuseFlags(values: Record<string, unknown>, names: readonly string[], sentence: string): void {
  const given = names.find((name) => values[name] !== undefined);
  if (given) throw new UsageError(`${sentence}, got --${given}`);
}

/** The text of `--help`: what a command does, its flags by group, and examples. */
export function helpText(
  summary: string,
  groups: Record<string, Record<string, Flag>>,
  examples: readonly string[],
): string {
  const name = (flag: string, { takes }: Flag) => `--${flag}${takes === "number" ? " N" : takes ? " X" : ""}`;
  const all = { ...groups, "Always": GLOBAL };
  const width = Math.max(
    ...Object.values(all).flatMap((flags) => Object.entries(flags).map((entry) => name(...entry).length)),
  );
  const blocks = Object.entries(all).map(([title, flags]) =>
    [
      `${title}:`,
      ...Object.entries(flags).map(([flag, spec]) => `  ${name(flag, spec).padEnd(width)}  ${spec.help}`),
    ].join("\n")
  );
  return [summary, ...blocks, ["Examples:", ...examples.map((line) => `  ${line}`)].join("\n")].join("\n\n");
}

/** Flags about places and output. They are left out of a command that others will repeat. */
const PLACES = ["--output", "--record", "--data", "--offline", "--json", "--shard"];

/**
 * The command line that repeats a run, from its arguments.
 *
 * @param task The task's name.
 * @param args The arguments.
 * @param without More flags to leave out, in addition to those about places and output.
 */
export function commandOf(task: string, args: readonly string[], without: readonly string[] = []): string {
  const left = [...PLACES, ...without];
  const isLeft = (word: string | undefined) => left.some((name) => word === name || word?.startsWith(`${name}=`));
  const kept = args.filter((arg, index) => !isLeft(arg) && (arg.startsWith("--") || !isLeft(args[index - 1])));
  return ["deno task", task, ...kept.map(quoted)].join(" ");
}

/** Quotes an argument for a shell if necessary. */
export const quoted = (arg: string): string => /^[\w./,:=+@%-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;
