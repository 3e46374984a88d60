import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  accuracyFigure,
  averageWeights,
  caffeMomentum,
  comparisonFigure,
  cosineDecay,
  cosineRestarts,
  cyclical,
  CyclicLR,
  describeModel,
  exponentialRamp,
  inverseSquareRoot,
  join,
  learningRateFigure,
  LearningRateScheduler,
  linearDecay,
  localResponseNormalization,
  lossFigure,
  modelFigure,
  oneCycle,
  piecewiseConstant,
  planCycles,
  polynomialDecay,
  product,
  rangeTestFigure,
  reduceOnPlateau,
  type Schedule,
  scheduleExplorer,
  scheduleFromConfig,
  selectBackend,
  sensitivityFigure,
  setHyperparameters,
  stepDecay,
  tf,
  trainingFigure,
  warmUp,
  warmupStableDecay,
} from "../lib/mod.ts";
import { filesOf } from "../lib/data/cifar10/files.ts";
import { randomFrom } from "../lib/data/random.ts";
import { readCheckpoint, writeCheckpoint } from "../lib/experiments/checkpoint.ts";
import { allowed, tinyModel, withDirectory } from "./support.ts";

// anew for each test, so that one test alone meets what it meets among all
let random = randomFrom(2026);
Deno.test.beforeEach(() => void (random = randomFrom(2026)));

const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];

/** Any JSON, and numbers that are none; nested at times, deep at times. */
function junk(depth = 0): unknown {
  const simple = [
    NaN,
    Infinity,
    -1,
    0,
    1,
    0.5,
    1e308,
    -0,
    3,
    "",
    "../../x",
    "triangular",
    null,
    undefined,
    true,
    2 ** 53,
  ];
  const roll = random();
  if (depth > 3 || roll < 0.7) return pick(simple);
  if (roll < 0.8) return Array.from({ length: Math.floor(4 * random()) }, () => junk(depth + 1));
  if (roll < 0.97) {
    return Object.fromEntries(Array.from({ length: 3 }, () => [pick(["a", "loss", "schedule"]), junk(depth + 1)]));
  }
  let deep: unknown = 1;
  for (let i = 0; i < 500; i++) deep = [deep];
  return deep;
}

/** A copy of good JSON with a few places replaced, removed or added. */
function spoil<T>(good: T): T {
  const copy = structuredClone(good);
  for (let n = 0; n < 1 + 2 * random(); n++) {
    let place = copy as Record<string, unknown>;
    for (;;) {
      const keys = Object.keys(place);
      const key = keys.length && random() < 0.97 ? pick(keys) : "unknown";
      const inner = place[key];
      if (typeof inner === "object" && inner !== null && random() < 0.6) {
        place = inner as Record<string, unknown>;
        continue;
      }
      if (random() < 0.2 && !Array.isArray(place)) delete place[key]; // JSON has no holes
      else place[key] = junk();
      break;
    }
  }
  return copy;
}

/** Runs it; an error must be of the project's own grammar. Returns what the work made, and undefined after an error. */
function clear<T>(what: string, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    assert.ok(
      error instanceof Error && /^Cannot [^\n]{1,2000}: [^\n]*, got [^]*$/.test(error.message) &&
        error.message.length < 3000,
      `${what}: ${(error as Error).stack}`,
    );
    return undefined;
  }
}

const DOORS: Record<string, [(options: never) => unknown, Record<string, unknown>]> = {
  cyclical: [cyclical, { baseLr: 0.001, maxLr: 0.01, stepSize: 10, stepSizeDown: 5, mode: "exp_range", gamma: 0.99 }],
  oneCycle: [oneCycle, { maxLr: 0.1, totalSteps: 100, pctStart: 0.3, annealStrategy: "cos", divFactor: 25 }],
  linearDecay: [linearDecay, { initialLr: 0.1, finalLr: 0, iterations: 100 }],
  polynomialDecay: [polynomialDecay, { initialLr: 0.1, iterations: 100, power: 2 }],
  cosineDecay: [cosineDecay, { initialLr: 0.1, finalLr: 0, iterations: 100 }],
  piecewiseConstant: [piecewiseConstant, { boundaries: [10, 20], learningRates: [0.1, 0.01, 0.001] }],
  inverseSquareRoot: [inverseSquareRoot, { maxLr: 0.1, warmUp: 10 }],
  warmupStableDecay: [warmupStableDecay, { maxLr: 0.1, warmUp: 5, stable: 10, decay: 20, finalLr: 0.01 }],
  cosineRestarts: [cosineRestarts, { baseLr: 0.001, maxLr: 0.1, period: 10, multiplier: 2, peakDecay: 0.5 }],
  warmUp: [(options) => warmUp(cyclical(), options), { iterations: 10, from: 0.001 }],
  stepDecay: [stepDecay, { initialLr: 0.1, factor: 0.5, dropEvery: 10 }],
  exponentialRamp: [exponentialRamp, { from: 1e-7, to: 10, iterations: 100 }],
  planCycles: [planCycles, { batchesPerEpoch: 781, epochs: 96, stepSizeEpochs: 8 }],
  averageWeights: [averageWeights, { every: 3, decay: 0.9 }],
  reduceOnPlateau: [reduceOnPlateau, { monitor: "loss", factor: 0.5, patience: 3, minLr: 0, minDelta: 0, cooldown: 1 }],
  localResponseNormalization: [localResponseNormalization, { size: 5, alpha: 1, beta: 0.5, name: "norm" }],
  caffeMomentum: [caffeMomentum, {
    learningRate: 0.1,
    momentum: 0.9,
    rateMultipliers: { "conv/bias": 2, "dense/bias": 0 },
  }],
  CyclicLR: [(options) => new CyclicLR(options), { baseLr: 0.001, maxLr: 0.01, stepSize: 10 }],
};

