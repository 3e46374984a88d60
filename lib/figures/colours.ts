/**
 * Gives each schedule one colour, the same in every figure of README, notebooks and command line.
 * @module
 */

/**
 * The schedules' colours. A search chose them so that the smallest distance between any two (in OKLab) is large, as
 * seen by most people and under simulated protanopia, deuteranopia and tritanopia. tests/figures measures that
 * distance.
 */
export const SCHEDULE_COLOURS: Readonly<Record<string, string>> = {
  "triangular": "#1f77b4",
  "triangular2": "#d6602d",
  "exp-range": "#08b47c",
  "one-cycle": "#6200ad",
  "fixed": "#7f7f7f",
  "step": "#9dbb00",
  "linear": "#9f8bc4",
  "polynomial": "#371400",
  "cosine": "#8cadff",
  "cosine-restarts": "#00006c",
  "exponential": "#6b2c00",
  "staged": "#005061",
  "time": "#130021",
  "inverse-square-root": "#766100",
  "warmup-stable-decay": "#cfa2bb",
  "decay": "#8374ff",
};

/** Other names for the same schedules. The ending `-decay`, as in `linearDecay`, may also be left out. */
const ALIASES: Readonly<Record<string, string>> = {
  "cyclical": "triangular",
  "constant": "fixed",
  "fixed-at-base": "fixed",
  "fixed-at-max": "time",
  "slanted-triangular": "time",
  "caffe-fixed": "fixed",
  "staged-triangular2": "inverse-square-root",
  "warm-up": "warmup-stable-decay",
  "exp": "exponential",
  "piecewise-constant": "staged",
};

const BY_NAME = new Map([
  ...Object.entries(SCHEDULE_COLOURS),
  ...Object.entries(ALIASES).map(([alias, name]) => [alias, SCHEDULE_COLOURS[name]] as const),
]);

/** Colours for series that have none of their own. */
export const SERIES: readonly string[] = Object.values(SCHEDULE_COLOURS);

/**
 * Chooses a colour for each name. A schedule has its own colour, however its name is written (`exp_range`, `exp-range`,
 * `exp range`, `expRange`). Any other name gets the first colour that no name in the list has yet. So does a schedule
 * whose colour belongs to another one before it, as `caffe-fixed` after `fixed`.
 *
 * @param names The names that appear in the same figure.
 * @returns Their colours, in order.
 * @example
 * ```ts
 * import { coloursOf } from "./colours.ts";
 *
 * const [mine, theirs, again] = coloursOf(["my own", "one cycle", "oneCycle"]);
 * if (mine === theirs || theirs !== again) throw new Error("one cycle has a colour of its own");
 * ```
 */
export function coloursOf(names: readonly string[]): string[] {
  const keys = names.map((name) => scheduleKey(name) ?? name);
  const own = new Map<string, string>();
  for (const key of keys) {
    const colour = BY_NAME.get(key);
    if (colour !== undefined && ![...own.values()].includes(colour)) own.set(key, colour);
  }
  const taken = [...own.values()];
  const free = SERIES.filter((colour) => !taken.includes(colour));
  const others = keys.filter((key) => !own.has(key));
  const spare = free.length > 0 ? free : SERIES;
  return keys.map((key) => own.get(key) ?? spare[others.indexOf(key) % spare.length]);
}

/** The one way in which a schedule's name is written in the lists above; undefined if it is no schedule's. */
function scheduleKey(name: string): string | undefined {
  const key = name.replaceAll(/([a-z])([A-Z])/g, "$1-$2").toLowerCase().replaceAll(/[\s_]+/g, "-");
  return [key, key.replace(/-decay$/, "")].find((one) => BY_NAME.has(one));
}
