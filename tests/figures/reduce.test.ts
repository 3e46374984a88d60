import assert from "node:assert/strict";
import { reduceHistory } from "../../lib/figures/reduce_history.ts";
import { reduceLine } from "../../lib/figures/reduce.ts";

const count = (length: number) => Array.from({ length }, (_, index) => index);

Deno.test("reduceLine() keeps the shape of a loss that exploded once", () => {
  const loss = count(500).map((i) => i === 250 ? 1e6 : 1 + Math.exp(-i / 100));
  const { x, y } = reduceLine(count(500), loss);
  assert.ok(x.length < 300, `${x.length} points`);
  for (let i = 0; i < 249; i++) {
    const right = x.findIndex((at) => at >= i);
    const share = right > 0 ? (i - x[right - 1]) / (x[right] - x[right - 1]) : 0;
    const drawn = right > 0 ? y[right - 1]! + share * (y[right]! - y[right - 1]!) : y[0]!;
    assert.ok(Math.abs(drawn - loss[i]) < 1e-3, `${drawn} at ${i} is not ${loss[i]}`);
  }
});

Deno.test("reduceHistory() keeps a bounded number of batches of thousands of short cycles", () => {
  const iterations = count(20_000);
  const history = { iterations, lr: iterations.map((i) => i % 4 / 100), loss: iterations.map(() => 1), epochs: [] };
  const reduced = reduceHistory(history, 40);
  assert.ok(reduced.iterations.length <= 5 * 40, `${reduced.iterations.length} batches`);
  assert.deepEqual([Math.min(...reduced.lr), Math.max(...reduced.lr)], [0, 0.03]);
});

Deno.test("reduceHistory() takes a training that diverged, as JSON brings it back", () => {
  const history = {
    ...{ iterations: [1, 2], lr: [0.1, 0.1], loss: [2, NaN] },
    epochs: [{ epoch: 0, iteration: 2, lr: 0.1, loss: NaN, val_loss: 2 }],
  };
  const { loss, epochs } = reduceHistory(JSON.parse(JSON.stringify(history)), 10);
  assert.deepEqual(loss, [2, null]);
  assert.deepEqual(epochs, [{ epoch: 0, iteration: 2, lr: 0.1, val_loss: 2 }]);
});
