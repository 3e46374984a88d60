/**
 * Reads the header of a PNG or a JPEG, before anything is decoded.
 * @module
 */

/** An image's kind, size and orientation. */
export interface ImageHeader {
  /** The format, as the file's first bytes say. */
  readonly kind: "png" | "jpeg";
  /** Pixels in a column, as stored. */
  readonly height: number;
  /** Pixels in a row, as stored. */
  readonly width: number;
  /** EXIF's orientation, 1 to 8; 1 if there is none. */
  readonly orientation: number;
  /** Whether a PNG takes its colours from a palette. */
  readonly indexed: boolean;
  /** Whether a JPEG of three channels says that they are red, green and blue, not brightness and two colours. */
  readonly rgb: boolean;
}

/**
 * Reads the header of a PNG or a JPEG.
 *
 * @param bytes The file's bytes.
 * @throws {Error} If it is neither, is cut off, or is of an unsupported kind. The message says what it must be, and
 * completes a sentence that begins with the file's name.
 */
export function readHeader(bytes: Uint8Array): ImageHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (startsWith(bytes, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return pngHeader(view);
  if (startsWith(bytes, [0xff, 0xd8, 0xff])) return jpegHeader(view);
  const first = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  throw new Error(`it must be a PNG or a JPEG, got ${first ? `a file that starts with ${first}` : "an empty file"}`);
}

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, index) => bytes[index] === byte);
}

/** PNG's first chunk: width, height, bits per channel, colour type, compression, filter, interlace. */
function pngHeader(view: DataView): ImageHeader {
  if (view.byteLength < 33) throw new Error(`it must be a complete PNG, got ${view.byteLength} bytes`);
  const [depth, colour, interlaced] = [view.getUint8(24), view.getUint8(25), view.getUint8(28)];
  if (interlaced && depth < 8) {
    throw new Error(
      `it must be a PNG without interlacing, or with 8 bits per channel or more, got ${depth} interlaced`,
    );
  }
  return {
    kind: "png",
    width: view.getUint32(16),
    height: view.getUint32(20),
    orientation: 1,
    indexed: colour === 3,
    rgb: false,
  };
}

/** Reads JPEG's segments up to the one that starts the frame. */
function jpegHeader(view: DataView): ImageHeader {
  let [orientation, rgb, jfif] = [1, false, false];
  for (let at = 2; at + 9 < view.byteLength;) {
    const marker = view.getUint8(at + 1);
    if (view.getUint8(at) !== 0xff || marker === 0xff) {
      at++; // fill bytes
      continue;
    }
    if (marker === 0xd9 || marker === 0xda) break; // the image ends, or its data begins, without a frame
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      if (marker > 0xc2 || view.getUint8(at + 4) !== 8) {
        throw new Error("it must be a baseline or progressive JPEG of 8 bits per channel, got another kind");
      }
      const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)];
      return { kind: "jpeg", height, width, orientation, indexed: false, rgb: rgb && !jfif };
    }
    const length = view.getUint16(at + 2);
    if (marker === 0xe1 && view.getUint32(at + 4) === 0x45786966) { // "Exif", two zeros, then a TIFF
      const start = Math.min(at + 10, view.byteLength);
      const size = Math.max(0, Math.min(length - 8, view.byteLength - start));
      orientation = exifOrientation(new DataView(view.buffer, view.byteOffset + start, size));
    }
    // JFIF has brightness and two colours, whatever else the file says
    if (marker === 0xe0 && view.getUint32(at + 4) === 0x4a464946) jfif = true;
    // "Adobe", a version and flags, then the transform of the colours
    if (marker === 0xee && view.getUint32(at + 4) === 0x41646f62 && at + 15 < view.byteLength) {
      rgb = view.getUint8(at + 15) === 0;
    }
    at += 2 + length;
  }
  throw new Error("it must be a complete JPEG, got one without a frame");
}

/** The orientation in EXIF's first directory. If it is missing or damaged, it is 1, as viewers assume. */
function exifOrientation(tiff: DataView): number {
  try {
    const little = tiff.getUint16(0) === 0x4949;
    const directory = tiff.getUint32(4, little);
    for (let entry = 0; entry < tiff.getUint16(directory, little); entry++) {
      const at = directory + 2 + 12 * entry;
      const value = tiff.getUint16(at + 8, little);
      if (tiff.getUint16(at, little) === 0x0112 && value >= 1 && value <= 8) return value;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // an offset points outside the data
  }
  return 1;
}
