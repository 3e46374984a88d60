/**
 * Programs that the core's tests run: Deno's bundler and packer, Node, npm.
 * @module
 */
import assert from "node:assert/strict";
import { join } from "../../lib/support/path.ts";
import { allowed } from "../support.ts";
import { expectedRates, type Findings } from "./program.ts";

/** The project's root. */
export const root: string = join(import.meta.dirname!, "../../");

/** What these tests need of their own process. */
export const mayRun: boolean = allowed("read", "write", "run", "env");

/** What a program printed, and whether it succeeded; a program that is not there does not. */
export async function output(
  command: string,
  args: readonly string[],
  cwd: string = root,
): Promise<{ success: boolean; stdout: string; stderr: string }> {
  try {
    const child = new Deno.Command(command, { args: [...args], cwd, env: { NO_COLOR: "1" }, stdin: "null" });
    const { success, stdout, stderr } = await child.output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { success, stdout: text(stdout), stderr: text(stderr) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { success: false, stdout: "", stderr: error.message };
  }
}

/** The same of a program that must succeed; returns what it printed. */
export async function printed(command: string, args: readonly string[], cwd?: string): Promise<string> {
  const { success, stdout, stderr } = await output(command, args, cwd);
  assert.ok(success, `${command} ${args.join(" ")}\n${stdout}\n${stderr}`);
  return stdout;
}

/** Bundles a module of tests/core/ into one file. */
export async function bundle(name: string, to: string, ...flags: string[]): Promise<void> {
  await printed(Deno.execPath(), ["bundle", "--quiet", ...flags, "--output", to, `${root}tests/core/${name}`]);
}

/** Why nothing can be bundled here, or nothing. `deno bundle` fetches esbuild from npm once; set-up has it do so. */
export async function bundlerMissing(): Promise<string | undefined> {
  const { success } = await output(Deno.execPath(), ["bundle", "--quiet", `${root}lib/schedules/mod.ts`]);
  return success ? undefined : "`deno bundle` does not work here, it fetches esbuild from npm the first time";
}

/** Why Node cannot run a test, or nothing. */
export async function nodeMissing(): Promise<string | undefined> {
  const { success, stdout } = await output("node", ["--version"]);
  if (!success) return "there is no Node";
  const version = stdout.trim();
  return Number(version.match(/^v(\d+)/)?.[1]) >= 20 ? undefined : `Node must be 20 or newer, this is ${version}`;
}

/** Whether to ignore a test: yes where there is a reason, which is printed. */
export function ignored(test: string, reason: string | undefined): boolean {
  if (reason !== undefined) console.warn(`IGNORED: ${test}: ${reason}`);
  return reason !== undefined;
}

/** What the program must find, wherever it runs. */
export function assertFindings({ rates, losses, accuracy, testedRates, figures }: Findings): void {
  const expected = expectedRates();
  assert.equal(rates.length, expected.length);
  expected.forEach((rate, i) => assert.ok(Math.abs(rates[i] - rate) < 1e-12, `batch ${i}: ${rates[i]} is not ${rate}`));
  assert.ok(losses.every((loss) => typeof loss === "number" && Number.isFinite(loss)), `${losses}`);
  assert.ok(losses.at(-1)! < losses[0]! / 2, `${losses}`);
  assert.equal(accuracy, 1);
  assert.ok(Math.abs(testedRates[0] - 1e-4) < 1e-12, `${testedRates[0]}`);
  assert.equal(figures.length, 4);
  assert.match(JSON.stringify(figures[3]), /"data:image\/png;base64,iVBORw0KGgo/); // PNG's first bytes
}
