/**
 * Draws a loss over two weights, with descents on it.
 * @module
 */
import { checkChoice, checkNumber, checkOptions, rules } from "../support/check.ts";
import { axis } from "./axes.ts";
import { coloursOf } from "./colours.ts";
import { type Figure, type FigureOptions, layout, type Trace } from "./figure.ts";

/** One descent over a loss surface. */
export interface Descent {
  /** Its name in the legend. */
  readonly name: string;
  /** Its points, each as [x, y]. */
  readonly path: readonly (readonly [number, number])[];
}

/** Options of {@linkcode lossSurfaceFigure}. */
export interface LossSurfaceOptions extends FigureOptions {
  /** The range of x, from left to right. Default [-2, 2]. */
  xRange?: readonly [number, number];
  /** The range of y, from front to back. Default [-2, 2]. */
  yRange?: readonly [number, number];
  /** The paths of optimizers over the surface. */
  descents?: readonly Descent[];
  /**
   * Whether to draw a surface in 3D, which only interactive viewers show, or a map, which any viewer shows. Default
   * `"3d"`.
   */
  view?: "3d" | "map";
}

/**
 * A loss surface of two weights with descents drawn on it, in 3D or as a map.
 *
 * @param loss The loss at a point.
 * @param options See {@linkcode LossSurfaceOptions}.
 * @throws {TypeError} If an option is unknown.
 * @throws {RangeError} If a range does not rise, or the view is unknown.
 * @example
 * ```ts
 * import { lossSurfaceFigure } from "./loss_surface.ts";
 *
 * const figure = lossSurfaceFigure((x, y) => x * x - y * y, { descents: [{ name: "sgd", path: [[1, 0], [0.5, 0]] }] });
 * if (figure.data.length !== 2) throw new Error("the surface and one descent");
 * ```
 */
export function lossSurfaceFigure(loss: (x: number, y: number) => number, options: LossSurfaceOptions = {}): Figure {
  const verb = "draw a loss surface";
  checkOptions(verb, options, ["xRange", "yRange", "descents", "view", "title"]);
  const { xRange = [-2, 2], yRange = [-2, 2], descents = [], view = "3d", title = "Loss surface" } = options;
  checkChoice(verb, "view", view, ["3d", "map"]);
  checkNumber(verb, "the width of xRange", xRange[1] - xRange[0], ...rules.positive);
  checkNumber(verb, "the width of yRange", yRange[1] - yRange[0], ...rules.positive);
  const [x, y] = [along(xRange), along(yRange)];
  const z = y.map((b) => x.map((a) => Number(loss(a, b).toPrecision(5))));
  const surface = { x, y, z, colorscale: "Viridis", colorbar: { title: { text: "loss" }, thickness: 14 } };
  const [low, high] = heightOf(z);
  const colours = coloursOf(descents.map(({ name }) => name));
  const paths = descents.map(({ name, path }, index): Trace => {
    const color = colours[index];
    const [px, py] = [path.map(([a]) => a), path.map(([, b]) => b)];
    const looks = { mode: "lines+markers", name, line: { color, width: view === "3d" ? 5 : 2.5 } };
    return view === "3d"
      ? {
        type: "scatter3d",
        x: px,
        y: py,
        z: path.map(([a, b]) => loss(a, b) + 0.005 * (high - low)), // a little above the surface
        ...looks,
        marker: { size: 2.5, color },
      }
      : { type: "scatter", x: px, y: py, ...looks, marker: { size: 5, color } };
  });
  if (view === "map") {
    return {
      data: [{ type: "contour", ...surface, ncontours: 24, line: { width: 0.5 } }, ...paths],
      layout: layout(title, {
        height: 560,
        hovermode: "closest",
        xaxis: axis("weight 1", { range: [...xRange] }),
        yaxis: axis("weight 2", { range: [...yRange] }),
      }),
    };
  }
  return {
    data: [{ type: "surface", ...surface, opacity: 0.9 }, ...paths],
    layout: layout(title, {
      height: 620,
      plot_bgcolor: undefined, // a plot in 3D has no plot background
      hovermode: "closest",
      scene: {
        // without ranges, a descent that diverges would shrink the surface to a speck
        xaxis: { title: { text: "weight 1" }, range: [...xRange] },
        yaxis: { title: { text: "weight 2" }, range: [...yRange] },
        zaxis: { title: { text: "loss" }, range: [low, high] },
        camera: { eye: { x: 1.5, y: -1.5, z: 1.1 } },
      },
    }),
  };
}

/** 61 numbers evenly over a range, rounded to a few digits more than their distance. */
function along([from, to]: readonly [number, number]): number[] {
  const steps = 60;
  const digits = Math.min(100, Math.max(4, 4 - Math.floor(Math.log10(to - from))));
  return Array.from({ length: steps + 1 }, (_, i) => Number((from + (to - from) * i / steps).toFixed(digits)));
}

/** The range of the losses, with a little room. */
function heightOf(z: readonly number[][]): [low: number, high: number] {
  const finite = z.flat().filter(Number.isFinite);
  if (finite.length === 0) return [0, 1];
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const room = 0.02 * (high - low || 1);
  return [low - room, high + room];
}
