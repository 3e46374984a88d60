import assert from "node:assert/strict";
import { decodeImage } from "../../lib/data/image_decode.ts";
import { randomFrom } from "../../lib/data/random.ts";
import { claimedJpeg, claimedPng, concat, jpeg, png, pngChunk, withOrientation } from "./images.ts";

const pixelsOf = (bytes: Uint8Array) => [...decodeImage(bytes).image.pixels];

/** A PNG with a chunk put in after its header. */
const withChunk = (bytes: Uint8Array, type: string, data: number[]) =>
  concat(bytes.subarray(0, 33), pngChunk(type, data), bytes.subarray(33));

/** A PNG's header. */
const headerOf = (depth: number, colour: number, interlaced = 0) =>
  pngChunk("IHDR", [0, 0, 0, 3, 0, 0, 0, 2, depth, colour, 0, 0, interlaced]); // 3 x 2

/** A PNG of 3 x 2 out of its parts; rows as they are stored, each with its filter's number. */
async function rawPng(header: Uint8Array, rows: number[], ...chunks: Uint8Array[]): Promise<Uint8Array> {
  const deflated = new Response(Uint8Array.from(rows)).body!.pipeThrough(new CompressionStream("deflate"));
  const data = new Uint8Array(await new Response(deflated).arrayBuffer());
  const signature = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return concat(signature, header, ...chunks, pngChunk("IDAT", data), pngChunk("IEND", []));
}

