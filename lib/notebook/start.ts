/**
 * The start of a notebook, and its progress bar and live figures.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Precision } from "../backend/precision.ts";
import { type BackendChoice, selectBackend } from "../backend/select.ts";
import { cifar10IsCached } from "../data/cifar10/mod.ts";
import { atLeast, LEAST_DENO } from "../support/deno_version.ts";
import { turnRichDisplayOn } from "./show.ts";
import { trainingFigure } from "../figures/training.ts";
import { displayBundle, figureBundle, jupyter } from "./display.ts";
import { checkNumber, checkOptions, rules } from "../support/check.ts";
import { ModelCallback } from "../callbacks/model_callback.ts";
import { schedulerOfFit } from "../callbacks/compose.ts";
import { logSink, notebookSink, ProgressBar, type ProgressSink } from "../callbacks/progress.ts";

/**
 * Call this in the first cell. It checks Deno, starts the backend, says what is available and what is missing, and
 * turns on rich display: a data set, a tensor, a scheduler or a tfjs History at the end of a cell then appears as
 * `show` would show it. (The kernel does this for objects but not for functions, so use `show` for a schedule.)
 *
 * @param options `backend` (default `"auto"`) and `precision` (default `"float32"`): as for `selectBackend`.
 * @throws {TypeError} If an option is unknown.
 * @throws {Error} If this Deno is too old.
 * @throws {Deno.errors.NotFound} If you asked for a backend by name and it is not available.
 * @example
 * ```ts ignore
 * import { startNotebook } from "../mod.ts";
 *
 * await startNotebook();
 * ```
 */
export async function startNotebook(options: { backend?: BackendChoice; precision?: Precision } = {}): Promise<void> {
  checkOptions("start a notebook", options, ["backend", "precision"]);
  const { backend, ...others } = options;
  const deno = Deno.version.deno;
  if (!atLeast(deno, LEAST_DENO)) {
    throw new Error(`Cannot start a notebook: it needs Deno ${LEAST_DENO} or newer (\`deno upgrade\`), got ${deno}`);
  }
  const { name, reason } = await selectBackend(backend, others);
  turnRichDisplayOn();
  const lines = [
    `Deno ${deno.split(".").slice(0, 2).join(".")}`,
    `backend: ${name} (${reason})`,
    await cifar10IsCached()
      ? "CIFAR-10: ready"
      : "CIFAR-10: not on this machine yet; loadCifar10() fetches it, or run `deno task setup`",
  ].join("\n");
  if (jupyter()) await displayBundle({ "text/plain": lines });
  else console.log(lines);
}

/**
 * A progress bar for `fit` and `fitDataset`. In a notebook it is a single updating output, elsewhere a line every so
 * often.
 *
 * @example
 * ```ts
 * import { callbacks, CyclicLR, progress } from "../mod.ts";
 *
 * const list = callbacks(new CyclicLR(), progress());
 * ```
 */
export function progress(): tf.CustomCallback {
  return jupyter() ? new NotebookProgress() : new ProgressBar({ sink: logSink((line) => console.log(line)) });
}

/** Makes an output under the cell that runs now. Each call of the returned function replaces its contents. */
function newOutput(): (bundle: Record<string, unknown>) => Promise<void> {
  const id = crypto.randomUUID();
  let shown = false;
  return async (bundle) => {
    await displayBundle(bundle, id, shown);
    shown = true;
  };
}

function newSink(): ProgressSink {
  const show = newOutput();
  return notebookSink((text) => show({ "text/plain": text }));
}

/** A progress bar with a new output for each fit, which may belong to another cell than the fit before. */
class NotebookProgress extends ProgressBar {
  readonly #renew: () => void;

  constructor() {
    let sink = newSink();
    super({ sink: { ...sink, line: (text) => sink.line(text), update: (text) => sink.update?.(text) } });
    this.#renew = () => {
      sink = newSink();
    };
  }

  override async onTrainBegin(): Promise<void> {
    this.#renew();
    await super.onTrainBegin();
  }
}

class LiveFigure extends ModelCallback {
  constructor(every: number, title: string) {
    let show = newOutput();
    let [steps, last] = [0, -Infinity];
    const draw = async () => {
      const scheduler = schedulerOfFit(this.params);
      if (!scheduler || scheduler.history.iterations.length < 2) return;
      await show(await figureBundle(trainingFigure(scheduler, { title })));
      last = performance.now();
    };
    // drawing takes about a second, so at most one second in five goes into it
    const drawSometimes = async () => {
      if (performance.now() - last > 5000) await draw();
    };
    super({
      onTrainBegin: () => {
        if (!schedulerOfFit(this.params)) {
          throw new TypeError("Cannot draw a live figure: the fit must have a learning-rate scheduler, got none");
        }
        // this fit may belong to another cell than the one before
        [show, steps, last] = [newOutput(), 0, -Infinity];
      },
      onBatchEnd: async () => {
        if (++steps % every === 0) await drawSometimes();
      },
      onEpochEnd: drawSometimes,
      onTrainEnd: draw,
    });
  }
}

/**
 * A figure of losses, accuracies and rate that is redrawn while the cell trains, and once more when the training ends. It
 * needs a scheduler in the same fit. Each fit gets a figure of its own.
 *
 * @param options `every`: how many batches to train between drawings, 1 or more, default 20; but it draws at most once
 * in five seconds. `title`: the figure's title, default "Training".
 * @throws {TypeError} If an option is unknown; in a notebook also when a fit starts, if it has no scheduler.
 * @throws {RangeError} If `every` is not a whole number of 1 or more.
 * @example
 * ```ts
 * import { callbacks, CyclicLR, liveFigure } from "../mod.ts";
 *
 * const list = callbacks(new CyclicLR(), liveFigure({ every: 10 }));
 * ```
 */
export function liveFigure(options: { every?: number; title?: string } = {}): tf.CustomCallback {
  const verb = "draw a live figure";
  checkOptions(verb, options, ["every", "title"]);
  const { every = 20, title = "Training" } = options;
  checkNumber(verb, "every", every, ...rules.count);
  if (jupyter()) return new LiveFigure(every, title);
  return new ProgressBar({ sink: logSink(() => {}) });
}
