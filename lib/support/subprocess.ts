/**
 * Runs other programs for the set-up.
 * @module
 */

/**
 * Runs a command.
 *
 * @param what What it does, for the error: `"fetch TensorFlow's library"`.
 * @param command The program.
 * @param args Its arguments.
 * @param stdout `"inherit"` lets the program write to the terminal. Default `"piped"`.
 * @throws {Error} If it fails, with the last informative line that it printed.
 */
export async function run(
  what: string,
  command: string,
  args: string[],
  stdout: "piped" | "inherit" = "piped",
): Promise<void> {
  const process = new Deno.Command(command, { args, stdin: "null", stdout, stderr: "piped", env: { NO_COLOR: "1" } })
    .spawn();
  const text = Promise.all(
    [process.stderr, ...(stdout === "piped" ? [process.stdout] : [])].map((stream) => new Response(stream).text()),
  );
  const { success, code } = await process.status;
  const lines = (await text).map((part) => part.trim()).find(Boolean)?.split("\n") ?? [];
  if (success) return;
  const line = lines.findLast((text) => /error|failed|cannot|not /i.test(text)) ?? lines.at(-1) ?? "";
  throw new Error(`Cannot ${what}: the command must succeed, got exit code ${code}: ${line.trim().slice(0, 300)}`);
}
