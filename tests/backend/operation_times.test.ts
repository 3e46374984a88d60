import assert from "node:assert/strict";
import { timeOperations } from "../../lib/backend/operation_times.ts";
import { selectBackend, tf } from "../../lib/mod.ts";

Deno.test("timeOperations() counts as the tape's what a gradient takes between operations, and nothing else", async () => {
  await selectBackend("cpu");
  const x = tf.tensor1d([1, 2, 3]);
  const times = timeOperations();
  for (let i = 0; i < 10; i++) tf.tidy(() => x.square().sum());
  assert.equal(times.tape(), 0, "no gradient, no tape");
  const gradient = tf.grad((x) => x.square().sum())(x);
  assert.deepEqual([...gradient.dataSync()], [2, 4, 6]);
  const tape = times.tape();
  assert.ok(tape > 0);
  const operations = times.stop();
  assert.ok(operations.get("Square")!.calls === 11, "once in the gradient too");
  tf.grad((x) => x.square().sum())(x);
  assert.equal(times.tape(), tape, "nothing is measured after stop()");
});

Deno.test("timeOperations() leaves what the forward pass does between operations out of the tape", async () => {
  await selectBackend("cpu");
  const x = tf.tensor1d([1, 2, 3]);
  const times = timeOperations();
  const start = performance.now();
  tf.grad((x) => {
    for (const begun = performance.now(); performance.now() - begun < 50;); // a slow layer
    return x.square().sum();
  })(x);
  const all = performance.now() - start;
  times.stop();
  assert.ok(times.tape() <= all - 50, `${times.tape()} of ${all}`);
});
