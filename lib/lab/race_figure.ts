/**
 * The figure of a race while it runs: loss, accuracy and rate on a shared axis of iterations.
 * @module
 */
import { axis, metricAxis, rateAxis, timeAxis } from "../figures/axes.ts";
import { coloursOf } from "../figures/colours.ts";
import { type Curve, sharedGrid, valueAt } from "../figures/curves.ts";
import { type Figure, layout, line, type Trace } from "../figures/figure.ts";
import { reduceLine } from "../figures/reduce.ts";
import { meanAndBand } from "../figures/seeds.ts";
import { recordsOf, type TrainingHistory } from "../history/history.ts";
import type { RacedRun } from "./protocol.ts";

/** One schedule's training in one race, as far as it has got. */
export type DrawnRun = Pick<RacedRun, "name" | "history">;

/** The weight of the past in the smoothed loss that is drawn, because the loss of a single batch is noisy. */
const SMOOTHING = 0.9;

/**
 * Draws three panels: the smoothed training loss, the validation accuracy, and the learning rate. Each schedule has a
 * line in its own colour in each panel. Finished races are drawn as their mean, with a band of one standard deviation
 * on each side. The current race is a thin line.
 *
 * @param ended The trainings of finished races.
 * @param running The trainings of the current race.
 * @param options `iterations`: how far the axis goes; `order`: the schedules' names, for their colours.
 */
export function raceFigure(
  ended: readonly DrawnRun[],
  running: readonly DrawnRun[],
  { iterations, order }: { iterations: number; order: readonly string[] },
): Figure {
  const colours = coloursOf(order);
  const traces = order.flatMap((name, index) => {
    const own = (runs: readonly DrawnRun[]) => runs.filter((run) => run.name === name).map(({ history }) => history);
    return linesOf(name, colours[index], own(ended), own(running));
  });
  // without a line, Plotly would leave a panel out, and without a value, an axis would have an arbitrary range
  const panels = ["y", "y2", "y3"].map((yaxis) =>
    line("", [0], [null], { yaxis, showlegend: false, hoverinfo: "skip" })
  );
  const started = traces.length > 0;
  const scored = [...ended, ...running].some(({ history }) => validationAccuracy(history).x.length > 0);
  return {
    data: [...panels, ...traces],
    layout: layout("Race", {
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

function linesOf(
  name: string,
  color: string,
  ended: readonly TrainingHistory[],
  running: readonly TrainingHistory[],
): Trace[] {
  const traces: Trace[] = [];
  const panels = [
    { yaxis: "y", curveOf: smoothedLoss, mode: "lines" },
    { yaxis: "y2", curveOf: validationAccuracy, mode: "lines+markers" },
  ];
  for (const { yaxis, curveOf, mode } of panels) {
    const look = { color, yaxis, legendgroup: name, mode };
    const means = ended.map(curveOf).filter(({ x }) => x.length > 0);
    if (means.length > 0) {
      const x = sharedGrid(means);
      const values = x.map((at) => means.map((curve) => valueAt(curve, at)));
      traces.push(...meanAndBand(name, x, values, look).map((trace) => ({ ...trace, yaxis })));
    }
    for (const curve of running.map(curveOf).filter(({ x }) => x.length > 0)) {
      const width = means.length > 0 ? 1.2 : 2.2;
      traces.push(line(name, curve.x, curve.y, { ...look, width }));
    }
  }
  const rated = [...running, ...ended].find(({ iterations }) => iterations.length > 0);
  if (rated) {
    const { x, y } = reduceLine(rated.iterations, rated.lr);
    traces.push(line(name, x, y, { color, yaxis: "y3", legendgroup: name }));
  }
  // one legend entry per schedule, for the first of its lines that is not a band
  const entry = traces.findIndex((trace) => trace.showlegend !== false);
  return traces.map((trace, index) => ({ ...trace, showlegend: index === entry }));
}

/** The smoothed loss. Its bias towards the start is removed as in the range test. */
function smoothedLoss({ iterations, loss }: TrainingHistory): Curve {
  const [x, y]: number[][] = [[], []];
  let [average, weight] = [0, 0];
  for (const [index, value] of loss.entries()) {
    if (value === null || !Number.isFinite(value)) continue;
    average = SMOOTHING * average + (1 - SMOOTHING) * value;
    weight = SMOOTHING * weight + (1 - SMOOTHING);
    x.push(iterations[index] + 1);
    y.push(average / weight);
  }
  return { x, y };
}

function validationAccuracy(history: TrainingHistory): Curve {
  const known = recordsOf(history, "val_accuracy");
  return { x: known.map(({ iteration }) => iteration), y: known.map((record) => record.val_accuracy) };
}