Deno.test("decodeImage() reads PNGs of 8 bits, in colour and grey", () => {
  assert.deepEqual(pixelsOf(png(2, 1, [1, 2, 3, 4, 5, 6])), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(pixelsOf(png(1, 2, [7, 8], { channels: 1 })), [7, 7, 7, 8, 8, 8]);
});

Deno.test("decodeImage() makes 8 bits of 16: 65535 is 255", () => {
  const data = [0, 257 * 100, 65535, 257 * 200 + 128, 257 * 200 + 129, 128];
  assert.deepEqual(pixelsOf(png(2, 1, data, { depth: 16 })), [0, 100, 255, 200, 201, 0]);
});

Deno.test("decodeImage() lays what is transparent over white", () => {
  const over = (value: number, alpha: number) => Math.round(value * alpha / 255 + 255 - alpha);
  assert.deepEqual(pixelsOf(png(2, 1, [9, 100, 200, 51, 1, 2, 3, 0], { channels: 4 })), [
    ...[over(9, 51), over(100, 51), over(200, 51)],
    ...[255, 255, 255],
  ]);
  assert.deepEqual(pixelsOf(png(1, 1, [9, 255], { channels: 2 })), [9, 9, 9]);
  assert.deepEqual(pixelsOf(png(1, 1, [1000, 0, 5, 0], { channels: 4, depth: 16 })), [255, 255, 255]);
});

Deno.test("decodeImage() takes a PNG's transparent colour as white", () => {
  const colour = withChunk(png(3, 1, [1, 2, 3, 1, 2, 4, 0, 2, 3]), "tRNS", [0, 1, 0, 2, 0, 3]);
  assert.deepEqual(pixelsOf(colour), [255, 255, 255, 1, 2, 4, 0, 2, 3]);
  const grey = withChunk(png(2, 1, [5, 6], { channels: 1 }), "tRNS", [0, 6]);
  assert.deepEqual(pixelsOf(grey), [5, 5, 5, 255, 255, 255]);
});

Deno.test("decodeImage() reads palettes, with alpha too", async () => {
  const palette = pngChunk("PLTE", [10, 20, 30, 40, 50, 60, 70, 80, 90]);
  const rows = [0, 0b00_01_10_00, 0, 0b10_10_00_00]; // two bits a pixel
  const a = [10, 20, 30], b = [40, 50, 60], c = [70, 80, 90], white = [255, 255, 255];
  assert.deepEqual(pixelsOf(await rawPng(headerOf(2, 3), rows, palette)), [a, b, c, c, c, a].flat());
  const alpha = pngChunk("tRNS", [255, 0]);
  assert.deepEqual(pixelsOf(await rawPng(headerOf(2, 3), rows, palette, alpha)), [a, white, c, c, c, a].flat());
});

Deno.test("decodeImage() reads grey of 1, 2 and 4 bits", async () => {
  const grey = (values: number[]) => values.flatMap((value) => [value, value, value]);
  const bits = {
    1: [0, 0b101_00000, 0, 0b010_00000],
    2: [0, 0b11_01_00_00, 0, 0b10_00_01_00],
    4: [0, 0xf0, 0x10, 0, 0x23, 0x40],
  };
  const read = async (depth: 1 | 2 | 4) => pixelsOf(await rawPng(headerOf(depth, 0), bits[depth]));
  assert.deepEqual(await read(1), grey([255, 0, 255, 0, 255, 0]));
  assert.deepEqual(await read(2), grey([255, 85, 0, 170, 0, 85]));
  assert.deepEqual(await read(4), grey([255, 0, 17, 34, 51, 68]));
  const transparent = pixelsOf(await rawPng(headerOf(2, 0), bits[2], pngChunk("tRNS", [0, 0])));
  assert.deepEqual(transparent, grey([255, 85, 255, 170, 255, 85]));
});

Deno.test("decodeImage() reads JPEGs, in colour, to a few grey levels", () => {
  const colour = (x: number): [number, number, number] => x < 16 ? [200, 40, 40] : [30, 60, 180];
  const { image, header } = decodeImage(jpeg(32, 24, colour));
  assert.deepEqual([image.width, image.height, header.kind, header.orientation], [32, 24, "jpeg", 1]);
  for (const x of [2, 29]) {
    const at = (12 * 32 + x) * 3;
    colour(x).forEach((value, channel) => assert.ok(Math.abs(image.pixels[at + channel] - value) <= 6));
  }
});

Deno.test("decodeImage() finds EXIF's orientation, in both orders of bytes, and takes a damaged one as upright", () => {
  const bytes = jpeg(8, 8, () => [1, 2, 3]);
  const orientation = (file: Uint8Array) => decodeImage(file).header.orientation;
  for (let turn = 1; turn <= 8; turn++) {
    assert.equal(orientation(withOrientation(bytes, turn)), turn);
    assert.equal(orientation(withOrientation(bytes, turn, false)), turn);
  }
  assert.equal(orientation(withOrientation(bytes, 9)), 1);
  const damaged = withOrientation(bytes, 6);
  damaged.set([0xff, 0xff, 0xff, 0x7f], 16); // where the directory starts
  assert.equal(orientation(damaged), 1);
});

Deno.test("decodeImage() refuses what is no image, in words", async () => {
  const broken: [Uint8Array, RegExp][] = [
    [new Uint8Array(0), /^it must be a PNG or a JPEG, got an empty file$/],
    [
      new Uint8Array([0x47, 0x49, 0x46, 0x38, 0x39]),
      /^it must be a PNG or a JPEG, got a file that starts with 47 49 46 38$/,
    ],
    [png(2, 2, new Uint8Array(12)).subarray(0, 20), /^it must be a complete PNG, got 20 bytes$/],
    [
      png(9, 9, Array.from({ length: 243 }, (_, i) => i)).subarray(0, 60),
      /^it must be a complete PNG, got one that cannot be decoded/,
    ],
    [Uint8Array.from([0xff, 0xd8, 0xff]), /^it must be a complete JPEG, got one without a frame$/],
    [jpeg(40, 40, (x, y) => [x, y, 9]).subarray(0, 640), /^it must be a complete JPEG, got one that cannot be decoded/],
    [await rawPng(headerOf(2, 3), [0, 0, 0, 0]), /cannot be decoded \(no palette\)/],
    [
      await rawPng(headerOf(4, 0, 1), [0, 0, 0, 0, 0, 0]),
      /^it must be a PNG without interlacing, .*, got 4 interlaced$/,
    ],
  ];
  for (const [bytes, message] of broken) {
    assert.throws(() => decodeImage(bytes), (error: Error) => (assert.match(error.message, message), true));
  }
  const flipped = png(4, 4, new Uint8Array(48).fill(77));
  flipped[45] ^= 1; // inside the data: the checksum tells
  assert.throws(() => decodeImage(flipped), /^Error: it must be a complete PNG/);
});

Deno.test("decodeImage() refuses sizes that would take all memory, before it decodes", () => {
  for (const bytes of [claimedPng(20_000, 20_000), claimedJpeg(20_000, 20_000), claimedPng(2 ** 31, 2 ** 31)]) {
    assert.throws(() => decodeImage(bytes), /^Error: it must have 1 to 50 million pixels, got \d+ x \d+$/);
  }
  assert.throws(() => decodeImage(claimedPng(0, 5)), /1 to 50 million pixels, got 0 x 5/);
});

Deno.test("decodeImage() refuses lossless and arithmetic JPEGs, and those of 12 bits", () => {
  const good = jpeg(8, 8, () => [0, 0, 0]);
  const frame = good.findIndex((byte, index) => byte === 0xff && good[index + 1] === 0xc0);
  for (const [place, value] of [[1, 0xc3], [1, 0xc9], [4, 12]]) {
    const bytes = good.slice();
    bytes[frame + place] = value;
    assert.throws(
      () => decodeImage(bytes),
      /^Error: it must be a baseline or progressive JPEG of 8 bits per channel, got/,
    );
  }
});

Deno.test("decodeImage() gives an image of its size or an error in words, for 3,000 spoilt files", async () => {
  const random = randomFrom(2027);
  const whole = (n: number) => Math.floor(n * random());
  const noise = () => whole(256);
  const files = [
    png(9, 7, Array.from({ length: 189 }, noise)),
    png(5, 5, Array.from({ length: 100 }, noise), { channels: 4 }),
    png(4, 4, Array.from({ length: 16 }, () => whole(65536)), { channels: 1, depth: 16 }),
    await rawPng(headerOf(2, 3), [0, 27, 0, 99], pngChunk("PLTE", Array.from({ length: 12 }, noise))),
    jpeg(20, 17, () => [noise(), noise(), noise()]),
    withOrientation(jpeg(16, 16, (x, y) => [x * 9, y * 9, 50]), 6),
  ];
  let good = 0;
  for (let i = 0; i < 3000; i++) {
    const bytes = files[i % files.length].slice();
    for (let n = whole(4); n >= 0; n--) bytes[whole(bytes.length)] = noise();
    const file = random() < 0.3 ? bytes.subarray(0, whole(bytes.length)) : bytes;
    try {
      const { image } = decodeImage(file);
      assert.equal(image.pixels.length, image.width * image.height * 3);
      good++;
    } catch (error) {
      assert.match((error as Error).message, /^it must [^\n]*, got /);
    }
  }
  assert.ok(good > 100, `${good} were readable all the same`);
});

Deno.test("decodeImage() passes over a PNG's damaged notes", () => {
  const whole = png(2, 1, [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(pixelsOf(withChunk(whole, "iCCP", [65, 0, 0, 1, 2, 3])), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(pixelsOf(withChunk(whole, "tEXt", [0, 65])), [1, 2, 3, 4, 5, 6]);
});

Deno.test("decodeImage() believes a JPEG that says its channels are red, green and blue, unless it is a JFIF", () => {
  const plain = jpeg(8, 8, () => [200, 40, 40]);
  const adobe = Uint8Array.from([0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, 0]);
  const jfif = plain.subarray(2, 4).join() === "255,224" ? 2 + 2 + plain[4] * 256 + plain[5] : 2;
  const withAdobe = concat(plain.subarray(0, jfif), adobe, plain.subarray(jfif));
  const withoutJfif = concat(plain.subarray(0, 2), adobe, plain.subarray(jfif));
  const [red] = pixelsOf(plain);
  assert.ok(jfif > 2 && red > 190, `${red}`);
  assert.equal(pixelsOf(withAdobe)[0], red);
  assert.ok(pixelsOf(withoutJfif)[0] < 120, "what is stored there is the brightness");
});
