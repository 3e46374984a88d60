/**
 * From a figure to SVG, PNG and HTML, drawn by plotly.js without a browser.
 * @module
 */
import type { Resvg as Renderer } from "@resvg/resvg-js";
import { createRequire } from "node:module";
import { writeWhole } from "../files.ts";
import { dirname, extname, join } from "../path.ts";
import { type Figure, SIZE } from "./figure.ts";

/** What {@linkcode openPlotly} uses of the page that plotly.js draws in. */
interface Page {
  eval(code: string): void;
  close(): void;
  JSON: JSON;
  document: { getElementById(id: string): unknown };
  URL: { createObjectURL?: () => string };
  HTMLCanvasElement: { prototype: { getContext: () => null } };
  SVGElement: { prototype: Record<string, unknown> };
  Plotly: {
    newPlot(element: unknown, data: unknown, layout: unknown, config: unknown): Promise<unknown>;
    toImage(element: unknown, options: Record<string, unknown>): Promise<string>;
    validate(data: unknown, layout: unknown): { msg: string }[] | undefined;
  };
}

/** What the shims use of an SVG element. */
interface SvgElement {
  readonly tagName: string;
  readonly textContent: string | null;
  readonly style?: { readonly fontSize?: string };
  readonly parentElement: SvgElement | null;
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<SvgElement> & { readonly length: number };
}

const require = createRequire(import.meta.url);
const plotlyPath = () => require.resolve("plotly.js-dist-min");
/** DejaVu comes with the package: a bare machine has no fonts, and then a picture would have no words. */
const fonts = () => {
  const directory = join(dirname(require.resolve("dejavu-fonts-ttf/package.json")), "ttf");
  return {
    fontFiles: [join(directory, "DejaVuSans.ttf"), join(directory, "DejaVuSans-Bold.ttf")],
    loadSystemFonts: false,
    defaultFontFamily: "DejaVu Sans",
  };
};

/** A page with plotly.js in it; about a second to open, to be closed after use. */
export class Plotly implements Disposable {
  readonly #page: Page;

  private constructor(page: Page) {
    this.#page = page;
  }

  /** Opens a page and loads plotly.js into it. */
  static async open(): Promise<Plotly> {
    // both are loaded where they are used: a training that draws nothing yet need not wait for them
    const [{ JSDOM }, { Resvg }] = await Promise.all([import("jsdom"), import("@resvg/resvg-js")]);
    const code = await Deno.readTextFile(plotlyPath());
    const dom = new JSDOM("<!doctype html><div id=plot></div>", {
      runScripts: "outside-only",
      pretendToBeVisual: true,
    });
    const page = dom.window as unknown as Page;
    // what plotly.js asks of a browser and jsdom lacks: a blob's address, a canvas, and how wide words are
    page.URL.createObjectURL = () => "";
    page.HTMLCanvasElement.prototype.getContext = () => null;
    const boxOf = textBoxes(textMeter(Resvg));
    const prototype = page.SVGElement.prototype;
    prototype.getBoundingClientRect = function (this: SvgElement) {
      return boxOf(this, true);
    };
    prototype.getBBox = function (this: SvgElement) {
      return boxOf(this, false);
    };
    prototype.getComputedTextLength = function (this: SvgElement) {
      return boxOf(this, false).width;
    };
    page.eval(code);
    return new Plotly(page);
  }

  /** A figure as SVG. */
  async svg(figure: Figure): Promise<string> {
    const { data, layout } = this.#copy(figure);
    const element = this.#page.document.getElementById("plot");
    await this.#page.Plotly.newPlot(element, data, layout, { staticPlot: true });
    const { width = SIZE.width, height = SIZE.height } = figure.layout as { width?: number; height?: number };
    const url = await this.#page.Plotly.toImage(element, { format: "svg", width, height, imageDataOnly: true });
    // plotly.js quotes font names within a quoted attribute as entities, which resvg takes for part of the name
    // small photographs are shown pixel by pixel: sharp, and a quarter of the bytes of a smoothed PNG
    return url.replaceAll(/&quot;DejaVu Sans&quot;/g, "DejaVu Sans")
      .replaceAll("<image ", '<image image-rendering="optimizeSpeed" ');
  }

