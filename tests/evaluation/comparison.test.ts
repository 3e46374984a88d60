import assert from "node:assert/strict";
import { compareSchedules, constant, LearningRateScheduler } from "../../lib/mod.ts";

Deno.test("compareSchedules() hands schedules and functions that return a plain number to run()", async () => {
  const schedules = { fixed: constant({ learningRate: 0.3 }), plain: (iteration: number) => 0.1 * iteration };
  const { table } = await compareSchedules({
    schedules,
    run: (schedule, _seed, name) => {
      assert.equal(schedule, schedules[name as keyof typeof schedules]);
      const { learningRate } = new LearningRateScheduler(schedule).at(2);
      return Promise.resolve({
        ...{ accuracy: learningRate, loss: 0 },
        history: { iterations: [], lr: [], loss: [], epochs: [] },
      });
    },
  });
  assert.deepEqual(table.map(({ name, accuracy }) => [name, accuracy]), [["fixed", 0.3], ["plain", 0.2]]);
});

Deno.test("compareSchedules() refuses what is no function", async () => {
  await assert.rejects(
    () => compareSchedules({ schedules: { a: 3 as never }, run: () => Promise.reject() }),
    /^TypeError: Cannot compare schedules: there must be one or more, got 3$/,
  );
});
