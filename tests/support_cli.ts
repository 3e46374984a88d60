/**
 * The command line as a task runs it.
 * @module
 */
const launcher = new URL("../lib/cli/launch.ts", import.meta.url);

/** Runs the command line as a task does. */
export async function clr(args: string[], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--allow-read",
      "--allow-env",
      "--allow-sys",
      "--allow-run",
      launcher.href,
      ...args,
    ],
    cwd: new URL("..", import.meta.url),
    env: { ...env, NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}
