import assert from "node:assert/strict";
import { selectBackend, tf } from "../lib/mod.ts";
import { missingNativePart } from "../lib/backend/native/setup/package.ts";
import { randomFrom } from "../lib/data/random.ts";
import { readCheckpoint } from "../lib/experiments/checkpoint.ts";
import { allowed, withDirectory } from "./support.ts";
import { tinyRun } from "./support_run.ts";

// Minutes, hence by `deno task test:soak`; a short form of the kills runs with all tests.
const long = allowed("env") && Deno.env.get("CLR_SOAK") === "1";
const may = allowed("read", "write", "env", "run", "sys");

async function start(directory: string, epochs: number): Promise<Deno.ChildProcess> {
  await Deno.mkdir(directory, { recursive: true });
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-check", "--cached-only", "--allow-read", "--allow-env", "--allow-sys"],
      `--allow-write=${directory}`,
      `${import.meta.dirname}/fixtures/tiny_run.ts`,
      directory,
      String(epochs),
    ],
    stdout: "null",
    stderr: "piped",
  }).spawn();
}

const kills = long ? 50 : 3;

Deno.test(`a run killed by SIGKILL ${kills} times at random moments ends as an unkilled one, bit for bit`, {
  ignore: !may || Deno.build.os === "windows",
}, async () => {
  await withDirectory(async (home) => {
    const epochs = long ? 400 : 60;
    const [whole, killed] = [`${home}/whole`, `${home}/killed`];
    assert.equal((await (await start(whole, epochs)).output()).code, 0);
    const checkpoints = `${killed}/checkpoints`;
    const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));
    const seed = Date.now() % 1e6;
    console.log(`seed ${seed}`);
    const random = randomFrom(seed);
    let reached = 0;
    let inside = 0;
    for (let kill = 0; kill < kills; kill++) {
      const child = await start(killed, epochs);
      let running = true;
      const ended = child.output().finally(() => running = false);
      const saved = async () => (await readCheckpoint(checkpoints, "tiny"))?.scheduler.iteration ?? 0; // never unreadable
      while (running && await saved() <= reached) await wait(20);
      await wait(200 * random());
      try {
        child.kill("SIGKILL");
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // it had ended
      }
      await ended;
      const iteration = await saved();
      assert.ok(iteration >= reached, `${iteration} after ${reached}`);
      if (iteration > reached && iteration < 50 * epochs) inside++;
      reached = iteration;
    }
    assert.ok(inside > 0, "no kill hit the training");
    console.log(`${inside} of ${kills} kills hit a training that had gone on; ${50 * epochs} iterations in all`);
    const { code, stderr } = await (await start(killed, epochs)).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const [one, other] = await Promise.all(
      [whole, killed].map(async (path) => JSON.parse(await Deno.readTextFile(`${path}/result.json`))),
    );
    assert.deepEqual(other, one);
  });
});

Deno.test("20,000 iterations with evaluation and checkpoints leave tensors and memory flat", {
  ignore: !may || !long,
}, async () => {
  await selectBackend(missingNativePart() ? "cpu" : "native");
  await withDirectory(async (directory) => {
    const tensors: number[] = [];
    const memory: number[] = [];
    // without it the numbers tell when V8 collects garbage, not what is kept
    const { gc } = globalThis as { gc?: () => void };
    assert.ok(gc, "deno task test:soak exposes the collector");
    await tinyRun(400, {
      checkpoints: { directory, everyMs: 200, run: "soak" },
      callbacks: [{
        onBatchEnd: () => {
          if (tensors.push(tf.memory().numTensors) % 1000) return;
          gc();
          memory.push(Math.round(Deno.memoryUsage().rss / 1e6));
        },
      }],
    });
    assert.equal(tensors.length, 20_000);
    // from the second thousand on: the engine has warmed up
    const [first, last] = [memory[1], memory.at(-1)!];
    const most = (part: number[]) => Math.max(...part);
    const [early, late] = [most(tensors.slice(1000, 2000)), most(tensors.slice(-1000))];
    console.log(`tensors ${early} and ${late}, memory ${first} and ${last} MB`);
    assert.equal(late, early);
    assert.ok(last < 1.1 * first, `${first} MB at first, ${last} MB at last`);
  });
});
