/**
 * Decodes PNG and JPEG files to red, green and blue bytes.
 * @module
 */
import { convertIndexedToRgb, decode as decodePng, type DecodedPng } from "fast-png";
// Jimp and image-js use this decoder too. It is pure JavaScript without dependencies, and reads baseline and
// progressive files.
import { decode as decodeJpeg } from "jpeg-js";
import { type ImageHeader, readHeader } from "./image_header.ts";
import type { RgbImage } from "./resize.ts";

/** The most pixels that an image may have. A tiny file can claim billions of pixels, which would take all memory. */
export const MOST_PIXELS = 50_000_000;

/**
 * Decodes a PNG or a JPEG. Grey is copied to red, green and blue, 16 bits are reduced to 8, and transparent images are
 * laid over white.
 *
 * @param bytes The file's bytes.
 * @returns The image as it is stored, and its header, which says how to turn it upright.
 * @throws {Error} If the image is damaged, too large, or of an unsupported kind. The message says what it must be, and
 * completes a sentence that begins with the file's name.
 */
export function decodeImage(bytes: Uint8Array): { image: RgbImage; header: ImageHeader } {
  const header = readHeader(bytes);
  const { kind, height, width } = header;
  if (height * width < 1 || height * width > MOST_PIXELS) {
    throw new Error(`it must have 1 to ${MOST_PIXELS / 1e6} million pixels, got ${width} x ${height}`);
  }
  try {
    const pixels = kind === "png" ? pngPixels(bytes, header) : jpegPixels(bytes, header);
    if (pixels.length !== height * width * 3) throw new Error("another size than its header says");
    return { image: { pixels, height, width }, header };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`it must be a complete ${kind.toUpperCase()}, got one that cannot be decoded (${reason})`, {
      cause,
    });
  }
}

function jpegPixels(bytes: Uint8Array, { rgb }: ImageHeader): Uint8Array {
  // the decoder counts 1.1 GB for 50 million pixels without subsampled colours; we measured 2.1 GB for 49 million
  const limits = { maxResolutionInMP: MOST_PIXELS / 1e6, maxMemoryUsageInMB: 2048 };
  return decodeJpeg(bytes, { useTArray: true, formatAsRGBA: false, ...(rgb && { colorTransform: false }), ...limits })
    .data;
}

function pngPixels(bytes: Uint8Array, { indexed, height, width }: ImageHeader): Uint8Array {
  const png = decodePng(withoutNotes(bytes), { checkCrc: true });
  if (png.width !== width || png.height !== height) throw new Error("another size than its header says");
  const { data, channels, most, transparent } = samples(png, indexed);
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

/** A PNG without the chunks that hold no pixels, such as texts and colour profiles: a damaged one does no harm. */
function withoutNotes(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept = [bytes.subarray(0, 8)];
  for (let at = 8; at + 12 <= bytes.length;) {
    const next = at + 12 + view.getUint32(at); // length, name, content and checksum
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (["IHDR", "PLTE", "tRNS", "IDAT", "IEND"].includes(name)) kept.push(bytes.subarray(at, next));
    at = next;
  }
  const whole = new Uint8Array(kept.reduce((sum, { length }) => sum + length, 0));
  kept.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
}

/** A PNG's numbers, one per channel, from 0 to `most`, and the colour that means transparent. */
interface Samples {
  readonly data: ArrayLike<number>;
  readonly channels: number;
  readonly most: number;
  readonly transparent?: readonly number[];
}

/** Unpacks a PNG: indices become the palette's colours, and numbers of 1, 2 or 4 bits get an element each. */
function samples(png: DecodedPng, indexed: boolean): Samples {
  const { data, channels, depth } = png;
  const transparent = png.transparency && [...png.transparency];
  if (!indexed && depth >= 8) return { data, channels, most: 2 ** depth - 1, transparent };
  if (indexed && !png.palette?.length) throw new Error("no palette");
  // grey of fewer than 8 bits is unpacked with a palette of greys
  const palette = png.palette ?? Array.from({ length: 2 ** depth }, (_, index) => {
    const grey = 255 * index / (2 ** depth - 1);
    return [grey, grey, grey, index === transparent?.[0] ? 0 : 255];
  });
  return { data: convertIndexedToRgb({ ...png, palette }), channels: palette[0].length, most: 255 };
}
