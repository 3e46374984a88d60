import assert from "node:assert/strict";
import { missingNativePart } from "../../lib/backend/native/setup/package.ts";
import { cifar10IsCached } from "../../lib/data/cifar10/mod.ts";
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
    assert.equal(tried.length, 6, "four with the first seed, and two chosen ones with the second");
    for (const name of ["fixed", "triangular"]) {
      const own = tried.filter((one) => one.name === name && one.seed === 42);
      const best = own.reduce((a, b) => b.heldOutAccuracy > a.heldOutAccuracy ? b : a);
      assert.equal(tried.find((one) => one.name === name && one.seed === 43)!.value, best.value);
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
    const scores = ({ runs }: ResultRecord) =>
      runs.map(({ name, seed, testAccuracy }) => ({ name, seed, testAccuracy }));
    assert.deepEqual(scores(await readRecord(`${directory}/two.json`)), scores(record));
  });
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
    [["--choose"], /--choose needs several of one flag/],
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
