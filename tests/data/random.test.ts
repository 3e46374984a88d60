import assert from "node:assert/strict";
import { randomFrom, shuffled } from "../../lib/data/random.ts";

Deno.test("randomFrom() is even, and differs for different keys", () => {
  const random = randomFrom(1, 2, 3);
  const counts = new Array(10).fill(0);
  for (let i = 0; i < 100_000; i++) counts[Math.floor(random() * 10)]++;
  assert.ok(counts.every((count) => Math.abs(count - 10_000) < 400), counts.join());
  const first = Array.from({ length: 50 }, (_, i) => randomFrom(5, i)());
  assert.equal(new Set(first).size, 50);
});

Deno.test("shuffled() holds each index once, in an order of its key", () => {
  assert.deepEqual([...shuffled(100, 3)].sort((a, b) => a - b), Array.from({ length: 100 }, (_, i) => i));
  assert.deepEqual(shuffled(100, 3), shuffled(100, 3));
  assert.notDeepEqual(shuffled(100, 3), shuffled(100, 4));
});
