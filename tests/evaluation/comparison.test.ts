import assert from "node:assert/strict";
import { comparisonMarkdown, comparisonTable } from "../../lib/evaluation/comparison.ts";
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

Deno.test("comparisonTable() says how far each is behind the best, paired by seed, with Student's interval", () => {
  const run = (name: string, seed: number, accuracy: number) => ({ name, seed, accuracy, loss: 1 });
  const table = comparisonTable([
    ...[run("a", 1, 0.5), run("b", 1, 0.4), run("a", 2, 0.7), run("b", 2, 0.5), run("a", 3, 0.6), run("b", 3, 0.3)],
    run("c", 1, 0.1),
  ]);
  const [a, b, c] = table;
  assert.equal(a.behind, undefined);
  assert.ok(Math.abs(b.behind!.mean - 0.2) < 1e-12);
  const half = 4.303 * 0.1 / Math.sqrt(3); // the differences are 0.1, 0.2 and 0.3
  assert.ok(Math.abs(b.behind!.interval[0] - (0.2 - half)) < 1e-12);
  assert.equal(c.behind, undefined, "one shared seed has no interval");
  const text = comparisonMarkdown(table);
  assert.match(text, /\| b \| 40\.0 ± 10\.0 \| 1\.000 \| 3 \| 20\.0 \(-4\.8 to 44\.8\) \|/);
  assert.match(text, /One seed is no ranking/);
});
