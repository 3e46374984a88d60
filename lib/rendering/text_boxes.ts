/**
 * Finds where the text of an SVG is. plotly.js needs this to place legends and titles, and jsdom cannot tell.
 * @module
 */

/** The parts of an SVG element that are used here. */
export interface SvgElement {
  readonly tagName: string;
  readonly textContent: string | null;
  readonly style?: { readonly fontSize?: string };
  readonly parentElement: SvgElement | null;
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<SvgElement> & { readonly length: number };
}

/**
 * The boxes around an element's text: in the whole picture, by which plotly.js places titles, or in the element's own
 * coordinates.
 */
export function textBoxes(measure: (text: string, size: number) => number) {
  return (element: SvgElement, absolute: boolean) => {
    const isText = element.tagName === "text" || element.tagName === "tspan";
    const corners = (isText ? [element] : [...element.querySelectorAll("text")])
      .flatMap((text) => textCorners(text, measure).map((corner) => absolute ? transformed(text, corner) : corner));
    const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
    const [left, top, right, bottom] = corners.length === 0
      ? [0, 0, 0, 0]
      : [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
    return { x: left, y: top, left, top, right, bottom, width: right - left, height: bottom - top };
  };
}

type Point = readonly [x: number, y: number];

/** The corners of a text's box in its own coordinates. */
function textCorners(text: SvgElement, measure: (text: string, size: number) => number): Point[] {
  const size = parseFloat(text.style?.fontSize || "12");
  const lines = [...text.querySelectorAll("tspan.line")];
  const width = Math.max(...(lines.length > 0 ? lines : [text]).map((line) => measure(line.textContent ?? "", size)));
  const [x, y] = ["x", "y"].map((name) => parseFloat(text.getAttribute(name) ?? "0") || 0);
  const left = x - width * ({ middle: 0.5, end: 1 }[text.getAttribute("text-anchor") ?? ""] ?? 0);
  const [top, bottom] = [y - size, y + size * (0.3 + 1.3 * Math.max(0, lines.length - 1))];
  return [[left, top], [left + width, top], [left, bottom], [left + width, bottom]];
}

/** A point after the translations and rotations of an element and of all elements around it. */
function transformed(element: SvgElement | null, point: Point): Point {
  for (let around = element; around; around = around.parentElement) {
    const steps = [...(around.getAttribute("transform") ?? "").matchAll(/(translate|rotate)\(([^)]*)\)/g)].reverse();
    for (const [, kind, values] of steps) {
      const [a, b = 0, c = 0] = values.split(/[ ,]+/).map(Number);
      const [x, y] = point;
      if (kind === "translate") point = [x + a, y + b];
      else {
        const [cos, sin] = [Math.cos(a * Math.PI / 180), Math.sin(a * Math.PI / 180)];
        point = [b + (x - b) * cos - (y - c) * sin, c + (x - b) * sin + (y - c) * cos];
      }
    }
  }
  return point;
}
