import assert from "node:assert/strict";
import { missingNativePart } from "../../lib/backend/native/setup/package.ts";
import { alternate } from "../../lib/cli/bench/against.ts";
import { fitter, scorer } from "../../lib/cli/bench/bench_model.ts";
import {
  BENCHMARK_NAMES,
  type BenchmarkName,
  BENCHMARKS,
  compiledBenchmark,
  trainingGflop,
} from "../../lib/cli/bench/benchmarks.ts";
import type { Peer } from "../../lib/cli/bench/peer.ts";
import { tableHead, tableRow } from "../../lib/cli/bench/table.ts";
import { selectBackend, tf } from "../../lib/mod.ts";
import { allowed } from "../support.ts";
import { clr } from "../support_cli.ts";

const io = { ignore: !allowed("read", "write", "run", "env", "sys") };

/** All parameters, and those that train. */
const SIZES: Record<BenchmarkName, [all: number, trainable: number]> = {
  "mini-googlenet": [1_656_250, 1_652_826],
  "cifar10-full": [89_578, 89_578],
  resnet20: [274_042, 272_474],
  "small-cnn": [95_210, 94_762],
  perceptron: [1_707_274, 1_707_274],
};

Deno.test("each model of the benchmark has the parameters that its description says", async () => {
  await selectBackend("cpu");
  assert.deepEqual(BENCHMARK_NAMES, Object.keys(SIZES));
  for (const name of BENCHMARK_NAMES) {
    const model = compiledBenchmark(name);
    const trainable = model.trainableWeights.reduce(
      (sum, { shape }) => sum + tf.util.sizeFromShape(shape as number[]),
      0,
    );
    assert.deepEqual([model.countParams(), trainable], SIZES[name], name);
    const optimizer = name === "perceptron" ? "Adam" : "Momentum";
    assert.equal(model.optimizer.getClassName(), optimizer);
    model.dispose();
  }
  assert.deepEqual(Object.values(BENCHMARKS).map(({ batchSize }) => batchSize), [64, 100, 128, 64, 100]);
});

Deno.test("trainingGflop() counts what each layer does forward, to its weights and to its input", async () => {
  await selectBackend("cpu");
  const model = compiledBenchmark("perceptron");
  const [first, second, third] = [3072 * 512, 512 * 256, 256 * 10];
  assert.equal(trainingGflop(model), 2 * (2 * first + 3 * second + 3 * third) / 1e9);
  const layers = [
    tf.layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: "same", inputShape: [8, 8, 3] }),
    tf.layers.batchNormalization(),
    tf.layers.flatten(),
    tf.layers.dense({ units: 10 }),
  ];
  const convolution = 4 * 4 * 3 * 3 * 3 * 4; // at 4 x 4 places, since the stride halves the image
  assert.equal(trainingGflop(tf.sequential({ layers })), 2 * (2 * convolution + 3 * 4 * 4 * 4 * 10) / 1e9);
});

Deno.test("fitter() trains as many steps as it is told, and the perceptron learns", async () => {
  await selectBackend("cpu");
  const model = compiledBenchmark("perceptron");
  const losses: number[] = [];
  const train = model.fitDataset.bind(model);
  model.fitDataset = async (data, { callbacks, ...rest }) => {
    const onBatchEnd = (_: number, logs?: tf.Logs) => void losses.push(logs!.loss as number);
    return await train(data, {
      ...rest,
      callbacks: [...callbacks as tf.CustomCallback[], new tf.CustomCallback({ onBatchEnd })],
    });
  };
  const fit = fitter(model, "perceptron", 2);
  assert.ok(await fit(6) > 0);
  assert.equal(losses.length, 6); // more than the four batches at hand
  await fit(6);
  assert.equal(losses.length, 12);
  assert.ok(losses[0] < 5 && losses.at(-1)! < losses[0] / 2, losses.join());
  model.dispose();
});

