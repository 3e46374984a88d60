/**
 * Draws a learning rate, and the momentum if it is cycled too.
 * @module
 */
import type { TrainingHistory } from "../history/history.ts";
import type { CyclicalOptions } from "../schedules/cyclical.ts";
import { type AnySchedule, asSchedule, type Schedule, type ScheduleConfig } from "../schedules/schedule.ts";
import { checkNumber, checkOptions, rules, shown } from "../support/check.ts";
import { cycleMarks } from "./annotated_cycle.ts";
import { axis, rateAxis, timeAxis } from "./axes.ts";
import { COLOURS, type Figure, type FigureOptions, layout, line, NAMES_BESIDE, type Trace } from "./figure.ts";
import { coloursOf } from "./colours.ts";
import { reduceLine } from "./reduce.ts";
import { byEpoch, countsIterations, historyOf, type HistorySource, timesOf } from "./source.ts";

const VERB = "draw a learning rate";

/** Options of {@linkcode learningRateFigure}. */
export interface LearningRateFigureOptions extends FigureOptions {
  /** For schedules: how many iterations to draw. Default 1000, or two cycles with `annotate`. */
  iterations?: number;
  /**
   * For a single cyclical schedule: whether to mark its bounds, a step size and a cycle. The momentum is then left out.
   * Default false.
   */
  annotate?: boolean;
}

/**
 * Draws the learning rate by iteration and, if it is cycled, the momentum below it. The source is a training or
 * schedules.
 *
 * @param source A training (see {@linkcode HistorySource}), a schedule, or several by name. A function that returns the
 * rate as a number is a schedule, too.
 * @param options `title`; `iterations` and `annotate`, for schedules.
 * @throws {TypeError} If there is nothing to draw, an option is unknown, a function of yours returns something else than
 * a rate, or `annotate` is used with anything but a single cyclical schedule.
 * @throws {RangeError} If `iterations` is not a whole number of 1 or more, or a function of yours returns a rate that is
 * negative or not finite.
 * @example
 * ```ts
 * import { cyclical } from "../schedules/mod.ts";
 * import { learningRateFigure } from "./learning_rate.ts";
 *
 * const figure = learningRateFigure({ triangular: cyclical({ stepSize: 100 }) }, { iterations: 400 });
 * if (figure.data.length !== 1) throw new Error("one line");
 * ```
 */
export function learningRateFigure(
  source: HistorySource | AnySchedule | Readonly<Record<string, AnySchedule>>,
  options: LearningRateFigureOptions = {},
): Figure {
  checkOptions(VERB, options, ["title", "iterations", "annotate"]);
  const { annotate = false, title = "Learning rate" } = options;
  const schedules = typeof source === "function" ? { "learning rate": source } : schedulesIn(source);
  if (annotate) return annotated(source, options);
  if (!schedules) return ofHistory(historyOf(source as HistorySource), title);
  const { iterations = 1000 } = options;
  const lines = linesOf(schedules, iterations, typeof source === "function" ? [COLOURS.lr] : undefined);
  return panels(lines.rates, lines.momenta, title);
}

/**
 * The lines of schedules over this many iterations. If there is only one schedule, its momentum gets its own colour and
 * name.
 */
function linesOf(schedules: Readonly<Record<string, AnySchedule>>, iterations: number, own?: string[]) {
  checkNumber("draw a schedule", "iterations", iterations, ...rules.count);
  const i = Array.from({ length: iterations + 1 }, (_, index) => index);
  const colours = own ?? coloursOf(Object.keys(schedules));
  const [rates, momenta]: Trace[][] = [[], []];
  for (const [index, [name, given]] of Object.entries(schedules).entries()) {
    const schedule = asSchedule(VERB, name, given);
    const values = i.map((iteration) => schedule(iteration));
    const rate = reduceLine(i, values.map(({ learningRate }) => learningRate));
    rates.push(line(name, rate.x, rate.y, { color: colours[index], legendgroup: name }));
    if (values.every(({ momentum }) => momentum === undefined)) continue;
    const { x, y } = reduceLine(i, values.map(({ momentum }) => momentum ?? null));
    momenta.push(
      own
        ? momentumLine(x, y)
        : line(`${name}: momentum`, x, y, { color: colours[index], yaxis: "y2", legendgroup: name, showlegend: false }),
    );
  }
  return { rates, momenta };
}

function momentumLine(x: readonly number[], y: readonly (number | null)[]): Trace {
  return line("momentum", x, y, { color: COLOURS.momentum, yaxis: "y2" });
}

/** Two panels: the rates, and below them the momenta over the same iterations. */
function panels(rates: Trace[], momenta: Trace[], title: string, byIteration = true): Figure {
  const names = rates.length >= 5 ? NAMES_BESIDE : {};
  if (momenta.length === 0) {
    return { data: rates, layout: layout(title, { ...names, xaxis: timeAxis(byIteration), yaxis: rateAxis() }) };
  }
  return {
    data: [...rates, ...momenta],
    layout: layout(title, {
      ...names,
      height: 540,
      xaxis: timeAxis(byIteration, { anchor: "y2" }),
      yaxis: rateAxis("learning rate", { domain: [0.44, 1] }),
      yaxis2: axis("momentum", { domain: [0, 0.36] }),
    }),
  };
}

function ofHistory(history: TrainingHistory, title: string): Figure {
  const momenta = history.momentum && reduceLine(history.iterations, history.momentum);
  const lines = momenta ? [momentumLine(momenta.x, momenta.y)] : [];
  return panels([rateLine(history)], lines, title, countsIterations(history));
}

/** The line of a training's rate, by iteration, or by epoch if nothing finer is known. */
export function rateLine(history: TrainingHistory): Trace {
  const { x, y } = history.iterations.length > 0
    ? reduceLine(history.iterations, history.lr)
    : { x: timesOf(history, history.epochs), y: byEpoch(history, "lr") ?? [] };
  return line("learning rate", x, y, { color: COLOURS.lr });
}

function annotated(source: unknown, options: LearningRateFigureOptions): Figure {
  const schedule = typeof source === "function" ? source as Schedule : undefined;
  if (schedule?.config?.schedule !== "cyclical") {
    throw new TypeError(`Cannot annotate a cycle: it needs one schedule made by cyclical, got ${shown(source)}`);
  }
  const { iterations = Math.ceil(2 * schedule.cycleEnd!(0)), title = "A cyclical learning rate" } = options;
  const { rates } = linesOf({ "learning rate": schedule }, iterations, [COLOURS.lr]);
  const marks = cycleMarks(schedule.config as CyclicalOptions & ScheduleConfig); // cyclical made it
  return {
    data: rates,
    layout: layout(title, {
      xaxis: timeAxis(true, marks.xaxis),
      yaxis: rateAxis("learning rate", marks.yaxis),
      shapes: marks.shapes,
      annotations: marks.annotations,
    }),
  };
}

function schedulesIn(source: unknown): Record<string, AnySchedule> | undefined {
  const values = Object.values(source ?? {});
  return values.length > 0 && values.every((value) => typeof value === "function")
    ? source as Record<string, AnySchedule>
    : undefined;
}
