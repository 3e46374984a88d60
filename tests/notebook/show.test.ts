import assert from "node:assert/strict";
import {
  constant,
  cyclical,
  join,
  linearDecay,
  oneCycle,
  piecewiseConstant,
  product,
  type Schedule,
  tf,
  warmUp,
  warmupStableDecay,
} from "../../lib/mod.ts";
import { bundleOf } from "../../lib/notebook/show.ts";
import { spanOf } from "../../lib/notebook/span.ts";

Deno.test("show() draws the whole of a schedule whose length is known, and four cycles of others", () => {
  const cycles = cyclical({ stepSize: 50 });
  const decay = linearDecay({ initialLr: 1, iterations: 700 });
  const fixed = constant({ learningRate: 1 });
  const spans: [Schedule, number][] = [
    [cycles, 400],
    [decay, 700],
    [oneCycle({ maxLr: 1, totalSteps: 80 }), 80],
    [warmupStableDecay({ maxLr: 1, warmUp: 10, stable: 70, decay: 20 }), 100],
    [piecewiseConstant({ boundaries: [100, 200], learningRates: [1, 2, 3] }), 300],
    [warmUp(decay, { iterations: 10 }), 700],
    [warmUp(cycles, { iterations: 10 }), 400],
    [product(cycles, decay), 700],
    [join([{ schedule: fixed, iterations: 30 }, { schedule: decay }]), 730],
    [join([{ schedule: cycles, iterations: 300 }, { schedule: fixed, iterations: 50 }]), 350],
    [join([{ schedule: fixed, iterations: 30 }, { schedule: cycles }]), 430],
    [warmUp(join([{ schedule: cycles, iterations: 300 }, { schedule: fixed }]), { iterations: 10 }), 600],
    [join([{ schedule: fixed }]), 10_000],
    [fixed, 10_000],
    [cyclical({ stepSize: 1e6 }), 100_000],
  ];
  for (const [schedule, span] of spans) assert.equal(spanOf(schedule), span, JSON.stringify(schedule.config));
});

Deno.test("show() describes a tensor of numbers, and one of strings", async () => {
  const text = async (tensor: tf.Tensor) => (await bundleOf(tensor))["text/plain"] as string;
  assert.match(
    await text(tf.tensor([1, 3])),
    /^float32 tensor of shape \[2\], 2 values\nmin 1\.000, mean 2\.000, max 3/,
  );
  assert.match(await text(tf.tensor(["a"])), /^string tensor of shape \[1\], 1 values\nTensor\n/);
  assert.equal((await text(tf.zeros([200]))).split("\n").length, 2);
});