Deno.test("scorer() scores as many batches as it is told by evaluations of 100 at most", async () => {
  await selectBackend("cpu");
  const model = compiledBenchmark("perceptron");
  const sizes: number[] = [];
  const predict = model.predict.bind(model);
  model.predict = (x, options) => {
    sizes.push((x as tf.Tensor).shape[0]!);
    return predict(x, options);
  };
  const before = tf.memory().numTensors;
  const score = scorer(model, 2);
  assert.ok(await score(103) > 0); // more than one evaluation
  assert.deepEqual(sizes, Array(103).fill(2));
  assert.equal(tf.memory().numTensors, before);
  model.dispose();
});

/** A peer that answers what it is told to, and notes what it was asked for. */
function fakePeer(parameters: number, answers: readonly number[]): Peer & { asked: number[] } {
  const asked: number[] = [];
  return {
    name: "a peer",
    parameters,
    asked,
    steps(count) {
      asked.push(count);
      return Promise.resolve({ ms: answers[asked.length - 2] ?? 0, peak: 1000 + asked.length });
    },
    end: () => Promise.resolve(),
  };
}

Deno.test("alternate() takes the medians of eight pairs, and of their ratios; the first steps do not count", async () => {
  const here = [10, 20, 10, 20, 10, 20, 40, 40];
  const there = [10, 30, 20, 50, 30, 60, 80, 40]; // ratios 1, 1.5, 2, 2.5, 3, 3, 2, 1
  const peer = fakePeer(7, there);
  const steps: number[] = [];
  const fit = (count: number) => {
    steps.push(count);
    return Promise.resolve(here[steps.length - 2]);
  };
  const pairs: [number, number, number][] = [];
  const onPair = (pair: { here: number; there: number }, number: number) =>
    void pairs.push([number, pair.here, pair.there]);
  const found = await alternate(peer, 7, fit, { steps: 5, onPair });
  assert.deepEqual(steps, [2, 5, 5, 5, 5, 5, 5, 5, 5]);
  assert.deepEqual(peer.asked, steps);
  assert.equal(found.here.ms, 20);
  assert.deepEqual(found.peer, { ms: 35, peak: 1009, ratio: 2 });
  assert.deepEqual(pairs, here.map((ms, index) => [index + 1, ms, there[index]]));
});

Deno.test("alternate() takes some three seconds of steps on both sides, as the first ones last here", async () => {
  for (const [ms, expected] of [[20, 150], [400, 8], [9000, 2]]) {
    const peer = fakePeer(7, []);
    const steps: number[] = [];
    const fit = (count: number) => {
      steps.push(count);
      return Promise.resolve(ms);
    };
    await alternate(peer, 7, fit);
    assert.deepEqual(steps.slice(2), Array(8).fill(expected));
    assert.deepEqual(peer.asked.slice(1), Array(8).fill(expected));
  }
});

Deno.test("alternate() refuses a peer whose model has another number of parameters, and trains nothing", async () => {
  const peer = fakePeer(8, []);
  await assert.rejects(
    () => alternate(peer, 7, () => assert.fail("it trained")),
    /^Error: Cannot bench against a peer: the models must have the same number of parameters, got 7 here and 8 there$/,
  );
  assert.deepEqual(peer.asked, []);
});

Deno.test("the table has a line for a model, with the peer's columns or without", () => {
  const here = { ms: 400, peak: 987_654_321 };
  const row = { model: "mini-googlenet", batchSize: 64, here };
  const cells = (text: string) => text.trim().split(/ {2,}/);
  const heads = ["batch", "ms a batch", "images/s", "peak memory"];
  assert.deepEqual(cells(tableHead("train", false)), ["training of", ...heads]);
  assert.deepEqual(cells(tableHead("evaluate", false)), ["evaluation of", ...heads]);
  assert.deepEqual(cells(tableRow(row)), ["mini-googlenet", "64", "400.0", "160.0", "0.99 GB"]);
  const peer = { ms: 500, peak: 1.5e9, ratio: 1.234 };
  assert.deepEqual(cells(tableRow({ ...row, peer })), [
    ...["mini-googlenet", "64", "160.0", "128.0", "1.23", "0.99 GB", "1.50 GB"],
  ]);
  assert.equal(tableRow({ ...row, peer }).length, tableHead("evaluate", true).length);
  assert.equal(tableRow(row).length, tableHead("train", false).length);
});

