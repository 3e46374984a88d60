import assert from "node:assert/strict";
import { imagesFromFolder, split } from "../../lib/mod.ts";
import { allowed, withDirectory } from "../support.ts";
import { claimedJpeg, claimedPng, jpeg, png, withOrientation } from "./images.ts";

const io = { ignore: !allowed("read", "write") };

/** Writes a folder's files; their directories are made. */
async function fill(directory: string, files: Record<string, Uint8Array>): Promise<void> {
  for (const [path, bytes] of Object.entries(files)) {
    await Deno.mkdir(`${directory}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeFile(`${directory}/${path}`, bytes);
  }
}

/** A PNG of one grey. */
const grey = (value: number, width = 4, height = 4) =>
  png(width, height, new Uint8Array(width * height * 3).fill(value));
const two = { "cats/a.png": grey(1), "dogs/b.png": grey(2) };

Deno.test(
  "imagesFromFolder() reads PNGs and JPEGs of different sizes, a folder a class, sorted by name",
  io,
  async () => {
    await withDirectory(async (directory) => {
      await fill(directory, {
        "light/2.JPG": jpeg(60, 41, () => [200, 200, 200]),
        "light/1.jpeg": jpeg(8, 8, () => [180, 180, 180]),
        "dark/9.png": grey(20, 100, 33),
        "dark/10.png": png(1, 1, [10], { channels: 1 }),
        "dark/notes.txt": new Uint8Array([1]),
        "dark/._9.png": new Uint8Array([1]),
        ".cache/x.png": new Uint8Array([1]),
        "README.md": new Uint8Array([1]),
      });
      const told: string[] = [];
      const onProgress = ({ done, total }: { done: number; total: number }) => void told.push(`${done}/${total}`);
      const images = await imagesFromFolder(directory, { onProgress });
      assert.deepEqual([images.classNames, images.shape, [...images.labels]], [["dark", "light"], [32, 32, 3], [
        0,
        0,
        1,
        1,
      ]]);
      const middles = [0, 1, 2, 3].map((index) => images.images[index * 3072 + 1600]);
      [10, 20, 180, 200].forEach((value, index) => assert.ok(Math.abs(middles[index] - value) <= 2, middles.join()));
      assert.deepEqual(told, ["1/4", "2/4", "3/4", "4/4"]);
      assert.deepEqual(await imagesFromFolder(directory), images);
      const [rest, held] = split(images, { fraction: 0.25, seed: 1 });
      assert.deepEqual([rest.size, held.size], [3, 1]);
    });
  },
);

Deno.test("imagesFromFolder() takes the size as height and width", io, async () => {
  await withDirectory(async (directory) => {
    await fill(directory, {
      "a/1.png": png(4, 2, [1, 2, 3, 4, 1, 2, 3, 4], { channels: 1 }),
      "b/1.png": grey(9),
    });
    const images = await imagesFromFolder(directory, { size: [1, 2] });
    assert.deepEqual(images.shape, [1, 2, 3]);
    assert.deepEqual([...images.images.subarray(0, 6)], [2, 2, 2, 4, 4, 4]); // (1 + 2) / 2 and (3 + 4) / 2, rounded
  });
});

Deno.test("imagesFromFolder() turns photographs upright, and cuts them as they are seen", io, async () => {
  await withDirectory(async (directory) => {
    // stored lying: 64 wide, 32 high, its left half bright; shown turned to the right, the bright half is at the top
    const lying = jpeg(64, 32, (x) => x < 32 ? [220, 220, 220] : [30, 30, 30]);
    await fill(directory, { "a/1.jpg": withOrientation(lying, 6), "b/1.jpg": withOrientation(lying, 8) });
    const { images } = await imagesFromFolder(directory, { size: [4, 2] });
    const rows = (index: number) => [0, 1, 2, 3].map((row) => images[index * 24 + row * 6] > 128);
    assert.deepEqual(rows(0), [true, true, false, false]);
    assert.deepEqual(rows(1), [false, false, true, true]);
  });
});

/** Fills a folder and gives the error of reading it. */
async function refusal(
  files: Record<string, Uint8Array>,
  change?: (directory: string) => Promise<void>,
): Promise<Error> {
  let refused: Error | undefined;
  await withDirectory(async (directory) => {
    await fill(directory, files);
    await change?.(directory);
    refused = await imagesFromFolder(directory).then(() => undefined, (error) => error);
  });
  assert.ok(refused, "it was not refused");
  return refused;
}

Deno.test("imagesFromFolder() refuses a folder without two classes, and a class without an image", io, async () => {
  const none = await refusal({ "a.png": grey(1) });
  assert.match(none.message, /^Cannot load images from .*: it must hold 2 to 255 folders, one per class, got 0$/);
  const one = await refusal({ "cats/a.png": grey(1) });
  assert.ok(one instanceof RangeError);
  assert.match(one.message, /one per class, got 1$/);
  const many = Object.fromEntries(Array.from({ length: 256 }, (_, i) => [`${i}/a.png`, new Uint8Array()]));
  assert.match((await refusal(many)).message, /one per class, got 256$/);
  const empty = await refusal({ ...two, "birds/list.txt": new Uint8Array(1) });
  assert.ok(empty instanceof Deno.errors.NotFound);
  assert.match(empty.message, /^Cannot load images from .*birds: it must hold a PNG or a JPEG, got none$/);
});

Deno.test("imagesFromFolder() refuses broken and huge images, with the file's path", io, async () => {
  const photo = jpeg(40, 40, (x, y) => [x, y, 9]);
  const wrong: [string, Uint8Array, RegExp][] = [
    [
      "dogs/c.png",
      new Uint8Array([1, 2, 3]),
      /dogs.c\.png: it must be a PNG or a JPEG, got a file that starts with 01 02 03/,
    ],
    ["dogs/c.png", grey(5, 50, 50).subarray(0, 70), /dogs.c\.png: it must be a complete PNG, got/],
    ["dogs/c.jpg", photo.subarray(0, photo.length - 300), /dogs.c\.jpg: it must be a complete JPEG, got/],
    ["dogs/c.png", claimedPng(20_000, 20_000), /dogs.c\.png: it must have 1 to 50 million pixels, got 20000 x 20000/],
    ["dogs/c.jpg", claimedJpeg(20_000, 20_000), /dogs.c\.jpg: it must have 1 to 50 million pixels, got 20000 x 20000/],
    ["dogs/c.jpg", new Uint8Array(0), /dogs.c\.jpg: it must be a PNG or a JPEG, got an empty file/],
  ];
  for (const [path, bytes, message] of wrong) {
    const error = await refusal({ ...two, [path]: bytes });
    assert.ok(error instanceof Deno.errors.InvalidData, `${error.stack}`);
    assert.match(error.message, /^Cannot use /);
    assert.match(error.message, message);
  }
});

Deno.test("imagesFromFolder() takes a PNG for what it is, whatever its name", io, async () => {
  await withDirectory(async (directory) => {
    await fill(directory, { "a/1.jpg": grey(50), "b/1.png": jpeg(8, 8, () => [90, 90, 90]) });
    const { images } = await imagesFromFolder(directory);
    assert.deepEqual([images[0], Math.abs(images[3072] - 90) <= 2], [50, true]);
  });
});

const links = { ignore: !allowed("read", "write") || Deno.build.os === "windows" };

Deno.test(
  "imagesFromFolder() follows links inside the folder and refuses those that lead out of it",
  links,
  async () => {
    await withDirectory(async (directory) => {
      await fill(directory, two);
      await Deno.symlink(`${directory}/cats/a.png`, `${directory}/dogs/link.png`);
      await Deno.symlink("cats", `${directory}/kittens`);
      const images = await imagesFromFolder(directory);
      assert.deepEqual([images.classNames, [...images.labels]], [["cats", "dogs", "kittens"], [0, 1, 1, 2]]);
      await Deno.symlink(directory, `${directory}-link`);
      try {
        assert.deepEqual(await imagesFromFolder(`${directory}-link`), images);
      } finally {
        await Deno.remove(`${directory}-link`);
      }
    });
    await withDirectory(async (outside) => {
      await fill(outside, { "secret.png": grey(3) });
      const out = /^Cannot use .*: a link must lead to a place inside .*, got /;
      const file = await refusal(two, (directory) => Deno.symlink(`${outside}/secret.png`, `${directory}/dogs/x.png`));
      assert.ok(file instanceof Deno.errors.InvalidData);
      assert.match(file.message, out);
      assert.match((await refusal(two, (directory) => Deno.symlink(outside, `${directory}/birds`))).message, out);
      assert.match((await refusal(two, (directory) => Deno.symlink("..", `${directory}/up`))).message, out);
      assert.match((await refusal(two, (directory) => Deno.symlink(".", `${directory}/self`))).message, out);
      const broken = await refusal(two, (directory) => Deno.symlink("nowhere.png", `${directory}/dogs/x.png`));
      assert.match(broken.message, /^Cannot read .*dogs.x\.png: it must exist, got /);
    });
  },
);

Deno.test(
  "imagesFromFolder() refuses what cannot be read: no folder, a folder by an image's name",
  links,
  async () => {
    await assert.rejects(
      () => imagesFromFolder("/nowhere/at/all"),
      /^NotFound: Cannot read \/nowhere\/at\/all: it must exist/,
    );
    const folder = await refusal(two, (directory) => Deno.mkdir(`${directory}/dogs/x.png`));
    assert.match(folder.message, /^Cannot use .*dogs.x\.png: it must be a file, got something else$/);
  },
);

Deno.test("imagesFromFolder() refuses a pipe rather than waiting for it", {
  ignore: links.ignore || !allowed("run"),
}, async () => {
  const pipe = await refusal(two, async (directory) => {
    await new Deno.Command("mkfifo", { args: [`${directory}/dogs/x.png`] }).output();
  });
  assert.match(pipe.message, /dogs.x\.png: it must be a file, got something else$/);
});

Deno.test("imagesFromFolder() ends at its signal, and refuses wrong options", io, async () => {
  await withDirectory(async (directory) => {
    await fill(directory, two);
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error("enough"));
    await assert.rejects(
      () => imagesFromFolder(directory, { signal: controller.signal, onProgress }),
      /^Error: enough$/,
    );
    for (const size of [[0, 1], [1, 1.5], [1, NaN]] as [number, number][]) {
      await assert.rejects(
        () => imagesFromFolder(directory, { size }),
        /(height|width) must be a whole number of 1 or more, got/,
      );
    }
    for (const size of [32, [32], "32", null]) {
      await assert.rejects(
        () => imagesFromFolder(directory, { size: size as never }),
        /size must be \[height, width\], got/,
      );
    }
    await assert.rejects(() => imagesFromFolder(directory, { seize: 1 } as never), /are its options, got "seize"/);
  });
});
