import assert from "node:assert/strict";
import {
  type Batches,
  batches,
  imagesFromFolder,
  meanImage,
  randomFlip,
  randomShift,
  split,
  subset,
  tf,
} from "../../lib/mod.ts";
import { decodeRecords, loadCifar10 } from "../../lib/data/cifar10/mod.ts";
import { randomFrom, shuffled } from "../../lib/data/random.ts";
import { encode } from "fast-png";
import { allowed, smallImages, withDirectory } from "../support.ts";

const all = async (data: Batches) => {
  const list: number[][] = [];
  await data.forEachAsync(({ xs, ys }) => {
    list.push([...xs.dataSync(), ...ys.dataSync()]);
    tf.dispose([xs, ys]);
  });
  return list;
};

Deno.test("randomFrom() is even, and differs for different keys", () => {
  const random = randomFrom(1, 2, 3);
  const counts = new Array(10).fill(0);
  for (let i = 0; i < 100_000; i++) counts[Math.floor(random() * 10)]++;
  assert.ok(counts.every((count) => Math.abs(count - 10_000) < 400), counts.join());
  const first = Array.from({ length: 50 }, (_, i) => randomFrom(5, i)());
  assert.equal(new Set(first).size, 50);
});

Deno.test("shuffled() holds each index once, in an order of its key", () => {
  assert.deepEqual([...shuffled(100, 3)].sort((a, b) => a - b), Array.from({ length: 100 }, (_, i) => i));
  assert.deepEqual(shuffled(100, 3), shuffled(100, 3));
  assert.notDeepEqual(shuffled(100, 3), shuffled(100, 4));
});

Deno.test("decodeRecords() turns planes into pixels", () => {
  const record = new Uint8Array(3073);
  record[0] = 6;
  record[1 + 5] = 10; // red, green and blue of pixel 5
  record[1 + 1024 + 5] = 20;
  record[1 + 2048 + 5] = 30;
  const [images, labels] = [new Uint8Array(3072), new Uint8Array(1)];
  decodeRecords(record, images, labels);
  assert.equal(labels[0], 6);
  assert.deepEqual([...images.subarray(15, 18)], [10, 20, 30]);
});

Deno.test("decodeRecords() refuses cut records and labels above 9", () => {
  const room = [new Uint8Array(6144), new Uint8Array(2)] as const;
  assert.throws(() => decodeRecords(new Uint8Array(3072), ...room), /must have 3073 bytes, got 3072/);
  assert.throws(() => decodeRecords(new Uint8Array(3073).fill(200), ...room), /a label must be from 0 to 9, got 200/);
});

Deno.test("decodeRecords() never hangs or throws anything else, for 2000 random inputs", () => {
  const random = randomFrom(99);
  for (let i = 0; i < 2000; i++) {
    const bytes = Uint8Array.from({
      length: Math.floor(random() * 4) * 3073 + (random() < 0.5 ? 0 : Math.floor(random() * 50)),
    }, () => random() * 256);
    try {
      decodeRecords(bytes, new Uint8Array(4 * 3072), new Uint8Array(4));
      assert.equal(bytes.length % 3073, 0);
    } catch (error) {
      assert.match((error as Error).message, /^Cannot decode CIFAR-10 records: /);
    }
  }
});

Deno.test("randomShift() moves by whole pixels up to a tenth and fills with the nearest", () => {
  const row = Uint8Array.from({ length: 30 }, (_, i) => i);
  const random = randomFrom(1);
  const seen = new Set<number>();
  for (let i = 0; i < 200; i++) {
    const moved = randomShift({ width: 0.1, height: 0 })(row, [1, 30, 1], random);
    const by = 15 - moved[15];
    seen.add(by);
    assert.deepEqual([...moved], [...row].map((value) => Math.min(29, Math.max(0, value - by))));
  }
  assert.deepEqual([...seen].sort((a, b) => a - b), [-3, -2, -1, 0, 1, 2, 3]);
});

Deno.test("randomFlip() mirrors half of the images", () => {
  const random = randomFrom(2);
  let flips = 0;
  for (let i = 0; i < 1000; i++) flips += Number(randomFlip()(new Uint8Array([1, 2, 3]), [1, 3, 1], random)[0] === 3);
  assert.ok(Math.abs(flips - 500) < 60, `${flips}`);
});

Deno.test("batches() repeats with a seed, differs between epochs, and drops the remainder", async () => {
  await tf.setBackend("cpu");
  const images = smallImages(10, 2, 4);
  const make = () =>
    batches(images, { batchSize: 4, seed: 1, mean: meanImage(images), augment: [randomShift(), randomFlip()] });
  const [one, two] = [make(), make()];
  assert.equal(one.batchesPerEpoch, 2);
  const first = await all(one);
  assert.equal(first.length, 2);
  assert.deepEqual(await all(two), first);
  assert.notDeepEqual(await all(one), first);
});

