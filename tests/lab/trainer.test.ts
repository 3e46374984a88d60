import assert from "node:assert/strict";
import { anotherTabTrains, brokenOff, Trainer } from "../../lib/lab/page/trainer.ts";
import type { FromWorker, RangeOrder, ToWorker } from "../../lib/lab/protocol.ts";

/** A worker that only keeps what it is sent. */
class SilentWorker {
  static all: SilentWorker[] = [];
  readonly received: ToWorker[] = [];
  onmessage?: (event: { data: FromWorker }) => void;
  ended = false;
  constructor() {
    SilentWorker.all.push(this);
  }
  postMessage(message: ToWorker): void {
    this.received.push(message);
  }
  terminate(): void {
    this.ended = true;
  }
}

/** Puts values in the place of global ones while it works, in a browser that blocks the page's storage. */
async function inBrowser(work: (workers: SilentWorker[], timers: (() => void)[]) => Promise<void>): Promise<void> {
  const timers: (() => void)[] = [];
  SilentWorker.all = [];
  const blocked = () => {
    throw new DOMException("The site's storage is blocked", "SecurityError");
  };
  const refused = () => new Promise(blocked);
  const fakes: Record<string, PropertyDescriptor> = {
    Worker: { value: SilentWorker },
    setTimeout: { value: (call: () => void) => timers.push(call) },
    localStorage: { get: blocked },
    navigator: { value: { locks: { request: refused, query: refused } } },
  };
  const before = Object.keys(fakes).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)!] as const);
  for (const [name, fake] of Object.entries(fakes)) {
    Object.defineProperty(globalThis, name, { ...fake, configurable: true });
  }
  try {
    await work(SilentWorker.all, timers);
  } finally {
    for (const [name, descriptor] of before) Object.defineProperty(globalThis, name, descriptor);
  }
}

const ORDER: RangeOrder = { startLr: 0.1, endLr: 1, iterations: 2, seed: 1, madeUp: true };
const READY: FromWorker = { kind: "ready", backend: "WebGL", reason: "as you chose", hardware: "a GPU", tfjs: "4" };

/** A trainer with a training under way, and the messages of that training. */
async function training(workers: SilentWorker[]): Promise<{ trainer: Trainer; heard: FromWorker[] }> {
  const trainer = new Trainer(() => {}, (message) => assert.fail(message));
  trainer.start("webgl");
  workers[0].onmessage!({ data: READY });
  const heard: FromWorker[] = [];
  const message = { kind: "range-test", order: ORDER } as const;
  assert.equal(await trainer.train("range test", message, (message) => heard.push(message)), true);
  assert.deepEqual(workers[0].received, [{ kind: "start", backend: "webgl" }, message]);
  return { trainer, heard };
}

Deno.test("a page whose storage is blocked trains, and knows of no other tab", async () => {
  await inBrowser(async (workers) => {
    const { trainer, heard } = await training(workers);
    workers[0].onmessage!({ data: { kind: "done", stopped: false, tensors: 0 } });
    assert.deepEqual([trainer.busy, heard.length, workers.length], [false, 1, 1]);
    assert.equal(await anotherTabTrains(), false);
    assert.equal(await brokenOff(), undefined);
  });
});

Deno.test("a training that does not stop is given up, and its backend started anew", async () => {
  await inBrowser(async (workers, timers) => {
    const { trainer, heard } = await training(workers);
    trainer.stop();
    assert.deepEqual(workers[0].received.at(-1), { kind: "stop" });
    for (const timer of timers) timer();
    assert.match(heard.map((message) => message.kind === "failed" && message.message).join(), /did not stop by itself/);
    assert.deepEqual([trainer.busy, trainer.ready, workers.length, workers[0].ended], [false, undefined, 2, true]);
    assert.deepEqual(workers[1].received, [{ kind: "start", backend: "webgl" }]);
  });
});

Deno.test("a training that stops in time, or fails, is not given up later", async () => {
  for (
    const end of [
      { kind: "done", stopped: true, tensors: 0 },
      { kind: "failed", message: "no images" },
      { kind: "failed", message: "lost", restart: true },
    ] as const
  ) {
    await inBrowser(async (workers, timers) => {
      const { trainer, heard } = await training(workers);
      trainer.stop();
      workers[0].onmessage!({ data: end });
      for (const timer of timers) timer();
      assert.deepEqual(heard, [end]);
      assert.equal(workers.length, "restart" in end ? 2 : 1);
    });
  }
});
