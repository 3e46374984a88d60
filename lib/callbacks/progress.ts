/**
 * Shows progress while a model trains: in a terminal a bar like Keras's, in a log separate lines, in a notebook one
 * line that updates.
 * @module
 */
import { numbersOf } from "../history/history.ts";
import { ModelCallback } from "./model_callback.ts";
import { schedulerOfFit } from "./compose.ts";

/** A place to show progress. */
export interface ProgressSink {
  /** A line that stays. */
  line(text: string): void | Promise<void>;
  /** A line that the next one replaces. A sink that cannot replace lines has no `update`. */
  update?(text: string): void | Promise<void>;
  /** The shortest time between updates, in milliseconds. */
  readonly everyMs: number;
}

/** A terminal, where updates overwrite the last line. */
export function terminalSink(write: (text: string) => void, columns: () => number): ProgressSink {
  let open = false;
  const clear = () => open ? "\r\x1b[2K" : "";
  return {
    everyMs: 100,
    line(text) {
      write(`${clear()}${text}\n`);
      open = false;
    },
    update(text) {
      write(`${clear()}${text.slice(0, Math.max(20, columns() - 1))}`);
      open = true;
    },
  };
}

/** A log, which gets a new line every so often. */
export function logSink(write: (line: string) => void, everyMs = 15_000): ProgressSink {
  return { everyMs, line: write, update: write };
}

/** A notebook: a single output that updates. Finished lines stay above the line that changes. */
export function notebookSink(display: (text: string) => Promise<void>): ProgressSink {
  const lines: string[] = [];
  return {
    everyMs: 500,
    line(text) {
      lines.push(text);
      return display(lines.join("\n"));
    },
    update: (text) => display([...lines, text].join("\n")),
  };
}

/** Options of {@linkcode ProgressBar}. */
export interface ProgressOptions {
  /** Where to show the progress. */
  sink: ProgressSink;
  /** The clock, in milliseconds; for tests. */
  now?: () => number;
}

/** The callback behind `progress()`. */
export class ProgressBar extends ModelCallback {
  constructor({ sink, now = () => performance.now() }: ProgressOptions) {
    let [epoch, done, started, shown] = [0, 0, 0, 0];
    let sums: Record<string, number> = {};
    const rate = (): Record<string, number> => {
      const history = schedulerOfFit(this.params)?.history;
      return history?.lr.length ? { lr: history.lr[history.lr.length - 1] } : {};
    };
    const means = () => Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / done]));
    super({
      onEpochBegin: async (number) => {
        [epoch, done, started, shown, sums] = [number, 0, now(), now(), {}];
        await sink.line(`Epoch ${epoch + 1}/${this.params.epochs}`);
      },
      onBatchEnd: async (_batch, logs) => {
        done++;
        for (const [name, value] of Object.entries(numbersOf(logs))) {
          if (name !== "batch" && name !== "size") sums[name] = (sums[name] ?? 0) + value;
        }
        if (!sink.update || now() - shown < sink.everyMs) return;
        shown = now();
        await sink.update(
          progressLine(done, this.params.steps as number | undefined, now() - started, { ...means(), ...rate() }),
        );
      },
      onEpochEnd: async (_epoch, logs) => {
        const values = { ...means(), ...numbersOf(logs), ...rate() };
        await sink.line(progressLine(done, done, now() - started, values));
      },
    });
  }
}

/** One line of progress: steps, a bar, the time, milliseconds per step, and metrics. */
export function progressLine(
  done: number,
  steps: number | undefined,
  elapsedMs: number,
  metrics: Record<string, number>,
): string {
  const total = steps ?? 0;
  const width = 20;
  const filled = total > 0 ? Math.round(width * done / total) : 0;
  const perStep = elapsedMs / Math.max(1, done);
  const running = total > done;
  const time = running ? `ETA ${duration((total - done) * perStep)}` : duration(elapsedMs);
  const values = Object.entries(metrics).map(([name, value]) =>
    `${name}: ${name === "lr" ? value.toExponential(3) : value.toFixed(4)}`
  );
  const count = total > 0 ? `${String(done).padStart(String(total).length)}/${total}` : String(done);
  return [
    `${count} [${"=".repeat(filled)}${running ? ">" : ""}${
      ".".repeat(Math.max(0, width - filled - (running ? 1 : 0)))
    }]`,
    `${time} ${perStep < 10 ? perStep.toFixed(1) : Math.round(perStep)}ms/step`,
    ...values,
  ].join(" - ");
}

/** A readable time: 42s, 3:05, 2h 05m. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  return `${Math.floor(seconds / 3600)}h ${String(Math.floor(seconds % 3600 / 60)).padStart(2, "0")}m`;
}
