/**
 * `deno task profile`: where a training step goes, operation by operation.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { timeOperations } from "../../backend/operation_times.ts";
import { stepFlags, stepper } from "../bench/bench_model.ts";
import { EXPERIMENT_FLAGS } from "../experiment_flags.ts";
import { type Flag, helpText, parseFlags, UsageError } from "../flags.ts";
import { MACHINE_FLAGS, startBackend } from "../session.ts";
import { voice } from "../terminal.ts";

const FLAGS = {
  "batch-size": { takes: "number", help: "images in a batch (64)" },
  steps: { takes: "number", help: "steps to measure, after two to warm up (8)" },
  backend: MACHINE_FLAGS.backend,
  precision: EXPERIMENT_FLAGS.precision,
} as const satisfies Record<string, Flag>;

const HELP = helpText(
  "deno task profile: where a step of training MiniGoogLeNet goes, operation by operation.",
  { "What": FLAGS },
  ["deno task profile", "deno task profile --backend wasm --batch-size 16 --steps 3"],
);

/** Runs the command; returns the exit code. */
export async function profile(args: readonly string[]): Promise<number> {
  const flags = parseFlags(FLAGS, args);
  const speak = voice();
  if (flags.help) {
    speak.say(HELP);
    return 0;
  }
  const { batchSize, steps, choice, precision } = stepFlags(flags, 8);
  const name = await startBackend(choice, { precision }, speak);
  if (name === "webgpu") {
    throw new UsageError('Cannot profile: operations must end when they return, got --backend "webgpu"');
  }
  const step = await stepper(batchSize);
  for (let i = 0; i < 2; i++) await step();
  const times = timeOperations();
  const start = performance.now();
  for (let i = 0; i < steps; i++) await step();
  const total = (performance.now() - start) / steps;
  const rows = [...times.stop()].map(([operation, { ms, calls }]) => ({
    operation,
    ms: ms / steps,
    calls: calls / steps,
  })).sort((a, b) => b.ms - a.ms);
  const outside = total - rows.reduce((sum, { ms }) => sum + ms, 0);
  const print = (operation: string, ms: number, calls: string) =>
    speak.say(
      `${operation.padEnd(30)} ${ms.toFixed(1).padStart(9)} ${(100 * ms / total).toFixed(1).padStart(6)} % ${
        calls.padStart(7)
      }`,
    );
  speak.say(`\n${"operation".padEnd(30)} ${"ms a step".padStart(9)} ${"share".padStart(8)} ${"calls".padStart(7)}`);
  for (const { operation, ms, calls } of rows.slice(0, 24)) print(operation, ms, calls.toFixed(0));
  const rest = rows.slice(24).reduce((sum, { ms }) => sum + ms, 0);
  print(`${Math.max(0, rows.length - 24)} others`, rest, "");
  print("outside operations", outside, "");
  print(`a step of batch ${batchSize}, mean of ${steps}`, total, "");
  tf.disposeVariables();
  return 0;
}
