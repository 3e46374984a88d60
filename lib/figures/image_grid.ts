/**
 * Draws images of a data set.
 * @module
 */
import { encode } from "fast-png";
import type { ImageDataset } from "../data/dataset.ts";
import { checkNumber, checkOptions, rules, shown } from "../support/check.ts";
import { type Figure, type FigureOptions, layout } from "./figure.ts";

/** Options of {@linkcode imageGridFigure}. */
export interface ImageGridOptions extends FigureOptions {
  /** The indices of the images to show. By default, the first 20. */
  indices?: readonly number[];
  /** How many images to put in a row. Default 10. */
  columns?: number;
  /** The captions below the images, in the order of `indices`; `<br>` breaks a line. By default, the images' classes. */
  captions?: readonly string[];
}

/**
 * Images side by side, each with its class below.
 *
 * @param dataset The images.
 * @param options See {@linkcode ImageGridOptions}.
 * @throws {TypeError} If an option is unknown, or there is not one caption for each image.
 * @throws {RangeError} If there are no images, an index is not one of the data set's, or `columns` is not a whole number
 * of 1 or more.
 * @example
 * ```ts
 * import { imageDataset } from "../data/dataset.ts";
 * import { imageGridFigure } from "./image_grid.ts";
 *
 * const parts = { images: new Uint8Array(12), labels: new Uint8Array(1), shape: [2, 2, 3], classNames: ["dark"] } as const;
 * if (imageGridFigure(imageDataset(parts)).data.length !== 1) throw new Error("one picture of all");
 * ```
 */
export function imageGridFigure(dataset: ImageDataset, options: ImageGridOptions = {}): Figure {
  const verb = "draw images";
  checkOptions(verb, options, ["indices", "columns", "captions", "title"]);
  const { columns = 10, title = "Images" } = options;
  const indices = options.indices ?? Array.from({ length: Math.min(20, dataset.size) }, (_, index) => index);
  checkNumber(verb, "columns", columns, ...rules.count);
  checkNumber(verb, "the number of images", indices.length, ...rules.count);
  const rule = `a whole number below ${dataset.size}, the number of images`;
  for (const index of indices) {
    checkNumber(verb, "each index", index, rule, (n) => Number.isInteger(n) && n >= 0 && n < dataset.size);
  }
  const captions = options.captions ?? indices.map((index) => dataset.classNames[dataset.labels[index]]);
  if (captions.length !== indices.length) {
    throw new TypeError(`Cannot ${verb}: captions must be ${indices.length} texts, got ${shown(captions)}`);
  }
  const [height, width, channels] = dataset.shape;
  const lines = Math.max(1, ...captions.map((text) => text.split("<br>").length));
  const [gap, caption] = [Math.ceil(width / 10), Math.ceil(height / 3) + (lines - 1) * Math.ceil(height / 5)];
  const rows = Math.ceil(indices.length / columns);
  const across = Math.min(columns, indices.length);
  const [cellWidth, cellHeight] = [width + gap, height + caption];
  const [gridWidth, gridHeight] = [across * cellWidth, rows * cellHeight];
  const pixels = new Uint8Array(gridWidth * gridHeight * 3).fill(255);
  for (const [place, index] of indices.entries()) {
    const [top, left] = [Math.floor(place / columns) * cellHeight, (place % columns) * cellWidth];
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const from = ((index * height + row) * width + column) * channels;
        const to = ((top + row) * gridWidth + left + column) * 3;
        for (let c = 0; c < 3; c++) pixels[to + c] = dataset.images[from + Math.min(c, channels - 1)];
      }
    }
  }
  // pixels are enlarged, because some viewers blur small images when they scale them
  const png = encode(enlarge(pixels, gridWidth, 3, 2));
  const [cell, top, bottom] = [84, 50, 8]; // on the page
  const outer = Math.max(LEAST_WIDTH, across * cell);
  const side = Math.max(8, (LEAST_WIDTH - across * cell) / 2); // so that a few images do not grow under a long title
  const scale = (outer - 2 * side) / gridWidth; // the same in both directions
  const hidden = { visible: false, fixedrange: true };
  return {
    data: [{ type: "scatter", mode: "markers", x: [0], y: [0], marker: { opacity: 0 }, hoverinfo: "skip" }],
    layout: layout(title, {
      width: outer,
      height: Math.round(top + gridHeight * scale + bottom),
      margin: { l: side, r: side, t: top, b: bottom },
      showlegend: false,
      xaxis: { ...hidden, range: [0, gridWidth] },
      yaxis: { ...hidden, range: [gridHeight, 0] },
      images: [{
        source: `data:image/png;base64,${base64(png)}`,
        ...{ xref: "x", yref: "y", x: 0, y: 0, sizex: gridWidth, sizey: gridHeight, sizing: "stretch", layer: "below" },
      }],
      annotations: indices.map((_, place) => ({
        x: (place % columns) * cellWidth + width / 2,
        y: Math.floor(place / columns) * cellHeight + height,
        yanchor: "top",
        text: captions[place],
        showarrow: false,
        font: { size: 11 },
      })),
    }),
  };
}

/** The least width, in pixels, which leaves room for a title. */
const LEAST_WIDTH = 420;

/** Encodes bytes in base64. Node before version 25 lacks `Uint8Array.prototype.toBase64`. */
function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** Turns each pixel into a square of `times` by `times` pixels. */
function enlarge(pixels: Uint8Array, width: number, channels: number, times: number) {
  const height = pixels.length / width / channels;
  const data = new Uint8Array(pixels.length * times * times);
  for (let row = 0, to = 0; row < height * times; row++) {
    for (let column = 0; column < width * times; column++) {
      const from = (Math.floor(row / times) * width + Math.floor(column / times)) * channels;
      for (let c = 0; c < channels; c++) data[to++] = pixels[from + c];
    }
  }
  return { data, width: width * times, height: height * times, channels, depth: 8 as const };
}
