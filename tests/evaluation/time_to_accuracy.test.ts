import assert from "node:assert/strict";
import { iterationsToAccuracy, timesToAccuracy, timeToAccuracyMarkdown } from "../../lib/mod.ts";

/** A run of so many iterations, validated at equal distances. */
const run = (name: string, accuracies: number[], iterations = 400, minutes = 4) => ({
  ...{ name, iterations, minutes },
  history: {
    ...{ iterations: [], lr: [], loss: [] },
    epochs: [{ epoch: 0, iteration: iterations, lr: 0.1, val_accuracy: accuracies.at(-1)! }],
    validations: accuracies.slice(0, -1).map((val_accuracy, index) => ({
      iteration: iterations * (index + 1) / accuracies.length,
      val_loss: 1,
      val_accuracy,
    })),
  },
});

Deno.test("iterationsToAccuracy() is the first validation that reached it, within epochs too", () => {
  const { history } = run("a", [0.3, 0.5, 0.4, 0.6]);
  assert.deepEqual([0.3, 0.31, 0.5, 0.55, 0.61].map((accuracy) => iterationsToAccuracy(history, accuracy)), [
    ...[100, 200, 200, 400],
    undefined,
  ]);
  assert.throws(() => iterationsToAccuracy(history, 50), /^RangeError: .*accuracy must be from 0 to 1, got 50$/);
});

Deno.test("timesToAccuracy() takes the mean where all runs got there, and counts them where not", () => {
  const runs = [run("a", [0.3, 0.5, 0.6, 0.7]), run("b", [0.1, 0.2, 0.3, 0.4]), run("a", [0.5, 0.5, 0.6, 0.65])];
  const [a, b] = timesToAccuracy(runs, [0.5, 0.7]);
  assert.deepEqual(a, {
    name: "a",
    runs: 2,
    times: [{ accuracy: 0.5, reached: 2, iterations: 150, minutes: 1.5 }, { accuracy: 0.7, reached: 1 }],
  });
  assert.deepEqual(b.times, [{ accuracy: 0.5, reached: 0 }, { accuracy: 0.7, reached: 0 }]);
  assert.equal(
    timeToAccuracyMarkdown(runs),
    [
      "| iterations to | 20 % | 30 % | 40 % | 50 % | 60 % | 70 % |",
      "|---|---|---|---|---|---|---|",
      "| a | 100 | 100 | 150 | 150 | 300 | 1 of 2 |",
      "| b | 200 | 300 | 400 | 0 of 1 | 0 of 1 | 0 of 1 |",
      "",
    ].join("\n"),
  );
  assert.equal(timeToAccuracyMarkdown([run("a", [0.05, 0.06])]), "", "nothing was reached");
});
