/**
 * A figure to play with: a slider changes a hyperparameter of a cyclical schedule, and a menu chooses which one.
 * @module
 */
import { cosineRestarts } from "../schedules/cosine_restarts.ts";
import { cyclical } from "../schedules/cyclical.ts";
import { constant } from "../schedules/constant.ts";
import { linearDecay } from "../schedules/decays.ts";
import { oneCycle } from "../schedules/one_cycle.ts";
import type { Schedule } from "../schedules/schedule.ts";
import { checkNumber, checkOptions, rules } from "../support/check.ts";
import { label, rateAxis, timeAxis } from "./axes.ts";
import { coloursOf } from "./colours.ts";
import { COLOURS, type Figure, type FigureOptions, layout, line } from "./figure.ts";
import { type Points, reduceLine } from "./reduce.ts";

/** Options of {@linkcode scheduleExplorer}: the triangular policy with which everything is compared. */
export interface ScheduleExplorerOptions extends FigureOptions {
  /** The base rate, 0 or more and below `maxLr`. Default 0.001. */
  baseLr?: number;
  /** The maximum rate. Default 0.006. */
  maxLr?: number;
  /** Half a cycle, in iterations. Four cycles are drawn. Default 2000. */
  stepSize?: number;
}

/** One position of a slider. */
interface Place {
  /** The label at the slider. */
  readonly label: string;
  /** The schedule at that position. */
  readonly schedule: Schedule;
}

/** One slider: what it changes, its positions, and where it starts. */
interface Slider {
  readonly name: string;
  readonly places: readonly Place[];
  readonly start: number;
}

/**
 * A figure to play with. A menu chooses what to vary (a bound, the step size, gamma as in the code or as in the paper,
 * or the policy), a slider changes it, and the schedule follows. All curves are stored in the figure, so it needs no
 * running program. A dashed line shows the triangular policy with the given options for comparison.
 *
 * @param options See {@linkcode ScheduleExplorerOptions}.
 * @throws {TypeError} If an option is unknown or of the wrong kind.
 * @throws {RangeError} If a value is out of range.
 * @example
 * ```ts
 * import { scheduleExplorer } from "./schedule_explorer.ts";
 *
 * const { layout } = scheduleExplorer({ stepSize: 100 });
 * if ((layout.sliders as unknown[]).length !== 1) throw new Error("one slider; the menu exchanges it");
 * ```
 */
export function scheduleExplorer(options: ScheduleExplorerOptions = {}): Figure {
  const verb = "explore schedules";
  checkOptions(verb, options, ["title", "baseLr", "maxLr", "stepSize"]);
  const { title = "Explore a cyclical learning rate", baseLr = 0.001, maxLr = 0.006, stepSize = 2000 } = options;
  checkNumber(verb, "baseLr", baseLr, ...rules.notNegative);
  checkNumber(verb, "maxLr", maxLr, `above baseLr ${baseLr}`, (value) => value > baseLr);
  checkNumber(verb, "stepSize", stepSize, "1 or more", (value) => value >= 1);
  const iterations = Math.round(8 * stepSize);
  const sliders = slidersFrom({ baseLr, maxLr, stepSize }, iterations);
  // a grid that contains the corners of every step size on the slider
  const grid = Array.from({ length: 4001 }, (_, k) => Number((k * stepSize / 500).toPrecision(7)));
  const pictures = sliders.map((slider) => pictured(slider, grid));
  const shown = pictures[0][sliders[0].start];
  const { x, y } = curveOf(cyclical({ baseLr, maxLr, stepSize }), grid);
  return {
    data: [
      line("as given: triangular", x, y, { color: "#9a9a9a", dash: "dash", width: 1.5 }),
      line(shown.name, shown.x, shown.y, { color: shown.color, width: 3 }),
    ],
    layout: layout(title, {
      height: 560,
      margin: { l: 70, r: 30, t: 105, b: 160 },
      legend: { orientation: "h", x: 1, xanchor: "right", y: 1.03, yanchor: "bottom" },
      xaxis: timeAxis(true, { range: [0, iterations] }),
      yaxis: rateAxis("learning rate", { range: [0, 1.06 * highest(pictures)] }),
      updatemenus: [menu(sliders, pictures)],
      sliders: [sliderLayout(sliders[0], pictures[0])],
    }),
  };
}

