/**
 * Runs plotly.js without a browser, to turn figures into SVG.
 * @module
 */
import { type Figure, SIZE } from "../figures/figure.ts";
import { packageFile } from "../support/packages.ts";
import { straightPath } from "./straight_path.ts";
import { type SvgElement, textBoxes } from "./text_boxes.ts";
import { textMeter } from "./png.ts";

/** The parts of the page, in which plotly.js draws, that {@linkcode Plotly} uses. */
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

/** Reads plotly.js's own code, a single file. */
export const plotlyCode = (): Promise<string> => Deno.readTextFile(packageFile("plotly.js-dist-min"));

/** A page with plotly.js in it. It takes about a second to open, and must be closed after use. */
export class Plotly implements Disposable {
  readonly #page: Page;

  private constructor(page: Page) {
    this.#page = page;
  }

  /** Opens a page and loads plotly.js into it. */
  static async open(): Promise<Plotly> {
    // both are loaded only here, so that a training that draws nothing need not wait for them
    const [{ JSDOM }, { Resvg }] = await Promise.all([import("jsdom"), import("@resvg/resvg-js")]);
    const code = await plotlyCode();
    const dom = new JSDOM("<!doctype html><div id=plot></div>", {
      runScripts: "outside-only",
      pretendToBeVisual: true,
    });
    const page = dom.window as unknown as Page;
    // plotly.js needs these from a browser, and jsdom lacks them: URLs of blobs, a canvas, the width of text and the
    // length of arrows
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
    const pathOf = (element: SvgElement) => straightPath(element.getAttribute("d") ?? "");
    prototype.getTotalLength = function (this: SvgElement) {
      return pathOf(this).length;
    };
    prototype.getPointAtLength = function (this: SvgElement, length: number) {
      return pathOf(this).pointAt(length);
    };
    page.eval(code);
    return new Plotly(page);
  }

  /** Draws a figure as SVG. */
  async svg(figure: Figure): Promise<string> {
    const { data, layout } = this.#copy(figure);
    const element = this.#page.document.getElementById("plot");
    await this.#page.Plotly.newPlot(element, data, layout, { staticPlot: true });
    const { width = SIZE.width, height = SIZE.height } = figure.layout as { width?: number; height?: number };
    const url = await this.#page.Plotly.toImage(element, { format: "svg", width, height, imageDataOnly: true });
    // plotly.js quotes font names inside an attribute with entities, which resvg mistakes for part of the name small
    // photographs are shown pixel by pixel: they are sharp, and take a quarter of the bytes of a smoothed PNG
    return url.replaceAll(/&quot;DejaVu Sans&quot;/g, "DejaVu Sans")
      .replaceAll("<image ", '<image image-rendering="optimizeSpeed" ');
  }

  /** What plotly.js finds wrong with a figure. For our figures this list is empty. */
  validate(figure: Figure): string[] {
    const { data, layout } = this.#copy(figure);
    return (this.#page.Plotly.validate(data, layout) ?? []).map(({ msg }) => msg);
  }

  /** Copies a figure into the page, because plotly.js recognizes plain objects by the page's own Object. */
  #copy(figure: Figure): Figure {
    return this.#page.JSON.parse(JSON.stringify(figure));
  }

  /** Closes the page. */
  [Symbol.dispose](): void {
    this.#page.close();
  }
}
