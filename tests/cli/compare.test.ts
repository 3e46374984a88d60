import assert from "node:assert/strict";
import { missingNativePart } from "../../lib/backend/native/setup/package.ts";
import { cifar10IsCached } from "../../lib/data/cifar10/mod.ts";
import { recordJobs } from "../../lib/cli/comparison_jobs.ts";
import { presetExperiment } from "../../lib/experiments/presets.ts";
import type { ResultRecord } from "../../lib/experiments/record.ts";
import { allowed, withDirectory } from "../support.ts";
import { clr } from "../support_cli.ts";

const ready = allowed("read", "write", "run", "env", "sys", "ffi") && !missingNativePart() && await cifar10IsCached();
const small = ["--model", "small-cnn", "--train-size", "200", "--test-size", "100", "--epochs", "1", "--offline"];

const readRecord = async (path: string): Promise<ResultRecord> => JSON.parse(await Deno.readTextFile(path));

Deno.test("compare --choose takes each schedule's best value on held-out images, and a record repeats it", {
  ignore: !ready,
}, async () => {
  await withDirectory(async (directory) => {
    const output = ["--output", `${directory}/one`, "--record", `${directory}/one.json`];
    const varied = ["--schedules", "fixed,triangular", "--max-lr", "0.0001,0.02", "--choose", "--seeds", "2"];
    const first = await clr(["compare", ...small, ...varied, ...output]);
    assert.equal(first.code, 0, first.stderr);
    assert.equal(first.stdout.split("Chosen on")[0].includes("| accuracy"), false, "test scores are not shown yet");
    assert.match(first.stdout, /Chosen on held-out images: fixed 0\.\d+, triangular 0\.\d+/);
    const record = await readRecord(`${directory}/one.json`);
    assert.equal(
      record.command,
      ["deno task compare", ...small, ...varied].filter((one) => one !== "--offline").join(" "),
    );
    assert.deepEqual(record.runs.map(({ name, seed }) => [name, seed]), [
      ...[["triangular", 42], ["triangular", 43], ["fixed", 42], ["fixed", 43]],
    ]);
    const tried = record.tried as { name: string; seed: number; value: number; heldOutAccuracy: number }[];
    assert.deepEqual(tried.map(({ seed }) => seed), [42, 42, 42, 42], "chosen by the first seed alone");
    for (const name of ["fixed", "triangular"]) {
      const own = tried.filter((one) => one.name === name);
      const best = own.reduce((a, b) => b.heldOutAccuracy > a.heldOutAccuracy ? b : a);
      assert.equal(record.runs.find((one) => one.name === name && one.seed === 43)!.value, best.value);
    }
    // nothing is run again
    const again = await clr(["compare", ...small, ...varied, ...output]);
    assert.doesNotMatch(again.stdout, /run 1 of/);
    // the record is a comparison that can be repeated, number for number
    const repeated = await clr([
      ...["compare", "--config", `${directory}/one.json`, "--offline", "--output", `${directory}/two`],
      ...["--record", `${directory}/two.json`],
    ]);
    assert.equal(repeated.code, 0, repeated.stderr);
    assert.match(repeated.stdout, /comparison\.png/); // of schedules, each with its own value
    const scores = ({ runs }: ResultRecord) =>
      runs.map(({ name, seed, testAccuracy }) => ({ name, seed, testAccuracy }));
    assert.deepEqual(scores(await readRecord(`${directory}/two.json`)), scores(record));
    const changed = await clr(["compare", "--config", `${directory}/one.json`, "--epochs", "2"]);
    assert.match(changed.stderr, /Cannot repeat a record: it has its own settings, got --epochs/);
  });
});