Deno.test("batches() goes on in the middle of an epoch", async () => {
  const images = smallImages(12, 2, 4);
  const make = () => batches(images, { batchSize: 3, seed: 5, augment: [randomFlip()] });
  const whole = make();
  await all(whole);
  const second = await all(whole);
  const resumed = make();
  resumed.startAt({ epoch: 1, batch: 2 });
  assert.deepEqual(await all(resumed), second.slice(2));
});

Deno.test("batches() without a seed keeps the order and the remainder", async () => {
  const images = smallImages(5, 5, 1);
  const list = await all(batches(images, { batchSize: 2 }));
  assert.equal(list.length, 3);
  assert.deepEqual(list[2].slice(0, 3), [...images.images.subarray(12, 15)]);
  assert.deepEqual(list[2].slice(3), [0, 0, 0, 0, 1]);
});

Deno.test("batches() subtracts the mean image", async () => {
  const images = smallImages(4, 2, 2);
  const mean = meanImage(images);
  const list = await all(batches(images, { batchSize: 4, mean }));
  const sums = mean.map((_, pixel) => [0, 1, 2, 3].reduce((sum, i) => sum + list[0][i * 12 + pixel], 0));
  assert.ok(sums.every((sum) => Math.abs(sum) < 1e-3));
});

Deno.test("batches() refuses a batch larger than the data set and augmentation without a seed", () => {
  const images = smallImages(4, 2, 2);
  assert.throws(
    () => batches(images, { batchSize: 5 }),
    /batchSize must be a whole number from 1 to 4, the images, got 5/,
  );
  assert.throws(() => batches(images, { batchSize: 2, augment: [randomFlip()] }), /augmentation needs a seed/);
  assert.throws(() => batches(images, { batchSize: 2, mean: new Float32Array(3) }), TypeError);
});

Deno.test("batches() leaks no tensor", async () => {
  const data = batches(smallImages(20, 2, 4), { batchSize: 4, seed: 1 });
  await all(data);
  const before = tf.memory().numTensors;
  await all(data);
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("subset() and split() choose by class, size and seed", () => {
  const images = smallImages(100);
  const two = subset(images, { classes: ["d", "b"], size: 12 });
  assert.deepEqual(two.classNames, ["d", "b"]);
  assert.deepEqual([...two.labels.subarray(0, 4)], [1, 0, 1, 0]); // b stands before d in the data
  const [rest, held] = split(images, { fraction: 0.1, seed: 3 });
  assert.deepEqual([rest.size, held.size], [90, 10]);
  assert.throws(() => subset(images, { classes: ["a", "zebra"] }), /classes must be among .*, got "zebra"/);
  assert.throws(() => subset(images, { size: 101 }), /size must be a whole number from 1 to 100, got 101/);
});

const io = { ignore: !allowed("read", "write") };
Deno.test("loadCifar10() refuses a directory that is no CIFAR-10, in words", io, async () => {
  await withDirectory(async (directory) => {
    await assert.rejects(
      () => loadCifar10({ directory }),
      (error: Error) =>
        error instanceof Deno.errors.NotFound && /^Cannot read .*data_batch_1\.bin: it must exist/.test(error.message),
    );
    await Deno.writeFile(`${directory}/data_batch_1.bin`, new Uint8Array(100));
    await assert.rejects(
      () => loadCifar10({ directory }),
      (error: Error) =>
        error instanceof Deno.errors.InvalidData &&
        /must be CIFAR-10's data_batch_1\.bin with sha256 .*, got 100 other bytes/.test(error.message),
    );
  });
});

Deno.test("imagesFromFolder() reads a folder a class", io, async () => {
  await withDirectory(async (directory) => {
    for (const [name, value] of [["dark", 10], ["light", 200]] as const) {
      await Deno.mkdir(`${directory}/${name}`);
      const data = new Uint8Array(12).fill(value);
      await Deno.writeFile(`${directory}/${name}/one.png`, encode({ data, width: 2, height: 2, channels: 3 }));
    }
    const images = await imagesFromFolder(directory);
    assert.deepEqual([images.classNames, images.shape, [...images.labels], images.images[12]], [
      ["dark", "light"],
      [2, 2, 3],
      [0, 1],
      200,
    ]);
    await Deno.writeFile(`${directory}/light/two.png`, new Uint8Array([1, 2, 3]));
    await assert.rejects(() => imagesFromFolder(directory), /two\.png: it must be a PNG/);
  });
});
