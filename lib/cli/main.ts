/**
 * The command line, with the permissions that `launch.ts` gave it.
 * @module
 */
import { runCommand } from "./terminal.ts";

const COMMANDS: Record<string, () => Promise<(args: readonly string[]) => Promise<number>>> = {
  setup: async () => (await import("./setup.ts")).setup,
  bench: async () => (await import("./bench.ts")).bench,
  profile: async () => (await import("./profile.ts")).profile,
  doctor: async () => (await import("./doctor.ts")).doctor,
  notebooks: async () => (await import("./notebooks.ts")).notebooks,
  "find-lr": async () => (await import("./find_lr.ts")).findLr,
  compare: async () => (await import("./compare.ts")).compare,
  train: async () => (await import("./train.ts")).train,
};

const [name, ...args] = Deno.args;
await runCommand(async () => (await COMMANDS[name]())(args), args.includes("--verbose"));