  /** What plotly.js finds wrong with a figure; nothing, in ours. */
  validate(figure: Figure): string[] {
    const { data, layout } = this.#copy(figure);
    return (this.#page.Plotly.validate(data, layout) ?? []).map(({ msg }) => msg);
  }

  /** plotly.js tells plain objects by the page's own Object. */
  #copy(figure: Figure): Figure {
    return this.#page.JSON.parse(JSON.stringify(figure));
  }

  /** Closes the page. */
  [Symbol.dispose](): void {
    this.#page.close();
  }
}

/** Where an element's words are: in the whole picture, as plotly.js places titles by them, or by themselves. */
function textBoxes(measure: (text: string, size: number) => number) {
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

/** A point after the translations and rotations of an element and all around it. */
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

/** Measures words as resvg draws them; remembers what it measured. */
function textMeter(Resvg: typeof Renderer): (text: string, size: number) => number {
  const known = new Map<string, number>();
  const font = fonts();
  return (text, size) => {
    if (!text.trim()) return 0;
    const width = known.get(text) ?? (() => {
      const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
      const svg =
        `<svg xmlns="http://www.w3.org/2000/svg" width="4000" height="200"><text y="100" font-family="DejaVu Sans" ` +
        `font-size="100">${escaped}</text></svg>`;
      return (new Resvg(svg, { font }).getBBox()?.width ?? 0) / 100;
    })();
    known.set(text, width);
    return width * size * 1.03; // side bearings, which a bounding box leaves out
  };
}

/** An SVG as PNG, at twice its size by default. */
export async function svgToPng(svg: string, zoom = 2): Promise<Uint8Array> {
  const { Resvg } = await import("@resvg/resvg-js");
  return new Resvg(svg, { font: fonts(), fitTo: { mode: "zoom", value: zoom }, background: "#ffffff" }).render()
    .asPng();
}

/**
 * An interactive page of figures with plotly.js inside, which opens offline.
 *
 * @param title The page's title.
 * @param figures The figures, in order.
 */
export async function figuresPage(title: string, figures: readonly Figure[]): Promise<string> {
  const plotly = await Deno.readTextFile(plotlyPath());
  // a script's text ends at </script>, wherever it stands
  const json = (value: unknown) => JSON.stringify(value).replaceAll("<", "\\u003c");
  const escaped = title.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped}</title>
<style>body { font-family: system-ui, sans-serif; max-width: 900px; margin: 2rem auto; color: #222 } h1 { font-size: 1.4rem }</style>
<h1>${escaped}</h1>
${figures.map((_, index) => `<div id="figure-${index}"></div>`).join("\n")}
<script>${plotly}</script>
<script>
${json(figures)}.forEach(({ data, layout }, index) => {
  Plotly.newPlot("figure-" + index, data, { ...layout, autosize: true, width: undefined }, { responsive: true, displaylogo: false });
});
</script>
</html>
`;
}

/**
 * Saves a figure; the file's ending says as what: .png, .svg, .html (interactive, offline) or .json.
 *
 * @param figure The figure.
 * @param path Where it goes.
 * @throws {TypeError} If the ending is another.
 * @throws {Deno.errors.PermissionDenied | Error} If the file cannot be written.
 * @example
 * ```ts ignore
 * import { lossFigure, saveFigure } from "../lib/mod.ts";
 *
 * await saveFigure(lossFigure({ epoch: [0, 1], history: { loss: [2, 1] } }), "output/loss.png");
 * ```
 */
export async function saveFigure(figure: Figure, path: string): Promise<void> {
  await writeWhole(path, await rendered(figure, extname(path)));
}

async function rendered(figure: Figure, ending: string): Promise<string | Uint8Array> {
  if (ending === ".json") return JSON.stringify(figure);
  if (ending === ".html") return await figuresPage(titleOf(figure), [figure]);
  if (ending === ".svg" || ending === ".png") {
    using plotly = await Plotly.open();
    const svg = await plotly.svg(figure);
    return ending === ".svg" ? svg : await svgToPng(svg);
  }
  throw new TypeError(
    `Cannot save a figure: the file must end in .png, .svg, .html or .json, got ${JSON.stringify(ending)}`,
  );
}

/** A figure's title as text. */
export function titleOf(figure: Figure): string {
  return (figure.layout.title as { text?: string } | undefined)?.text ?? "Figure";
}