/** The six things that can be varied. */
function slidersFrom(start: { baseLr: number; maxLr: number; stepSize: number }, iterations: number): Slider[] {
  const { baseLr, maxLr, stepSize } = start;
  const slider = (name: string, values: readonly number[], at: number, schedule: (value: number) => Schedule) => ({
    name,
    places: values.map((value) => ({ label: label(value), schedule: schedule(value) })),
    start: values.indexOf(at) + 1, // next to the given value, so that both curves are visible
  });
  const maxima = [0.1, 0.25, 0.5, 0.75, 1, 1.25, 1.5].map((k) => k === 1 ? maxLr : baseLr + k * (maxLr - baseLr));
  const bases = [...new Set([0, baseLr, ...[0.2, 0.4, 0.6, 0.8, 1].map((k) => k * maxLr)])].sort((a, b) => a - b);
  const steps = [0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4].map((k) => k * stepSize);
  /** A slider for gamma, by how much of the height, or of the rate, is left at the end. */
  const gammas = (name: string, decays: "amplitude" | "bounds"): Slider => ({
    name,
    places: [1, 0.8, 0.6, 0.4, 0.25, 0.1, 0.01].map((left) => {
      const gamma = left ** (1 / iterations);
      return {
        label: String(Number(gamma.toPrecision(6))),
        schedule: cyclical({ ...start, mode: "exp_range", gamma, decays }),
      };
    }),
    start: 4,
  });
  return [
    slider("maximum rate", maxima, maxLr, (value) => cyclical({ ...start, maxLr: value })),
    slider("base rate", bases, baseLr, (value) => cyclical({ ...start, baseLr: value })),
    slider("step size", steps, stepSize, (value) => cyclical({ ...start, stepSize: value })),
    gammas("gamma, of the height (code)", "amplitude"),
    gammas("gamma, of both bounds (paper)", "bounds"),
    { name: "policy", places: policies(start, iterations), start: 1 },
  ];
}

function policies(start: { baseLr: number; maxLr: number; stepSize: number }, iterations: number): Place[] {
  const { baseLr, maxLr, stepSize } = start;
  const gamma = 0.25 ** (1 / iterations);
  return Object.entries({
    "triangular": cyclical(start),
    "triangular2": cyclical({ ...start, mode: "triangular2" }),
    "exp_range": cyclical({ ...start, mode: "exp_range", gamma }),
    "one cycle": oneCycle({ maxLr, totalSteps: iterations }),
    "cosine restarts": cosineRestarts({ baseLr, maxLr, period: 2 * stepSize }),
    "linear": linearDecay({ initialLr: maxLr, finalLr: baseLr, iterations }),
    "fixed": constant({ learningRate: maxLr }),
  }).map(([label, schedule]) => ({ label, schedule }));
}

/** The curve at a position, as the figure shows it. */
interface Picture extends Points {
  readonly name: string;
  readonly color: string;
}

function pictured({ name, places }: Slider, grid: readonly number[]): Picture[] {
  const colours = name === "policy" ? coloursOf(places.map(({ label }) => label)) : places.map(() => COLOURS.lr);
  return places.map((place, index) => ({
    name: `${name.split(",")[0]}: ${place.label}`,
    color: colours[index],
    ...curveOf(place.schedule, grid),
  }));
}

function curveOf(schedule: Schedule, grid: readonly number[]): Points {
  return reduceLine(grid, grid.map((iteration) => schedule(iteration).learningRate));
}

const highest = (pictures: readonly Picture[][]) =>
  pictures.flat().reduce((all, { y }) => y.reduce<number>((most, value) => Math.max(most, value ?? 0), all), 0);

/** What Plotly must change in the second trace. */
const change = ({ x, y, name, color }: Picture) => ({ x: [x], y: [y], name: [name], "line.color": [color] });

function sliderLayout({ name, places, start }: Slider, pictures: readonly Picture[]) {
  return {
    active: start,
    currentvalue: { prefix: `${name}: `, font: { size: 13 } },
    pad: { t: 60, b: 10 },
    steps: places.map(({ label }, index) => ({ label, method: "restyle", args: [change(pictures[index]), [1]] })),
  };
}

/** A menu that exchanges the slider, and draws the curve at the new slider's start. */
function menu(sliders: readonly Slider[], pictures: readonly Picture[][]) {
  return {
    ...{ x: 0, xanchor: "left", y: 1.03, yanchor: "bottom", direction: "down", showactive: true, active: 0 },
    buttons: sliders.map((slider, index) => ({
      label: `vary: ${slider.name}`,
      method: "update",
      args: [change(pictures[index][slider.start]), { sliders: [sliderLayout(slider, pictures[index])] }, [1]],
    })),
  };
}
