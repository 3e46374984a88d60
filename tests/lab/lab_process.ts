/**
 * `deno task lab`, as a process.
 * @module
 */

const launcher = new URL("../../lib/cli/launch.ts", import.meta.url);

/** A laboratory that runs. */
export class LabProcess implements AsyncDisposable {
  /** Its address. */
  readonly url: string;
  readonly #process: Deno.ChildProcess;

  private constructor(process: Deno.ChildProcess, url: string) {
    this.#process = process;
    this.url = url;
  }

  /**
   * Starts it, on a free port.
   *
   * @param args More flags.
   * @param env Environment variables.
   */
  static async start(args: readonly string[] = [], env: Record<string, string> = {}): Promise<LabProcess> {
    const process = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-prompt", "--allow-read", "--allow-env", "--allow-sys", "--allow-run"],
        ...[launcher.href, "lab", "--no-open", ...args],
      ],
      cwd: new URL("../..", import.meta.url),
      env: { ...env, NO_COLOR: "1" },
      stdout: "piped",
    }).spawn();
    let text = "";
    const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    while (!/ \(Ctrl-C/.test(text)) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`The laboratory has ended: ${text}`);
      text += value;
    }
    void (async () => {
      while (!(await reader.read()).done); // what it says later must not fill the pipe
    })();
    return new LabProcess(process, text.match(/http:\S+/)![0]);
  }

  /** Ends it as Ctrl-C does; the exit code. */
  async stop(): Promise<number> {
    this.#process.kill("SIGINT");
    return (await this.#process.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