Deno.test("schedules: 6,000 spoilt sets of options give a schedule of finite rates or a clear error", () => {
  const names = Object.keys(DOORS);
  let good = 0;
  for (let i = 0; i < 6000; i++) {
    const [make, options] = DOORS[names[i % names.length]];
    const spoilt = spoil(options);
    const what = `${names[i % names.length]} ${JSON.stringify(spoilt)}`;
    const schedule = clear(what, () => make(spoilt as never));
    if (schedule === undefined) continue;
    good++;
    if (typeof schedule !== "function") continue;
    for (const iteration of [0, 1, 9.5, 1e6]) {
      const rate: number = (schedule as Schedule)(iteration).learningRate;
      if (rate >= 0 && rate < Infinity) continue;
      // only numbers near the end of their range, and growth by a factor in place of a decay, may overflow ...
      assert.ok(/1e\+308|"factor":[39]/.test(what), `${what}: ${rate} at ${iteration}`);
      // ... and then no optimizer takes the rate
      assert.equal(clear(what, () => (setHyperparameters(tf.train.sgd(1), { learningRate: rate }), true)), undefined);
    }
  }
  assert.ok(good > 300 && good < 5700, `${good}`);
});

Deno.test("scheduleFromConfig(): 3,000 spoilt configs, nested ones too, give a schedule or a clear error", () => {
  const parts = [
    { schedule: cyclical({ stepSize: 5 }), iterations: 20 },
    { schedule: oneCycle({ maxLr: 0.1, totalSteps: 30 }), iterations: 30 },
    { schedule: linearDecay({ initialLr: 0.1, iterations: 9 }), iterations: 9 },
    { schedule: warmUp(cyclical({ stepSize: 5 }), { iterations: 4 }), iterations: 9 },
    { schedule: product(cyclical({ stepSize: 5 }), cosineDecay({ initialLr: 1, iterations: 9 })) },
  ];
  const config = join(parts).config!;
  for (let i = 0; i < 3000; i++) {
    const spoilt = i % 10 ? spoil(config) : junk();
    clear(JSON.stringify(spoilt), () => scheduleFromConfig(spoilt as never)(3));
  }
});

Deno.test("schedulers: 1,500 spoilt states give a scheduler or a clear error", async () => {
  await selectBackend("cpu");
  const scheduler = new LearningRateScheduler(cyclical({ stepSize: 2 }));
  const optimizer = tf.train.sgd(0.1);
  for (let i = 0; i < 5; i++) scheduler.step(optimizer);
  const state = JSON.parse(JSON.stringify(scheduler));
  for (let i = 0; i < 1500; i++) {
    const spoilt = i % 10 ? spoil(state) : junk();
    clear(JSON.stringify(spoilt), () => LearningRateScheduler.fromJSON(spoilt as never));
  }
});

Deno.test("figures: 2,000 spoilt histories give a figure or a clear error", () => {
  const history = {
    iterations: [0, 1, 2, 3],
    lr: [0.1, 0.2, 0.1, 0.2],
    momentum: [0.9, 0.8, 0.9, 0.8],
    loss: [3, 2, null, 1],
    accuracy: [0.1, 0.2, 0.3, 0.4],
    epochs: [{ epoch: 0, iteration: 2, lr: 0.2, loss: 2, val_loss: 2 }, { epoch: 1, iteration: 4, lr: 0.2, loss: 1 }],
  };
  for (let i = 0; i < 2000; i++) {
    const spoilt = i % 10 ? spoil(history) : junk();
    for (const draw of [trainingFigure, lossFigure, accuracyFigure, learningRateFigure]) {
      clear(`${draw.name} ${JSON.stringify(spoilt)}`, () => JSON.stringify(draw(spoilt as never)));
    }
    const runs = [{ name: "fixed", history: spoilt }, { name: "fixed", history }] as never;
    clear(`comparisonFigure ${JSON.stringify(spoilt)}`, () => JSON.stringify(comparisonFigure(runs)));
  }
});

