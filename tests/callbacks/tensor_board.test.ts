import assert from "node:assert/strict";
import { callbacks, CyclicLR, selectBackend, tensorBoard, tf } from "../../lib/mod.ts";
import { missingNativePart } from "../../lib/backend/native/setup/package.ts";
import { allowed, tinyBatches, tinyModel, withDirectory } from "../support.ts";

const native = allowed("read", "write", "env", "ffi", "sys", "run") && !missingNativePart();

/** Reads event files back with the real TensorBoard, where Python has it. */
const READER = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1], size_guidance={"tensors": 0, "scalars": 0})
events.Reload()
from tensorboard.util import tensor_util
tags = {tag: [[e.step, float(tensor_util.make_ndarray(e.tensor_proto))] for e in events.Tensors(tag)] for tag in events.Tags()["tensors"]}
tags.update({tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]})
print(json.dumps(tags))
`;

Deno.test("tensorBoard() writes summaries that the real TensorBoard reads", { ignore: !native }, async () => {
  await selectBackend("native");
  await withDirectory(async (directory) => {
    const model = tinyModel(tf.train.momentum(0.01, 0.9));
    const clr = new CyclicLR({ baseLr: 0.001, maxLr: 0.005, stepSize: 2, baseMomentum: 0.8, maxMomentum: 0.9 });
    const list = callbacks(clr, tensorBoard(directory));
    await model.fitDataset(tinyBatches(4), { epochs: 2, callbacks: list, verbose: 0 });
    const files = [...Deno.readDirSync(directory)].map(({ name }) => name);
    assert.equal(files.filter((name) => name.includes("tfevents")).length, 1);

    const python = Deno.env.get("CLR_TEST_PYTHON") ?? "python3";
    const has = await new Deno.Command(python, { args: ["-c", "import tensorboard"], stderr: "null" }).output();
    if (!has.success) return console.warn("ignored: reading back needs Python's tensorboard");
    const { stdout } = await new Deno.Command(python, { args: ["-c", READER, directory] }).output();
    const tags = JSON.parse(new TextDecoder().decode(stdout)) as Record<string, [number, number][]>;
    const values = (tag: string) => tags[tag].map(([step, value]) => [step, Number(value.toPrecision(5))]);
    assert.deepEqual(values("batch/learning_rate"), clr.history.lr.map((rate, i) => [i, Number(rate.toPrecision(5))]));
    assert.deepEqual(values("batch/momentum"), clr.history.momentum!.map((m, i) => [i, Number(m.toPrecision(5))]));
    assert.equal(tags["batch/loss"].length, 8);
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
