/**
 * Adapts figures to the page: to its width, and to its light or dark background.
 * @module
 */
import { COLOURS, type Figure } from "../figures/figure.ts";

/** The dark background of a figure, as in the style sheet. */
export const DARK_GROUND = "#1b1f26";
/** The light one, and the colour of its text. */
const [LIGHT_GROUND, TEXT] = ["#ffffff", "#222222"];

/** The colours that replace a light figure's colours in a dark one. */
const DARK: Readonly<Record<string, string>> = {
  [LIGHT_GROUND]: DARK_GROUND,
  [TEXT]: "#e4e7ec",
  "#444444": "#c3c8d0",
  "#888888": "#8b929e",
  [COLOURS.grid]: "#323843",
};
/** The least contrast of a line with its background, which is what WCAG requires of graphics. */
const LEAST_CONTRAST = 3;

/** A schedule's colour on a dark background: its own, mixed with white until it stands out enough. */
export function onDark(colour: string): string {
  const replaced = DARK[colour.slice(0, 7).toLowerCase()];
  return replaced ? replaced + colour.slice(7) : mixed(colour, 255, DARK_GROUND);
}

/** A schedule's colour on a light background: its own, mixed with black until it stands out enough. */
export function onLight(colour: string): string {
  return DARK[colour.slice(0, 7).toLowerCase()] ? colour : mixed(colour, 0, LIGHT_GROUND);
}

/** A colour, mixed with black (0) or white (255) until it stands out from the ground. Its opacity stays. */
function mixed(colour: string, other: 0 | 255, ground: string): string {
  const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  for (let share = 0;; share += 0.05) {
    const mixture = hex(parts.map((part) => part + (other - part) * Math.min(1, share)));
    if (contrast(mixture, ground) >= LEAST_CONTRAST) return mixture + colour.slice(7);
  }
}

const hex = (parts: readonly number[]) =>
  `#${parts.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;

/** The contrast of two colours, from 1 to 21, as WCAG defines it. */
export function contrast(one: string, other: string): number {
  const [low, high] = [one, other].map(luminance).sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Applies a function to every colour of a figure, in all its traces and its layout. */
function recoloured<T>(value: T, change: (colour: string) => string): T {
  if (typeof value === "string") return (/^#[0-9a-f]{6}([0-9a-f]{2})?$/i.test(value) ? change(value) : value) as T;
  if (Array.isArray(value)) {
    return (typeof value[0] === "number" ? value : value.map((one) => recoloured(one, change))) as T;
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, recoloured(one, change)])) as T;
}

/**
 * Adapts a figure to the page. It loses its title, because the page has headings, and fills the width that is
 * available. On a narrow page its legend moves below it. It cannot be dragged, so that a finger on it scrolls the page.
 *
 * @param figure The figure.
 * @param place `width`, in pixels; `dark`, whether the background is dark.
 */
export function onPage(figure: Figure, { width, dark }: { width: number; dark: boolean }): Figure {
  const narrow = width < 560;
  const { title: _, margin, legend, annotations, height, ...rest } = figure.layout as Record<string, unknown> & {
    margin?: Record<string, number>;
    legend?: Record<string, unknown>;
    annotations?: readonly { font?: Record<string, unknown> }[];
    height: number;
  };
  const aside = legend?.orientation === "v" && !narrow;
  const fitted: Figure = {
    data: figure.data,
    layout: {
      ...rest,
      ...{ width, height: narrow ? Math.min(height, 560) : height, dragmode: false },
      font: { family: "system-ui, sans-serif", size: narrow ? 11 : 13, color: TEXT },
      // a line's colour has too little contrast for the line's name
      ...(annotations && { annotations: annotations.map((one) => ({ ...one, font: { ...one.font, color: TEXT } })) }),
      // above the plot there may be a legend or the names of bounds
      margin: {
        ...{ l: narrow ? 56 : 70, r: aside ? margin?.r : 12, t: narrow && !annotations ? 12 : 40 },
        b: narrow ? 90 : 60,
      },
      legend: aside ? legend : {
        ...{ orientation: "h", x: 0, xanchor: "left" },
        ...(narrow ? { y: -0.16, yanchor: "top" } : { y: 1.02, yanchor: "bottom" }),
      },
    },
  };
  return recoloured(fitted, dark ? onDark : onLight);
}