Deno.test("figures: 2,500 spoilt scores, descriptions and options give a figure or a clear error", () => {
  const scores = [1, 2].flatMap((seed) => [0.1, 0.2].map((value) => ({ name: "step", seed, value, score: seed / 10 })));
  const options = { parameter: "max-lr", metric: "accuracy" };
  const model = describeModel(tf.sequential({
    name: "small",
    layers: [
      tf.layers.conv2d({ name: "conv", filters: 2, kernelSize: 3, inputShape: [8, 8, 3] }),
      tf.layers.batchNormalization({ name: "conv_bn" }),
      tf.layers.dense({ name: "classes", units: 2 }),
    ],
  }));
  const rates = { baseLr: 0.001, maxLr: 0.01, stepSize: 20 };
  const curves = { learningRates: [0.1, 0.2, 0.3], losses: [2, 1, 3], smoothedLosses: [2, 1.5, 2], metric: "loss" };
  for (let i = 0; i < 500; i++) {
    const calls: [string, unknown[], (...all: never[]) => unknown][] = [
      ["sensitivityFigure", [spoil(scores), options], sensitivityFigure],
      ["sensitivityFigure", [scores, spoil(options)], sensitivityFigure],
      ["modelFigure", [spoil(model)], modelFigure],
      ["scheduleExplorer", [spoil(rates)], scheduleExplorer],
      ["rangeTestFigure", [spoil(curves)], rangeTestFigure],
    ];
    for (const [name, all, draw] of calls) {
      clear(`${name} ${JSON.stringify(all)}`, () => JSON.stringify(draw(...all as never[])));
    }
  }
});

Deno.test("checkpoints: 600 spoilt ones, checksum and all, are restored or refused in words", {
  ignore: !allowed("read", "write"),
}, async () => {
  await selectBackend("cpu");
  await withDirectory(async (directory) => {
    const model = tinyModel(tf.train.momentum(0.1, 0.9));
    const scheduler = new LearningRateScheduler(cyclical({ stepSize: 2 }));
    const state = { run: "this", position: { epoch: 0, batch: 1 }, scheduler: scheduler.toJSON() };
    await writeCheckpoint(directory, model, state);
    const [{ name }] = await Array.fromAsync(Deno.readDir(directory));
    const good = await Deno.readFile(`${directory}/${name}`);
    const start = "clr-checkpoint-1".length + 8;
    const length = new DataView(good.buffer).getFloat64(start - 8);
    const header = JSON.parse(new TextDecoder().decode(good.subarray(start, start + length)));
    for (let i = 0; i < 600; i++) {
      let bytes: Uint8Array;
      if (i % 3 === 0) { // any byte, or any length
        bytes = good.slice(0, random() < 0.5 ? good.length : Math.floor(random() * good.length));
        if (bytes.length) bytes[Math.floor(random() * bytes.length)] ^= 1 << Math.floor(8 * random());
      } else {
        const text = new TextEncoder().encode(JSON.stringify(spoil(header)));
        const size = new Uint8Array(8);
        new DataView(size.buffer).setFloat64(0, pick([text.length, text.length, text.length, NaN, -5, 1e18]));
        const body = [
          ...good.subarray(0, start - 8),
          ...size,
          ...text,
          ...good.subarray(start + length, good.length - 32),
        ];
        bytes = new Uint8Array([...body, ...createHash("sha256").update(new Uint8Array(body)).digest()]);
      }
      await Deno.writeFile(`${directory}/${name}`, bytes);
      try {
        const found = await readCheckpoint(directory, "this");
        LearningRateScheduler.fromJSON(found!.scheduler, cyclical({ stepSize: 2 }));
        found!.restore(model);
      } catch (error) {
        assert.match((error as Error).message, /^Cannot [^\n]*: [^]*, got /, `${(error as Error).stack}`);
      }
    }
    assert.deepEqual((await Array.fromAsync(Deno.readDir(directory))).length, 1);
  });
});

Deno.test("archives: 500 spoilt ones are read or refused in words; a name that climbs ends as its last part", () => {
  const entry = (name: string, size: number) => {
    const block = new Uint8Array(512 + 512 * Math.ceil(size / 512));
    block.set(new TextEncoder().encode(name));
    block.set(new TextEncoder().encode(size.toString(8).padStart(11, "0")), 124);
    block[156] = 48;
    block.set(new TextEncoder().encode("ustar\0" + "00"), 257);
    return block;
  };
  const archive = (...names: string[]) =>
    new Uint8Array([...names.flatMap((name) => [...entry(name, 5)]), ...new Uint8Array(1024)]);
  assert.deepEqual([...filesOf(archive("a/b.bin", "c.bin").buffer).keys()], ["b.bin", "c.bin"]);
  for (const name of ["../../x", "/etc/x", "a/../../x"]) {
    assert.deepEqual([...filesOf(archive("a/b.bin", name).buffer).keys()], ["b.bin", "x"]);
  }
  const good = archive("a/b.bin", "c.bin");
  for (let i = 0; i < 500; i++) {
    const bytes = good.slice(0, random() < 0.5 ? good.length : Math.floor(random() * good.length));
    for (let n = 0; n < 4 && bytes.length; n++) bytes[Math.floor(random() * bytes.length)] = Math.floor(256 * random());
    clear(`archive ${i}`, () => filesOf(bytes.buffer));
  }
});
