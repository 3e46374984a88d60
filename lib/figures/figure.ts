/**
 * What a figure is, and the look that all of them share.
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

/** One colour a meaning, throughout. */
export const COLOURS = {
  lr: "#4c4c9d",
  momentum: "#8c6d31",
  training: "#1f77b4",
  validation: "#d6602d",
  mark: "#444444",
  grid: "#e6e6e6",
} as const;

/** The colours of policies, by name; others take from {@linkcode SERIES}. */
export const POLICY_COLOURS: Readonly<Record<string, string>> = {
  "triangular": "#1f77b4",
  "triangular2": "#d6602d",
  "exp_range": "#2a8f5b",
  "one cycle": "#8e44ad",
  "fixed": "#7f7f7f",
  "fixed at base": "#7f7f7f",
  "fixed at max": "#3b3b3b",
  "step": "#b8860b",
  "linear": "#c2478d",
  "polynomial": "#17899a",
};
/** Colours for series without one of their own. */
export const SERIES = ["#1f77b4", "#d6602d", "#2a8f5b", "#8e44ad", "#b8860b", "#c2478d", "#17899a", "#7f7f7f"];

/** A policy's colour, or the series' by its place. */
export function colourOf(name: string, index: number): string {
  return POLICY_COLOURS[name] ?? SERIES[index % SERIES.length];
}

/** The static size of a figure, in pixels. */
export const SIZE = { width: 860, height: 460 } as const;

const FONT = "DejaVu Sans, Verdana, sans-serif";

/** An axis with its name, in the common look. */
export function axis(title: string, options: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    title: { text: title, standoff: 8 },
    ...(options.showgrid !== false && { gridcolor: COLOURS.grid }),
    zeroline: false,
    showline: true,
    linecolor: "#888888",
    ticks: "outside",
    tickcolor: "#888888",
    automargin: true,
    ...options,
  };
}

/** A rate's axis: powers of ten as 1e-4, never in SI letters. */
export function rateAxis(title = "learning rate", options: Record<string, unknown> = {}): Record<string, unknown> {
  return axis(title, { exponentformat: "e", ...options });
}

/** A layout in the common look: title, white ground, legend above the plot. */
export function layout(title: string, options: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    title: { text: title, x: 0.5, xanchor: "center", font: { size: 17 } },
    font: { family: FONT, size: 12, color: "#222222" },
    paper_bgcolor: "#ffffff",
    plot_bgcolor: "#ffffff",
    margin: { l: 70, r: 30, t: 80, b: 60 },
    // Plotly.validate trips over a legend that is not shown
    ...(options.showlegend !== false && {
      showlegend: true,
      legend: { orientation: "h", x: 0.5, xanchor: "center", y: 1.02, yanchor: "bottom" },
    }),
    hovermode: "x unified",
    width: SIZE.width,
    height: SIZE.height,
    ...options,
  };
}

/** A line in the common look; numbers that are none become gaps. */
export function line(name: string, x: readonly number[], y: readonly (number | null)[], options: Trace = {}): Trace {
  const { color = SERIES[0], width = 2, dash, ...rest } = options;
  return {
    type: "scatter",
    mode: "lines",
    name,
    x: [...x],
    y: y.map((value) => value !== null && Number.isFinite(value) ? value : null),
    line: { color, width, ...(dash !== undefined && { dash }) },
    ...rest,
  };
}

/** A figure's title as text. */
export function titleOf(figure: Figure): string {
  return (figure.layout.title as { text?: string } | undefined)?.text ?? "Figure";
}
