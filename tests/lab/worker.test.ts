import assert from "node:assert/strict";
import { LearningRateScheduler, linearDecay, tf } from "../../lib/core.ts";
import { startBackend } from "../../lib/lab/worker/backend.ts";
import { step } from "../../lib/lab/worker/race.ts";
import { Control } from "../../lib/lab/worker/work.ts";
import { tinyModel } from "../support.ts";

Deno.test("a training that is stopping does not pause", async () => {
  const control = new Control();
  control.stop();
  control.pause();
  assert.equal(await control.goesOn(), false);
});

Deno.test("the time of a training stands still while it is paused", async () => {
  const control = new Control();
  control.pause();
  const [began, clock] = [performance.now(), control.now()];
  setTimeout(() => control.resume(), 300);
  assert.equal(await control.goesOn(), true);
  assert.ok(performance.now() - began - (control.now() - clock) >= 50);
});

Deno.test("a schedule that has diverged keeps its place in the race: its rate is that of the race's iteration", async () => {
  const batch = { xs: tf.ones([1, 2]), ys: tf.ones([1, 1]) };
  const scheduler = new LearningRateScheduler(linearDecay({ initialLr: 0.1, iterations: 10 }));
  const runner = { name: "linear", model: tinyModel(tf.train.momentum(0.1, 0.9)), scheduler, diverged: false };
  const first = await step(runner, batch, 0);
  assert.ok(first.learningRate === 0.1 && Number.isFinite(first.loss));
  runner.diverged = true;
  assert.deepEqual(await step(runner, batch, 5), { learningRate: 0.05, loss: null });
  assert.deepEqual(scheduler.history.iterations, [0]);
});

Deno.test("a backend that throws when it is looked for is missing", async () => {
  Object.defineProperty(globalThis, "OffscreenCanvas", { value: undefined }); // as in older browsers
  await assert.rejects(
    startBackend("webgl"),
    /^Error: Cannot train on WebGL: asking for WebGL failed \(OffscreenCanvas/,
  );
});