Deno.test("compare ends also where a training is too short for an epoch, and keeps another's runs", {
  ignore: !ready,
}, async () => {
  await withDirectory(async (directory) => {
    const short = [...small.filter((flag) => flag !== "--epochs" && flag !== "1"), "--schedules", "fixed"];
    const output = ["--output", directory];
    const first = await clr(["compare", ...short, "--iterations", "2", ...output]);
    assert.equal(first.code, 0, first.stderr);
    assert.deepEqual([...Deno.readDirSync(`${directory}/runs`)].map(({ name }) => name), ["fixed-seed42.json"]);
    const other = await clr(["compare", ...short, "--iterations", "3", ...output]);
    assert.equal(other.code, 2);
    assert.match(other.stderr, /--output takes a new directory .*, got one in which fixed-seed42 has other settings/);
    const merged = await clr(["compare", "--merge", directory, "--record", `${directory}/merged.json`]);
    assert.equal(merged.code, 0, merged.stderr);
    const { command } = await readRecord(`${directory}/merged.json`);
    assert.match(command, /^deno task compare --model small-cnn .* --schedules fixed --iterations 2$/);
  });
});

Deno.test("compare --help names the flags that it takes", {
  ignore: !allowed("read", "run", "env", "sys"),
}, async () => {
  const { stdout } = await clr(["compare", "--help"]);
  assert.match(stdout, /^ {2}--schedules X/m);
  assert.doesNotMatch(stdout, /^ {2}--(schedule|mode) X/m);
  assert.ok(stdout.split("\n").every((line) => line.length <= 110));
});

Deno.test("recordJobs() repeats the values of a comparison, and refuses two runs that share their files", () => {
  const experiment = presetExperiment("quick");
  const runs = [0.1, 0.2].map((value) => ({
    ...{ name: "fixed", seed: 42, value, differs: { schedule: { name: "fixed", maxLr: value } } },
  }));
  const record = { experiment, runs } as unknown as ResultRecord;
  assert.deepEqual(recordJobs(record).map(({ value }) => value), [0.1, 0.2]);
  const twice = { experiment, runs: runs.map(({ value: _, ...run }) => run) } as unknown as ResultRecord;
  assert.throws(() => recordJobs(twice), /its runs must differ in name, value or seed, got two fixed-seed42/);
  const mixed = { experiment, runs: [runs[0], { ...runs[1], differs: { precision: "bfloat16" } }] } as unknown;
  assert.throws(
    () => recordJobs(mixed as ResultRecord),
    /must share their images .*, got fixed-0\.2-seed42 with others/,
  );
  const broken = { experiment: {}, runs } as unknown as ResultRecord;
  assert.throws(() => recordJobs(broken), /Cannot plan a run: preset must be one of/);
});

Deno.test("compare with several values of one flag draws accuracy against the value", { ignore: !ready }, async () => {
  await withDirectory(async (directory) => {
    const output = ["--output", directory];
    const values = ["--schedules", "fixed,one-cycle", "--batch-size", "20,60"];
    const { code, stdout, stderr } = await clr(["compare", ...small, ...values, ...output]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /\| accuracy, % \| 20 \| 60 \|/);
    assert.ok((await Deno.stat(`${directory}/sensitivity.png`)).size > 10_000);
  });
});

for (
  const [args, message] of [
    [["--max-lr", "0.1,0.2", "--epochs", "1,2"], /one flag may have several values, got --max-lr and --epochs/],
    [["--base-lr", "0.1,0.2", "--schedules", "fixed"], /Cannot vary --base-lr: each schedule must take it, got fixed/],
    [["--max-lr", "0.1,x"], /Cannot read --max-lr: it takes numbers, got "0\.1,x"/],
    [["--max-lr", "0.1,"], /Cannot read --max-lr: it takes numbers, got "0\.1,"/],
    [["--schedules", "fixed", "--gamma", "0.9"], /Cannot read --gamma: a schedule must take it, got fixed/],
    [["--max-lr", "0.1,0.2", "--choose", "--shard", "1/2"], /--choose takes no --shard, got both/],
    [["--choose"], /--choose needs a flag with several values/],
    [["--schedules", "fixed,sawtooth"], /each must be one of .*, got "sawtooth"/],
  ] as [string[], RegExp][]
) {
  Deno.test(
    `compare ${args.join(" ")} is a wrong call`,
    { ignore: !allowed("read", "run", "env", "sys") },
    async () => {
      const { code, stderr } = await clr(["compare", ...args]);
      assert.equal(code, 2);
      assert.match(stderr, message);
    },
  );
}
