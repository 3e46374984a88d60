/**
 * Image files for tests, made as they are needed.
 * @module
 */
import { encode as encodePng } from "fast-png";
import { encode as encodeJpeg } from "jpeg-js";

/** A PNG; 3 channels of 8 bits by default. */
export function png(
  width: number,
  height: number,
  data: ArrayLike<number>,
  options: Partial<Parameters<typeof encodePng>[0]> = {},
) {
  const { depth = 8, channels = 3 } = options;
  const numbers = depth === 16 ? Uint16Array.from(data) : Uint8Array.from(data);
  return encodePng({ width, height, data: numbers, channels, ...options });
}

/** A PNG chunk by its type: its length, its type, what it holds, and a checksum that must be right. */
export function pngChunk(type: string, data: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set([...type].map((letter) => letter.charCodeAt(0)), 4);
  bytes.set(data, 8);
  view.setUint32(data.length + 8, crc(bytes.subarray(4, -4)));
  return bytes;
}

/** The CRC of PNG's specification, bit by bit. */
function crc(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  }
  return (value ^ 0xffffffff) >>> 0;
}

/** A PNG whose size in the header is another one. */
export function claimedPng(width: number, height: number): Uint8Array {
  const bytes = png(1, 1, [0, 0, 0]);
  const header = new Uint8Array(bytes.subarray(16, 29));
  new DataView(header.buffer).setUint32(0, width);
  new DataView(header.buffer).setUint32(4, height);
  return concat(bytes.subarray(0, 8), pngChunk("IHDR", header), bytes.subarray(33));
}

/** A JPEG of one colour for each pixel that `colour` gives. */
export function jpeg(
  width: number,
  height: number,
  colour: (x: number, y: number) => readonly [number, number, number],
): Uint8Array {
  const data = new Uint8Array(width * height * 4);
  for (let i = 0; i < width * height; i++) data.set([...colour(i % width, Math.floor(i / width)), 255], i * 4);
  return Uint8Array.from(encodeJpeg({ width, height, data }, 95).data);
}

/** A JPEG with another size in its frame's header. */
export function claimedJpeg(width: number, height: number): Uint8Array {
  const bytes = jpeg(8, 8, () => [0, 0, 0]);
  const frame = bytes.findIndex((byte, index) => byte === 0xff && bytes[index + 1] === 0xc0);
  new DataView(bytes.buffer).setUint16(frame + 5, height);
  new DataView(bytes.buffer).setUint16(frame + 7, width);
  return bytes;
}

/** The same JPEG with an EXIF orientation, in either order of bytes. */
export function withOrientation(bytes: Uint8Array, orientation: number, little = true): Uint8Array {
  const exif = new Uint8Array(36); // marker, length, "Exif", two zeros; then a TIFF with two entries of one directory
  const view = new DataView(exif.buffer);
  exif.set([0xff, 0xe1, 0, 34 + 12, 0x45, 0x78, 0x69, 0x66, 0, 0]);
  exif.set(little ? [0x49, 0x49] : [0x4d, 0x4d], 10);
  view.setUint16(12, 42, little);
  view.setUint32(14, 8, little);
  view.setUint16(18, 2, little);
  const other = [0x10, 0x01, 3, 0, 1, 0, 0, 0, 7, 0, 0, 0]; // the camera's model, which comes first
  view.setUint16(20, 0x0112, little);
  view.setUint16(22, 3, little);
  view.setUint32(24, 1, little);
  view.setUint16(28, orientation, little);
  const entry = exif.slice(20, 32);
  return concat(
    bytes.subarray(0, 2),
    exif.subarray(0, 20),
    Uint8Array.from(other),
    entry,
    exif.subarray(32),
    bytes.subarray(2),
  );
}

/** Bytes after bytes. */
export function concat(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
