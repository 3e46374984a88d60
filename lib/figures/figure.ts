/**
 * Figures, and the style that they all share.
 * @module
 */

/** One trace, in Plotly's words. */
export type Trace = Record<string, unknown>;
/** A Plotly figure as plain JSON: `Plotly.newPlot(element, figure.data, figure.layout)` draws it. */
export interface Figure {
  /** The traces. */
  readonly data: Trace[];
  /** The layout. */
  readonly layout: Record<string, unknown>;
}

/** Options that all figures share. */
export interface FigureOptions {
  /** The title above the plot. */
  title?: string;
}

/** One colour for each meaning, the same everywhere. */
export const COLOURS = {
  lr: "#4c4c9d",
  momentum: "#8c6d31",
  training: "#1f77b4",
  validation: "#d6602d",
  mark: "#444444",
  grid: "#e6e6e6",
} as const;

/** The static size of a figure, in pixels. */
export const SIZE = { width: 860, height: 460 } as const;

const FONT = "DejaVu Sans, Verdana, sans-serif";

/** A layout in the common style: title, white background, legend above the plot. */
export function layout(title: string, options: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    title: { text: title, x: 0.5, xanchor: "center", y: 0.975, yanchor: "top", font: { size: 17 } },
    font: { family: FONT, size: 12, color: "#222222" },
    paper_bgcolor: "#ffffff",
    plot_bgcolor: "#ffffff",
    margin: { l: 70, r: 30, t: 80, b: 60 },
    // Plotly.validate rejects a legend that is not shown
    ...(options.showlegend !== false && {
      showlegend: true,
      legend: { orientation: "h", x: 0.5, xanchor: "center", y: 1.02, yanchor: "bottom" },
    }),
    hovermode: "x unified",
    // the whole row of buttons would lie over the title
    modebar: { remove: ["zoomIn2d", "zoomOut2d", "autoScale2d", "select2d", "lasso2d"] },
    width: SIZE.width,
    height: SIZE.height,
    ...options,
  };
}

/**
 * The part of a layout that lists names beside the plot instead of above it. Above, more than a few names take several
 * rows, which push into the title.
 */
export const NAMES_BESIDE = {
  margin: { l: 70, r: 190, t: 60, b: 60 },
  legend: { orientation: "v", x: 1.02, xanchor: "left", y: 1, yanchor: "top", tracegroupgap: 0 },
} as const;

/**
 * A line in the common style. NaN and infinite values become gaps. If a point has a gap on both sides, small markers
 * make it visible.
 */
export function line(name: string, x: readonly number[], y: readonly (number | null)[], options: Trace = {}): Trace {
  const { color = COLOURS.training, width = 2, dash, ...rest } = options;
  const values = y.map((value) => value !== null && Number.isFinite(value) ? value : null);
  const isPoint = (index: number) => typeof values[index] === "number";
  const lone = rest.mode === undefined &&
    values.some((_, index) => isPoint(index) && !isPoint(index - 1) && !isPoint(index + 1));
  return {
    type: "scatter",
    ...(lone ? { mode: "lines+markers", marker: { size: 4, color } } : { mode: "lines" }),
    name,
    x: [...x],
    y: values,
    // by default, plotly.js would drop more points and visibly bend curves
    line: { color, width, simplify: false, ...(dash !== undefined && { dash }) },
    ...rest,
  };
}

/** Whether a figure is in 3D. WebGL draws it, which only browsers have. */
export function isThreeDimensional({ data }: Figure): boolean {
  return data.some(({ type }) => type === "surface" || type === "scatter3d");
}

/** A figure's title as text. */
export function titleOf(figure: Figure): string {
  return (figure.layout.title as { text?: string } | undefined)?.text ?? "Figure";
}
