/**
 * The figure of a race while it runs: loss, accuracy and rate on a shared axis of iterations.
 * @module
 */
import { axis, metricAxis, rateAxis, timeAxis } from "../figures/axes.ts";
import { coloursOf } from "../figures/colours.ts";
import { type Curve, sharedGrid, valueAt } from "../figures/curves.ts";
import { type Figure, layout, line, NAMES_BESIDE, type Trace } from "../figures/figure.ts";
import { reduceLine } from "../figures/reduce.ts";
import { meanAndBand } from "../figures/seeds.ts";
import { recordsOf, type TrainingHistory } from "../history/history.ts";
import type { RacedRun } from "./protocol.ts";

/** One schedule's training in one race, as far as it has got. */
export type DrawnRun = Pick<RacedRun, "name" | "history">;

/** The weight of the past in the smoothed loss that is drawn, because the loss of a single batch is noisy. */
const SMOOTHING = 0.9;
/** The most points of a mean, about two for each pixel of a plot. */
const MOST_POINTS = 1500;
/** The most schedules that are named above the plot. */
const MOST_ABOVE = 4;

/** The panels of the metrics. */
const PANELS = [
  { yaxis: "y", curveOf: smoothedLoss, mode: "lines" },
  { yaxis: "y2", curveOf: validationAccuracy, mode: "lines+markers" },
];

/**
 * The lines of finished races: for each schedule, the mean of its loss and of its accuracy, each with a band of one
 * standard deviation, and its rate. They take a while if races are long, and change only when a race ends.
 *
 * @param ended The trainings.
 * @param order The schedules' names, for their colours.
 */
export function endedLines(ended: readonly DrawnRun[], order: readonly string[]): Trace[] {
  const colours = coloursOf(order);
  return order.flatMap((name, index) => {
    const color = colours[index];
    const own = ended.filter((run) => run.name === name).map(({ history }) => history);
    const means = PANELS.flatMap(({ yaxis, curveOf, mode }) => {
      const curves = own.map(curveOf).filter(({ x }) => x.length > 0);
      if (curves.length === 0) return [];
      const x = thinned(sharedGrid(curves));
      const values = x.map((at) => curves.map((curve) => valueAt(curve, at)));
      const look = { color, yaxis, legendgroup: name, mode };
      return meanAndBand(name, x, values, look).map((trace) => ({ ...trace, yaxis }));
    });
    return [...means, ...rateLine(name, color, own)];
  });
}

/**
 * Draws three panels: the smoothed training loss, the validation accuracy, and the learning rate. Each schedule has a
 * line in its own colour in each panel. Finished races are drawn as their mean, with a band of one standard deviation
 * on each side. The current race is a thin line.
 *
 * @param ended The lines of finished races; see {@linkcode endedLines}.
 * @param running The trainings of the current race.
 * @param options `iterations`: how far the axis goes; `order`: the schedules' names, for their colours.
 */
export function raceFigure(
  ended: readonly Trace[],
  running: readonly DrawnRun[],
  { iterations, order }: { iterations: number; order: readonly string[] },
): Figure {
  const colours = coloursOf(order);
  const traces = order.flatMap((name, index) => {
    const own = running.filter((run) => run.name === name).map(({ history }) => history);
    return linesOf(name, colours[index], ended.filter(({ legendgroup }) => legendgroup === name), own);
  });
  // without a line, Plotly would leave a panel out, and without a value, an axis would have an arbitrary range
  const panels = ["y", "y2", "y3"].map((yaxis) =>
    line("", [0], [null], { yaxis, showlegend: false, hoverinfo: "skip" })
  );
  const started = traces.length > 0;
  const scored = traces.some(({ yaxis }) => yaxis === "y2");
  return {
    data: [...panels, ...traces],
    layout: layout("Race", {
      ...(order.length > MOST_ABOVE && NAMES_BESIDE),
      hovermode: "x unified",
      height: 680,
      xaxis: timeAxis(true, { anchor: "y3", range: [0, iterations] }),
      yaxis: axis("training loss", { domain: [0.7, 1], ...(!started && { range: [1, 2.5] }) }),
      yaxis2: metricAxis("val_accuracy", { domain: [0.35, 0.65], ...(scored ? TO_ZERO : { range: [0, 0.6] }) }),
      yaxis3: rateAxis("learning rate", { domain: [0, 0.3], ...(started ? TO_ZERO : { range: [0, 0.02] }) }),
    }),
  };
}

