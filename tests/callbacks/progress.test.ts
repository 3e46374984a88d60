import assert from "node:assert/strict";
import { ProgressBar, type ProgressSink } from "../../lib/callbacks/progress.ts";
import { callbacks, CyclicLR, tf } from "../../lib/mod.ts";
import { tinyBatches, tinyModel } from "../support.ts";

/** A sink that remembers everything, and a clock that goes on by a second each time it is read. */
function recorder(everyMs: number) {
  const [lines, updates]: string[][] = [[], []];
  let time = 0;
  const sink: ProgressSink = {
    everyMs,
    line: (text) => void lines.push(text),
    update: (text) => void updates.push(text),
  };
  return { lines, updates, options: { sink, now: () => time += 1000 } };
}

Deno.test("ProgressBar counts the batches of fit, for which tfjs states no steps, and of fitDataset", async () => {
  await tf.setBackend("cpu");
  const model = tinyModel(tf.train.sgd(0.01));
  const [xs, ys] = [tf.ones([10, 2]), tf.ones([10, 1])];
  const ways = [
    (bar: ProgressBar) =>
      model.fit(xs, ys, { batchSize: 4, epochs: 2, callbacks: callbacks(new CyclicLR(), bar), verbose: 0 }),
    (bar: ProgressBar) =>
      model.fitDataset(tinyBatches(3), { epochs: 2, callbacks: callbacks(new CyclicLR(), bar), verbose: 0 }),
  ];
  for (const fit of ways) {
    const { lines, updates, options } = recorder(0);
    await fit(new ProgressBar(options));
    assert.deepEqual(lines.map((line) => line.slice(0, 9)), ["Epoch 1/2", "3/3 [====", "Epoch 2/2", "3/3 [===="]);
    assert.equal(updates.length, 6);
    assert.match(updates[0], /^1\/3 \[=+>\.+\] - ETA \d+s \d+ms\/step - loss: \d\.\d{4} - .*lr: 1\.000e-3$/);
  }
});

Deno.test("ProgressBar updates no more often than its sink wants", async () => {
  await tf.setBackend("cpu");
  const { updates, options } = recorder(1e9);
  const list = callbacks(new ProgressBar(options));
  await tinyModel(tf.train.sgd(0.01)).fitDataset(tinyBatches(5), { epochs: 1, callbacks: list, verbose: 0 });
  assert.equal(updates.length, 0);
});

Deno.test("ProgressBar knows from the plan that a run continues or ends within an epoch", async () => {
  await tf.setBackend("cpu");
  const clr = new CyclicLR();
  for (let i = 0; i < 2; i++) clr.step(tf.train.sgd(0.01));
  const { lines, updates, options } = recorder(0);
  const bar = new ProgressBar({ ...options, plan: { iterations: 8, batchesPerEpoch: 5 } });
  await tinyModel(tf.train.sgd(0.01)).fitDataset(tinyBatches(3), {
    epochs: 2,
    callbacks: callbacks(clr, bar),
    verbose: 0,
  });
  const counts = [...updates, ...lines].map((line) => line.match(/^\d\/\d/)?.[0]).filter(Boolean);
  assert.deepEqual(counts, ["3/5", "4/5", "5/5", "1/3", "2/3", "3/3", "5/5", "3/3"]);
});
