import assert from "node:assert/strict";
import { callbacks, CyclicLR, liveFigure, progress, tf } from "../../lib/mod.ts";
import { allowed, tinyBatches, tinyModel } from "../support.ts";

/** What a notebook's kernel was asked to display while `work` ran. */
async function displayed(work: () => Promise<unknown>): Promise<{ id: string; update: boolean }[]> {
  const calls: { id: string; update: boolean }[] = [];
  const display = (_bundle: unknown, { display_id: id, update = false }: { display_id: string; update?: boolean }) => {
    calls.push({ id, update });
    return Promise.resolve();
  };
  const own = Object.getOwnPropertyDescriptor(globalThis, "Deno")!;
  const value = Object.create(own.value, { jupyter: { value: { display } } });
  Object.defineProperty(globalThis, "Deno", { ...own, value });
  try {
    await work();
  } finally {
    Object.defineProperty(globalThis, "Deno", own);
  }
  return calls;
}

const fit = (list: tf.CustomCallback[]) =>
  tinyModel(tf.train.sgd(0.01)).fitDataset(tinyBatches(3), { epochs: 2, verbose: 0, callbacks: list });

/** Checks that two fits had an output each, which was shown once and then updated. */
function checkOutputs(calls: { id: string; update: boolean }[], times: number): void {
  const ids = [...new Set(calls.map(({ id }) => id))];
  assert.equal(ids.length, 2);
  for (const id of ids) {
    const own = calls.filter((call) => call.id === id);
    assert.deepEqual(own.map(({ update }) => update), Array.from({ length: times }, (_, index) => index > 0));
  }
}

Deno.test("progress() shows each fit under the cell that runs it", async () => {
  checkOutputs(
    await displayed(async () => {
      const bar = progress();
      for (let run = 0; run < 2; run++) await fit([bar]);
    }),
    4, // two lines an epoch
  );
});

Deno.test("liveFigure() draws each fit under its own cell: at first, and when it ends", {
  ignore: !allowed("read", "env", "ffi", "sys"),
}, async () => {
  checkOutputs(
    await displayed(async () => {
      const live = liveFigure({ every: 2 });
      for (let run = 0; run < 2; run++) await fit(callbacks(live, new CyclicLR()));
    }),
    2, // the epochs end within five seconds of the first drawing
  );
});

Deno.test("liveFigure() refuses a fit without a scheduler, and unknown options", async () => {
  await displayed(() =>
    assert.rejects(
      () => fit([liveFigure()]),
      /^TypeError: Cannot draw a live figure: the fit must have a learning-rate/,
    )
  );
  assert.throws(() => liveFigure({ evry: 1 } as never), /every, title are its options, got "evry"$/);
});