const TO_ZERO = { rangemode: "tozero" };

/** The lines of one schedule: those of finished races, and those of the current one. */
function linesOf(name: string, color: string, ended: readonly Trace[], running: readonly TrainingHistory[]): Trace[] {
  const current = PANELS.flatMap(({ yaxis, curveOf, mode }) => {
    const width = ended.length > 0 ? 1.2 : 2.2;
    return running.map(curveOf).filter(({ x }) => x.length > 0).map((curve) => {
      const { x, y } = mode === "lines" ? reduceLine(curve.x, curve.y) : curve; // each validation has its mark
      return line(name, x, y, { color, yaxis, legendgroup: name, mode, width });
    });
  });
  const metrics = ended.filter(({ yaxis }) => yaxis !== "y3");
  // the longest, because the rate of a training that diverged ends early
  const rates = [...ended.filter(({ yaxis }) => yaxis === "y3"), ...rateLine(name, color, running)];
  const endOf = ({ x }: Trace) => (x as number[]).at(-1) ?? -1;
  const rate = rates.length > 0 ? [rates.reduce((a, b) => endOf(b) > endOf(a) ? b : a)] : [];
  const traces = [...metrics, ...current, ...rate];
  // one legend entry per schedule, for the first of its lines that is not a band
  const entry = traces.findIndex(({ fill }) => fill === undefined);
  return traces.map((trace, index) => ({ ...trace, showlegend: index === entry }));
}

/** The rate of a schedule's longest training, because one that diverged ends early. */
function rateLine(name: string, color: string, histories: readonly TrainingHistory[]): Trace[] {
  const rates = histories.map(ratesOf).filter(({ x }) => x.length > 0);
  if (rates.length === 0) return [];
  const longest = rates.reduce((one, other) => other.x.at(-1)! > one.x.at(-1)! ? other : one);
  const { x, y } = reduceLine(longest.x, longest.y);
  return [line(name, x, y, { color, yaxis: "y3", legendgroup: name })];
}

/** The rates by iteration, or by epoch in a record that has no iterations. */
function ratesOf(history: TrainingHistory): Curve {
  return history.iterations.length > 0 ? { x: history.iterations, y: history.lr } : byEpoch(history, "lr");
}

/**
 * The smoothed loss. Its bias towards the start is removed as in the range test. Records keep only some iterations, so
 * the past fades with the iterations since the last one. If a record has none at all, it is the mean loss of epochs.
 */
function smoothedLoss(history: TrainingHistory): Curve {
  const { iterations, loss } = history;
  if (iterations.length === 0) return byEpoch(history, "loss");
  const [x, y]: number[][] = [[], []];
  let [average, weight] = [0, 0];
  for (const [index, value] of loss.entries()) {
    if (value === null || !Number.isFinite(value)) continue;
    const at = iterations[index] + 1;
    const kept = SMOOTHING ** (at - (x.at(-1) ?? at - 1));
    average = kept * average + (1 - kept) * value;
    weight = kept * weight + (1 - kept);
    x.push(at);
    y.push(average / weight);
  }
  return { x, y };
}

function validationAccuracy(history: TrainingHistory): Curve {
  return byEpoch(history, "val_accuracy");
}

/** A metric that was not recorded for every batch. */
function byEpoch(history: TrainingHistory, metric: string): Curve {
  const known = recordsOf(history, metric);
  return { x: known.map(({ iteration }) => iteration), y: known.map((record) => record[metric]) };
}

/** Some points of a grid, evenly spread, and its end. */
function thinned(grid: readonly number[]): number[] {
  const step = Math.ceil(grid.length / MOST_POINTS);
  return grid.filter((_, index) => index % step === 0 || index === grid.length - 1);
}
