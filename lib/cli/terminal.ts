/**
 * The output of the command line, and its handling of signals.
 * @module
 */
import { duration, logSink, type ProgressSink, terminalSink } from "../callbacks/progress.ts";
import { UsageError } from "./flags.ts";

const encoder = new TextEncoder();

function write(stream: typeof Deno.stdout | typeof Deno.stderr, text: string): void {
  const bytes = encoder.encode(text);
  try {
    for (let written = 0; written < bytes.length;) written += stream.writeSync(bytes.subarray(written));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error; // the reader, such as `head`, has stopped reading
  }
}

/** Prints a line for the user. With `--json` it goes to stderr, because stdout is then for events. */
export type Say = (line?: string) => void;

/** How a command talks to the user and to programs. */
export interface Voice {
  /** Prints a line for the user. */
  readonly say: Say;
  /** Prints one event with `--json`; does nothing without. */
  readonly event: (name: string, values?: Record<string, unknown>) => void;
  /** Shows progress. */
  readonly sink: ProgressSink;
  /** Whether events go to stdout. */
  readonly json: boolean;
}

/** Makes the voice of a command, for a terminal or a log; with `--json`, it also prints one event per line. */
export function voice(json = false): Voice {
  const stream = json ? Deno.stderr : Deno.stdout;
  const say = (line = "") => write(stream, `${line}\n`);
  const columns = () => {
    try {
      return Deno.consoleSize().columns;
    } catch {
      return 100;
    }
  };
  const sink = stream.isTerminal() ? terminalSink((text) => write(stream, text), columns) : logSink(say);
  return {
    say,
    sink,
    json,
    event: (event, values = {}) => json && write(Deno.stdout, `${JSON.stringify({ event, ...values })}\n`),
  };
}

/** Returns a function that shows the progress of a download. */
export function showDownload(sink: ProgressSink) {
  let shown = 0;
  let first: { name: string; received: number; at: number } | undefined;
  return ({ name, received, total, note }: { name: string; received: number; total?: number; note?: string }) => {
    if (note) return void sink.line(`  ${note}`);
    const now = performance.now();
    // Another source starts anew, and a download that continues has had its first bytes before.
    if (first?.name !== name || received < first.received) first = { name, received, at: now };
    if (now - shown < Math.min(sink.everyMs, 5000) && received !== total) return;
    shown = now;
    const mb = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
    const part = total ? received / total : 0;
    const bar = total
      ? ` [${"=".repeat(Math.round(20 * part)).padEnd(20, ".")}] ${mb(received)} of ${mb(total)}`
      : ` ${mb(received)}`;
    const fresh = received - first.received;
    const rest = total && fresh > 0 && part < 1
      ? ` - ETA ${duration((now - first.at) / fresh * (total - received))}`
      : "";
    void (received === total ? sink.line : sink.update ?? sink.line)(`  ${name}${bar}${rest}`);
  };
}

/** The exit codes of a run that a signal ended: 128 plus the signal's number. */
export const SIGNAL_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** A way to learn that the user asked to stop. */
export interface Stop {
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** The exit code for the signal that arrived. */
  readonly code: () => number;
}

/** Why a command stopped: a signal. */
class Stopped extends DOMException {
  constructor(readonly exitCode: number) {
    super("stopped by a signal", "AbortError");
  }
}

/**
 * Listens for Ctrl-C and SIGTERM. The first asks the run to stop, and a second one ends the process at once.
 *
 * @param say Tells the user what the first one does.
 * @param doing What the first one does, as the message says it.
 */
export function hearSignals(say: Say, doing = "Stopping after this batch"): Stop {
  const controller = new AbortController();
  let code = 0;
  let at = 0;
  for (const [name, number] of Object.entries(SIGNAL_CODES) as [keyof typeof SIGNAL_CODES, number][]) {
    if (Deno.build.os === "windows" && name === "SIGTERM") continue;
    Deno.addSignalListener(name, () => {
      // A terminal sends Ctrl-C to all processes in the foreground, and these pass it on. So a signal within a second
      // of the first is still the same Ctrl-C.
      if (controller.signal.aborted && performance.now() - at > 1000) Deno.exit(code);
      if (controller.signal.aborted) return;
      [code, at] = [number, performance.now()];
      say(`\n${doing} (${name}); press Ctrl-C again to quit immediately.`);
      controller.abort(new Stopped(number));
    });
  }
  // Without a listener, this signal (a file grew too large) would end the process silently. With one, the write fails
  // with an error that explains it.
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGXFSZ", () => {});
  return { signal: controller.signal, code: () => code };
}

/**
 * Runs a command and ends the process with what the command returns, 1 for a failed run, or 2 for a wrong call.
 *
 * @param command The command.
 * @param verbose Whether to show the stack trace of an error.
 */
export async function runCommand(command: () => Promise<number>, verbose: boolean): Promise<never> {
  let code: number;
  try {
    code = await command();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    write(Deno.stderr, `${message}\n`);
    if (verbose && error instanceof Error) write(Deno.stderr, `${error.stack}\n`);
    code = error instanceof UsageError ? 2 : error instanceof Stopped ? error.exitCode : 1;
  }
  // an import from JSR that never gets an answer would keep the process alive
  Deno.exit(code);
}

/** Turns the errors of checks on flags into usage errors. */
export function atTheDoor<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) {
      throw new UsageError(error.message, { cause: error });
    }
    throw error;
  }
}
