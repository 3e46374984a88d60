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

Deno.test("compareSchedules() refuses unknown options, and a run that is no function", async () => {
  const schedules = { a: constant({ learningRate: 1 }) };
  const run = () => Promise.reject();
  for (
    const [options, message] of [
      [{ schedules }, /^TypeError: Cannot compare schedules: run must be a function, got undefined$/],
      [{ schedules, run, seed: 1 }, /are its options, got "seed"$/],
      [{ run }, /there must be one or more, got undefined$/],
    ] as const
  ) await assert.rejects(() => compareSchedules(options as never), message);
});

Deno.test("compareSchedules() gives the table in the schedules' order, also after runs that were done before", async () => {
  const fixed = constant({ learningRate: 1 });
  const history = { iterations: [], lr: [], loss: [], epochs: [] };
  const score = { accuracy: 0.5, loss: 1, history };
  const { table } = await compareSchedules({
    schedules: { a: fixed, b: fixed },
    run: () => Promise.resolve(score),
    done: [{ ...score, name: "b", seed: 42 }],
  });
  assert.deepEqual(table.map(({ name }) => name), ["a", "b"]);
});

Deno.test("comparisonTable() never takes a NaN for the best", () => {
  const run = (name: string, seed: number, accuracy: number) => ({ name, seed, accuracy, loss: 1 });
  const [a, b, c] = comparisonTable(
    [1, 2].flatMap((seed) => [run("a", seed, NaN), run("b", seed, 0.5), run("c", seed, 0.4)]),
  );
  assert.deepEqual([a.behind, b.behind], [undefined, undefined]);
  assert.ok(Math.abs(c.behind!.mean - 0.1) < 1e-12);
});

Deno.test("comparisonMarkdown() says that a run diverged, and shows on which side of 0 a bound is", () => {
  const text = comparisonMarkdown([
    { name: "a", runs: 2, accuracy: 0.5, loss: 1 },
    { name: "b", runs: 2, accuracy: 0.4, loss: Infinity, behind: { mean: 0.1, interval: [-0.0003, 0.2003] } },
  ]);
  assert.match(text, /\| b \| 40\.0 \| diverged \| 2 \| 10\.0 \(-0\.03 to 20\.0\) \|/);
  assert.match(text, /The best was picked by the same runs, and the intervals are not adjusted/);
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
