import assert from "node:assert/strict";
import { cifar10IsCached, decodeRecords, loadCifar10 } from "../../../lib/data/cifar10/mod.ts";
import { fetchFiles, FILE_NAMES, filesArePresent, wrongFiles } from "../../../lib/data/cifar10/files.ts";
import { randomFrom } from "../../../lib/data/random.ts";
import { allowed, withDirectory } from "../../support.ts";

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

Deno.test("filesArePresent() looks at sizes alone, wrongFiles() at what the files hold", io, async () => {
  await withDirectory(async (directory) => {
    assert.equal(await filesArePresent(directory), false);
    for (const name of FILE_NAMES) {
      using file = await Deno.create(`${directory}/${name}`);
      await file.truncate(30_730_000); // 10,000 records of 3,073 bytes, all zeros
    }
    assert.equal(await filesArePresent(directory), true);
    assert.deepEqual(await wrongFiles(directory), FILE_NAMES);
    await Deno.truncate(`${directory}/test_batch.bin`, 30_729_999);
    assert.equal(await filesArePresent(directory), false);
  });
});

Deno.test(
  "cifar10IsCached() looks into the cache's directory",
  { ignore: !allowed("read", "write", "env") },
  async () => {
    const before = Deno.env.get("CLR_CACHE_DIR");
    await withDirectory(async (directory) => {
      try {
        Deno.env.set("CLR_CACHE_DIR", directory);
        assert.equal(await cifar10IsCached(), false);
      } finally {
        if (before === undefined) Deno.env.delete("CLR_CACHE_DIR");
        else Deno.env.set("CLR_CACHE_DIR", before);
      }
    });
  },
);

const offline = Deno.permissions.querySync({ name: "net", host: "www.cs.toronto.edu" }).state !== "granted";

Deno.test("fetchFiles() says what each source failed at, and keeps the failures", {
  ignore: !allowed("read", "write", "env") || !offline,
}, async () => {
  await withDirectory(async (directory) => {
    const notes: string[] = [];
    const onProgress = ({ note }: { note?: string }) => void (note && notes.push(note));
    await assert.rejects(() => fetchFiles(`${directory}/cache`, { onProgress }), (error: Error) => {
      assert.ok(error instanceof AggregateError);
      const messages = error.errors.map(({ message }) => message);
      assert.equal(messages.length, 2);
      assert.deepEqual(notes, messages);
      for (const message of messages) assert.ok(error.message.includes(message), error.message);
      assert.match(error.message, /^Cannot fetch CIFAR-10\. Check the network, or name a directory .*`--data DIR`/);
      return true;
    });
  });
});
