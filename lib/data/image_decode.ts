/**
 * PNG and JPEG files as red, green and blue bytes.
 * @module
 */
import { convertIndexedToRgb, decode as decodePng, type DecodedPng } from "fast-png";
// The decoder that Jimp and image-js use as well: pure JavaScript, without dependencies, baseline and progressive
import { decode as decodeJpeg } from "jpeg-js";
import { type ImageHeader, readHeader } from "./image_header.ts";
import type { RgbImage } from "./resize.ts";

/** The most pixels of an image that is decoded: a few bytes can claim thousands of millions, and take all memory. */
export const MOST_PIXELS = 50_000_000;

/**
 * Decodes a PNG or a JPEG. Grey becomes red, green and blue of equal value, 16 bits become 8, what is transparent lies
 * over white.
 *
 * @param bytes The file's bytes.
 * @returns The image as it is stored, and its header, which says how it is turned.
 * @throws {Error} If it is broken, is too large, or is of a kind that is not decoded here; the message says what it
 * must be, to be put behind the file's name.
 */
export function decodeImage(bytes: Uint8Array): { image: RgbImage; header: ImageHeader } {
  const header = readHeader(bytes);
  const { kind, height, width } = header;
  if (height * width < 1 || height * width > MOST_PIXELS) {
    throw new Error(`it must have 1 to ${MOST_PIXELS / 1e6} million pixels, got ${width} x ${height}`);
  }
  try {
    const pixels = kind === "png" ? pngPixels(bytes, header) : jpegPixels(bytes);
    if (pixels.length !== height * width * 3) throw new Error("another size than its header says");
    return { image: { pixels, height, width }, header };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`it must be a whole ${kind.toUpperCase()}, got one that cannot be decoded (${reason})`, { cause });
  }
}

function jpegPixels(bytes: Uint8Array): Uint8Array {
  // by its own count, 50 million pixels without subsampled colours take 1.1 GB; measured, 49 million took 2.1 GB
  const limits = { maxResolutionInMP: MOST_PIXELS / 1e6, maxMemoryUsageInMB: 2048 };
  return decodeJpeg(bytes, { useTArray: true, formatAsRGBA: false, ...limits }).data;
}

function pngPixels(bytes: Uint8Array, { indexed, height, width }: ImageHeader): Uint8Array {
  const { data, channels, most, transparent } = samples(decodePng(bytes, { checkCrc: true }), indexed);
  const colours = channels < 3 ? 1 : 3;
  const pixels = new Uint8Array(height * width * 3);
  for (let to = 0, from = 0; to < pixels.length; to += 3, from += channels) {
    let opacity = channels > colours ? data[from + colours] / most : 1;
    if (transparent?.every((value, colour) => data[from + colour] === value)) opacity = 0;
    for (let colour = 0; colour < 3; colour++) {
      const value = data[from + (colours === 1 ? 0 : colour)] / most;
      pixels[to + colour] = Math.round(255 * (1 - opacity + opacity * value));
    }
  }
  return pixels;
}

/** A PNG's numbers, one a channel, up to `most`; and the colour that stands for nothing. */
interface Samples {
  readonly data: ArrayLike<number>;
  readonly channels: number;
  readonly most: number;
  readonly transparent?: readonly number[];
}

/** Unpacks a PNG: colours for a palette's numbers, a number each for those of 1, 2 or 4 bits. */
function samples(png: DecodedPng, indexed: boolean): Samples {
  const { data, channels, depth } = png;
  const transparent = png.transparency && [...png.transparency];
  if (!indexed && depth >= 8) return { data, channels, most: 2 ** depth - 1, transparent };
  if (indexed && !png.palette?.length) throw new Error("no palette");
  // grey of fewer than 8 bits is unpacked by way of a palette of greys
  const palette = png.palette ?? Array.from({ length: 2 ** depth }, (_, index) => {
    const grey = 255 * index / (2 ** depth - 1);
    return [grey, grey, grey, index === transparent?.[0] ? 0 : 255];
  });
  return { data: convertIndexedToRgb({ ...png, palette }), channels: palette[0].length, most: 255 };
}
