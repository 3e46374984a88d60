import assert from "node:assert/strict";
import { imageDataset, imagesFromFolder, imagesToFolder } from "../../lib/mod.ts";
import { allowed, withDirectory } from "../support.ts";

const io = { ignore: !allowed("read", "write") };

/** Images of 2 x 3 pixels, one for each label, all bytes different. */
function dataset(labels: number[], channels: number, classNames: string[] = ["cat", "ship"]) {
  const images = Uint8Array.from({ length: labels.length * 6 * channels }, (_, index) => (index * 7) % 256);
  return imageDataset({ images, labels: Uint8Array.from(labels), shape: [2, 3, channels], classNames });
}

Deno.test("imagesToFolder() writes what imagesFromFolder() reads, byte for byte, sorted by class", io, async () => {
  await withDirectory(async (directory) => {
    const written = dataset([1, 0, 1], 3);
    await imagesToFolder(written, `${directory}/photos`);
    const names = [...Deno.readDirSync(`${directory}/photos/ship`)].map(({ name }) => name).sort();
    assert.deepEqual(names, ["00000.png", "00002.png"]);
    const read = await imagesFromFolder(`${directory}/photos`, { size: [2, 3] });
    assert.deepEqual([[...read.labels], read.classNames], [[0, 1, 1], ["cat", "ship"]]);
    const image = (index: number) => [...written.images.subarray(index * 18, (index + 1) * 18)];
    assert.deepEqual([...read.images], [1, 0, 2].flatMap(image));
  });
});

Deno.test("imagesToFolder() writes grey images as grey ones", io, async () => {
  await withDirectory(async (directory) => {
    const written = dataset([0, 1], 1);
    await imagesToFolder(written, directory);
    const read = await imagesFromFolder(directory, { size: [2, 3] });
    assert.deepEqual([...read.images], [...written.images].flatMap((value) => [value, value, value]));
  });
});

Deno.test("imagesToFolder() refuses what a folder of images cannot hold, and writes nothing then", io, async () => {
  await withDirectory(async (directory) => {
    for (const name of ["", ".hidden", "..", "a/b", "a\\b", "a\0"]) {
      await assert.rejects(imagesToFolder(dataset([0, 1], 3, ["cat", name]), directory), {
        name: "RangeError",
        message: `Cannot write images to a folder: a class's name must be the name of a folder, got ${
          JSON.stringify(name)
        }`,
      });
    }
    await assert.rejects(imagesToFolder(dataset([0], 5), directory), {
      name: "TypeError",
      message: "Cannot write images to a folder: images must have 1 to 4 channels, got 5",
    });
    assert.deepEqual([...Deno.readDirSync(directory)], []);
  });
});

Deno.test("imagesToFolder() refuses classes whose folders would be one, on some systems at least", io, async () => {
  const parts = { images: new Uint8Array(2), labels: new Uint8Array([0, 1]), shape: [1, 1, 1] } as const;
  const cats = imageDataset({ ...parts, classNames: ["Cat", "cat"] });
  await withDirectory(async (directory) => {
    await assert.rejects(imagesToFolder(cats, directory), /a folder of its own, got "Cat" and "cat"$/);
  });
});
