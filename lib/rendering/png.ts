/**
 * From SVG to PNG, with fonts of our own.
 * @module
 */
import type { Resvg as Renderer } from "@resvg/resvg-js";
import { encode } from "fast-png";
import { packageFile } from "../support/packages.ts";
import { dirname, join } from "../support/path.ts";

/** DejaVu comes with the package: a bare machine has no fonts, and then a picture would have no words. */
const fonts = () => {
  const directory = join(dirname(packageFile("dejavu-fonts-ttf/package.json")), "ttf");
  return {
    fontFiles: [join(directory, "DejaVuSans.ttf"), join(directory, "DejaVuSans-Bold.ttf")],
    loadSystemFonts: false,
    defaultFontFamily: "DejaVu Sans",
  };
};

/** An SVG as PNG on white ground, at twice its size by default; without alpha, it is two thirds of resvg's own file. */
export async function svgToPng(svg: string, zoom = 2): Promise<Uint8Array> {
  const { Resvg } = await import("@resvg/resvg-js");
  const options = { font: fonts(), fitTo: { mode: "zoom", value: zoom }, background: "#ffffff" } as const;
  const { width, height, pixels } = new Resvg(svg, options).render();
  const rgb = pixels.filter((_, index) => index % 4 !== 3);
  return encode({ width, height, channels: 3, data: rgb });
}

/** Measures words as resvg draws them; remembers what it measured. */
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
    return width * size * 1.03; // side bearings, which a bounding box leaves out
  };
}
