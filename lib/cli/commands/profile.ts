/**
 * `deno task profile` shows where the time of a training step goes: operations, the tape, and JavaScript between them.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { timeOperations } from "../../backend/operation_times.ts";
import { STEP_FLAGS, stepFlags, stepper } from "../bench/bench_model.ts";
import { BENCHMARK_NAMES, compiledBenchmark } from "../bench/benchmarks.ts";
import { type Flag, helpText, parseFlags, UsageError } from "../flags.ts";
import { startBackend } from "../session.ts";
import { voice } from "../terminal.ts";

const FLAGS = {
  model: { takes: "text", help: BENCHMARK_NAMES.join(", ") },
  steps: { takes: "number", help: "steps to measure, after two to warm up (8)" },
  ...STEP_FLAGS,
} as const satisfies Record<string, Flag>;

const HELP = helpText(
  "deno task profile: show where the time of a training step goes, by operation. The default model is MiniGoogLeNet.",
  { "What": FLAGS },
  [
    "deno task profile",
    "deno task profile --model perceptron",
    "deno task profile --backend wasm --batch-size 16 --steps 3",
  ],
);

/** Runs the command and returns the exit code. */
export async function profile(args: readonly string[]): Promise<number> {
  const flags = parseFlags(FLAGS, args);
  const speak = voice();
  if (flags.help) {
    speak.say(HELP);
    return 0;
  }
  const { model, batchSize, steps = 8, choice, precision } = stepFlags(flags);
  const name = await startBackend(choice, { precision }, speak);
  if (name === "webgpu") {
    throw new UsageError('Cannot profile: operations must end when they return, got --backend "webgpu"');
  }
  const step = await stepper(compiledBenchmark(model), batchSize);
  for (let i = 0; i < 2; i++) await step();
  const times = timeOperations();
  const start = performance.now();
  for (let i = 0; i < steps; i++) await step();
  const total = (performance.now() - start) / steps;
  const tape = times.tape() / steps;
  const rows = [...times.stop()].map(([operation, { ms, calls }]) => ({
    operation,
    ms: ms / steps,
    calls: calls / steps,
  })).sort((a, b) => b.ms - a.ms);
  const inside = rows.reduce((sum, { ms }) => sum + ms, 0);
  const calls = rows.reduce((sum, { calls }) => sum + calls, 0);
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
  speak.say();
  print(name === "native" ? "TensorFlow's operations" : "operations", inside, calls.toFixed(0));
  print("the tape", tape, "");
  print("JavaScript between operations", total - inside - tape, "");
  print(`a step of batch ${batchSize}, mean of ${steps}`, total, "");
  tf.disposeVariables();
  return 0;
}
