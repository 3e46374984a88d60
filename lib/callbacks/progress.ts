/**
 * Shows progress while a model trains: in a terminal a bar like Keras's, in a log separate lines, in a notebook one
 * line that updates.
 * @module
 */
import { numbersOf } from "../history/history.ts";
import { ModelCallback } from "./model_callback.ts";
import { schedulerOfFit } from "./compose.ts";
import { batchesOf } from "./fit_length.ts";

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
  /**
   * The length of the run and of its epochs, in updates. With it, the bar is right for a run that continues within an
   * epoch, or ends within one. By default each epoch is counted from its first batch to its last.
   */
  plan?: { readonly iterations: number; readonly batchesPerEpoch: number };
}

/** The callback behind `progress()`. */
export class ProgressBar extends ModelCallback {
  constructor({ sink, now = () => performance.now(), plan }: ProgressOptions) {
    let [before, done, started, shown] = [0, 0, 0, 0];
    let steps: number | undefined;
    let sums: Record<string, number> = {};
    const rate = (): Record<string, number> => {
      const history = schedulerOfFit(this.params)?.history;
      return history?.lr.length ? { lr: history.lr[history.lr.length - 1] } : {};
    };
    const means = () => Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / done]));
    super({
      onEpochBegin: async (epoch) => {
        [before, done, started, shown, sums] = [0, 0, now(), now(), {}];
        steps = batchesOf(this.params);
        if (plan) {
          const first = epoch * plan.batchesPerEpoch;
          before = (schedulerOfFit(this.params)?.iteration ?? first) - first;
          steps = Math.min(plan.batchesPerEpoch, plan.iterations - first);
        }
        await sink.line(`Epoch ${epoch + 1}/${this.params.epochs}`);
      },
      onBatchEnd: async (_batch, logs) => {
        done++;
        for (const [name, value] of Object.entries(numbersOf(logs))) {
          if (name !== "batch" && name !== "size") sums[name] = (sums[name] ?? 0) + value;
        }
        if (!sink.update || now() - shown < sink.everyMs) return;
        shown = now();
        await sink.update(progressLine(done, steps, now() - started, { ...means(), ...rate() }, before));
      },
      onEpochEnd: async (_epoch, logs) => {
        const values = { ...means(), ...numbersOf(logs), ...rate() };
        await sink.line(progressLine(done, before + done, now() - started, values, before));
      },
    });
  }
}

/**
 * One line of progress: steps, a bar, the time, milliseconds per step, and metrics.
 *
 * @param done How many steps were done in the elapsed time.
 * @param steps How many there are in all, if that is known.
 * @param elapsedMs The elapsed time.
 * @param metrics The metrics by name.
 * @param before How many steps had been done before, by an earlier process. Default 0.
 */
export function progressLine(
  done: number,
  steps: number | undefined,
  elapsedMs: number,
  metrics: Record<string, number>,
  before = 0,
): string {
  const total = steps ?? 0;
  const width = 20;
  const at = before + done;
  const filled = total > 0 ? Math.round(width * at / total) : 0;
  const perStep = elapsedMs / Math.max(1, done);
  const running = total > at;
  const time = running ? `ETA ${duration((total - at) * perStep)}` : duration(elapsedMs);
  const values = Object.entries(metrics).map(([name, value]) =>
    `${name}: ${name === "lr" ? value.toExponential(3) : value.toFixed(4)}`
  );
  const count = total > 0 ? `${String(at).padStart(String(total).length)}/${total}` : String(at);
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
