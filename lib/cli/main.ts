/**
 * The command line. It runs with the permissions that `launch.ts` gave it.
 * @module
 */
import { runCommand } from "./terminal.ts";

const COMMANDS: Record<string, () => Promise<(args: readonly string[]) => Promise<number>>> = {
  setup: async () => (await import("./commands/setup.ts")).setup,
  bench: async () => (await import("./bench/bench.ts")).bench,
  profile: async () => (await import("./commands/profile.ts")).profile,
  lab: async () => (await import("./commands/lab.ts")).lab,
  doctor: async () => (await import("./commands/doctor.ts")).doctor,
  notebooks: async () => (await import("./commands/notebooks.ts")).notebooks,
  "find-lr": async () => (await import("./commands/find_lr.ts")).findLr,
  compare: async () => (await import("./commands/compare.ts")).compare,
  train: async () => (await import("./commands/train.ts")).train,
};

const [name, ...args] = Deno.args;
await runCommand(async () => (await COMMANDS[name]())(args), args.includes("--verbose"));
