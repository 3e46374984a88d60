import assert from "node:assert/strict";
import { callbacks, CyclicLR, selectBackend, tensorBoard, tf } from "../../lib/mod.ts";
import { missingNativePart } from "../../lib/backend/native/setup/package.ts";
import { allowed, tinyBatches, tinyModel, withDirectory } from "../support.ts";

const native = allowed("read", "write", "env", "ffi", "sys", "run") && !missingNativePart();

/** The fields of a message in protobuf's wire format: numbers, or bytes. */
function fieldsOf(bytes: Uint8Array): [field: number, value: number | Uint8Array][] {
  const found: [number, number | Uint8Array][] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0;; shift += 7) {
      const byte = bytes[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const kind = key & 7;
    if (kind === 0) found.push([key >> 3, varint()]);
    else {
      const length = kind === 2 ? varint() : kind === 1 ? 8 : 4;
      found.push([key >> 3, bytes.subarray(at, at += length)]);
    }
  }
  return found;
}
const field = (bytes: Uint8Array, number: number) => fieldsOf(bytes).find(([field]) => field === number)?.[1];
const float = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset).getFloat32(0, true);

/** The scalars of an event file by tag: TFRecords of events (step: 2, summary: 5) with values (tag: 1, simple value: 2). */
function scalarsOf(file: Uint8Array): Record<string, [step: number, value: number][]> {
  const tags: Record<string, [number, number][]> = {};
  const view = new DataView(file.buffer);
  for (let at = 0; at < file.length;) {
    const length = Number(view.getBigUint64(at, true));
    const event = file.subarray(at + 12, at + 12 + length);
    at += 16 + length;
    const summary = field(event, 5);
    if (!(summary instanceof Uint8Array)) continue;
    const value = field(summary, 1) as Uint8Array;
    const tag = new TextDecoder().decode(field(value, 1) as Uint8Array);
    const step = field(event, 2) as number ?? 0;
    (tags[tag] ??= []).push([step, float(field(value, 2) as Uint8Array)]);
  }
  return tags;
}

Deno.test("tensorBoard() writes rates, momenta and losses in TensorBoard's format", { ignore: !native }, async () => {
  await selectBackend("native");
  await withDirectory(async (directory) => {
    const model = tinyModel(tf.train.momentum(0.01, 0.9));
    const clr = new CyclicLR({ baseLr: 0.001, maxLr: 0.005, stepSize: 2, baseMomentum: 0.8, maxMomentum: 0.9 });
    const list = callbacks(clr, tensorBoard(directory));
    await model.fitDataset(tinyBatches(4), { epochs: 2, callbacks: list, verbose: 0 });
    const files = [...Deno.readDirSync(directory)].map(({ name }) => name).filter((name) => name.includes("tfevents"));
    assert.equal(files.length, 1);
    const tags = scalarsOf(await Deno.readFile(`${directory}/${files[0]}`));
    const singles = (values: readonly number[]) => values.map((value, i) => [i, Math.fround(value)]);
    assert.deepEqual(tags["batch/learning_rate"], singles(clr.history.lr));
    assert.deepEqual(tags["batch/momentum"], singles(clr.history.momentum!));
    assert.deepEqual(tags["batch/loss"], singles(clr.history.loss as number[]));
    assert.equal(tags["epoch/loss"].length, 2);
  });
});

Deno.test("tensorBoard() refuses another backend at the start", async () => {
  await tf.setBackend("cpu");
  const model = tinyModel(tf.train.sgd(0.01));
  await assert.rejects(
    () => model.fitDataset(tinyBatches(2), { epochs: 1, callbacks: [tensorBoard("nowhere")], verbose: 0 }),
    /Cannot write for TensorBoard: it needs the native backend \(tensorflow\), got "cpu"/,
  );
});
