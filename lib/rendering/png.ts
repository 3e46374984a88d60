/**
 * Turns SVG into PNG, with fonts that we bring along.
 * @module
 */
import type { Resvg as Renderer } from "@resvg/resvg-js";
import { encode } from "fast-png";
import { packageFile } from "../support/packages.ts";
import { dirname, join } from "../support/path.ts";

/** DejaVu comes with a package, because on a bare machine without fonts, pictures would have no text. */
const fonts = () => {
  const directory = join(dirname(packageFile("dejavu-fonts-ttf/package.json")), "ttf");
  return {
    fontFiles: [join(directory, "DejaVuSans.ttf"), join(directory, "DejaVuSans-Bold.ttf")],
    loadSystemFonts: false,
    defaultFontFamily: "DejaVu Sans",
  };
};

/**
 * Turns an SVG into a PNG on a white background, by default at twice its size. Without an alpha channel, the file has
 * two thirds of the size of resvg's own.
 */
export async function svgToPng(svg: string, zoom = 2): Promise<Uint8Array> {
  const { Resvg } = await import("@resvg/resvg-js");
  const options = { font: fonts(), fitTo: { mode: "zoom", value: zoom }, background: "#ffffff" } as const;
  const { width, height, pixels } = new Resvg(svg, options).render();
  const rgb = pixels.filter((_, index) => index % 4 !== 3);
  return encode({ width, height, channels: 3, data: rgb });
}

/** Returns a function that measures text as resvg draws it, and remembers what it has measured. */
export function textMeter(Resvg: typeof Renderer): (text: string, size: number) => number {
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
    return width * size * 1.03; // adds side bearings, which a bounding box leaves out
  };
}