for (
  const [args, message] of [
    [["bench", "--model", "resnet"], /Cannot read --model: it must be one of "mini-googlenet", .*"all", got "resnet"/],
    [["profile", "--model", "all"], /Cannot read --model: it must be one of "mini-.*"perceptron", got "all"/],
    [["bench", "--model", "all", "--steps", "0"], /Cannot read --steps: it must be a whole number of 1 or more, got 0/],
    [["bench", "--batch-size", "1.5"], /Cannot read --batch-size: it must be a whole number of 1 or more, got 1\.5/],
    [["bench", "--against", "jax"], /Cannot read --against: it must be one of "keras", "pytorch", got "jax"/],
    [["bench", "--model", "all", "--all"], /Cannot bench all models: each is a line, on one backend, got --all/],
    [["bench", "--all", "--against", "keras"], /Cannot bench all backends: each is a line, .* got --against/],
    [["bench", "--all", "--precision", "bfloat16"], /Cannot bench all backends: each is a line, .* got --precision/],
    [["bench", "--all", "--evaluate"], /Cannot bench all backends: each is a line, .* got --evaluate/],
  ] as [string[], RegExp][]
) {
  Deno.test(`${args.join(" ")} is a wrong call: one sentence, exit code 2`, io, async () => {
    const { code, stderr, stdout } = await clr(args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
    assert.equal(stderr.trim().split("\n").length, 1);
    assert.equal(stdout, "");
  });
}

const small = ["--backend", "cpu", "--batch-size", "2", "--steps", "2"];

Deno.test("bench --model perceptron --row prints a line of the table, and nothing else", io, async () => {
  for (const task of [[], ["--evaluate"]]) {
    const { code, stdout, stderr } = await clr(["bench", "--model", "perceptron", "--row", ...task, ...small]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^perceptron +2 +[\d.]+ +[\d.]+ +[\d.]+ GB\n$/);
  }
});

Deno.test("bench --evaluate says how fast images are scored", io, async () => {
  const { code, stdout, stderr } = await clr(["bench", "--model", "perceptron", "--evaluate", ...small]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^scoring a batch +[\d.]+ ms, batch 2, mean of 2\nimages a second +[\d.]+\n.* GB$/m);
});

Deno.test(
  "profile --model perceptron tells operations, tape and JavaScript apart, which make up the step",
  io,
  async () => {
    const { code, stdout, stderr } = await clr(["profile", "--model", "perceptron", ...small]);
    assert.equal(code, 0, stderr);
    const share = (name: string) => Number(stdout.match(RegExp(`^${name} +[\\d.]+ +([\\d.]+) %`, "m"))?.[1]);
    const parts = ["operations", "the tape", "JavaScript between operations"].map(share);
    assert.ok(parts.every((part) => part >= 0), stdout); // a stall can leave next to nothing for the others
    assert.ok(Math.abs(parts.reduce((sum, part) => sum + part) - 100) < 0.2, stdout);
  },
);

Deno.test("bench --model all prints a line for each model, each with its own peak memory", {
  ignore: io.ignore || missingNativePart() !== undefined,
}, async () => {
  const { code, stdout, stderr } = await clr(["bench", "--model", "all", "--steps", "1", "--batch-size", "2"]);
  assert.equal(code, 0, stderr);
  const [backend, head, ...rows] = stdout.trim().split("\n");
  assert.match(backend, /^Backend: /);
  assert.equal(head, tableHead("train", false));
  assert.deepEqual(rows.map((row) => row.split(" ")[0]), BENCHMARK_NAMES);
});
