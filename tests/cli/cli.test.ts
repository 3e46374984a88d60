import assert from "node:assert/strict";
import { commandOf, helpText, parseFlags, UsageError } from "../../lib/cli/flags.ts";
import { showDownload } from "../../lib/cli/terminal.ts";
import { permissionFlags } from "../../lib/cli/launch.ts";
import { EXPERIMENT_FLAGS } from "../../lib/cli/experiment_flags.ts";
import { experimentFromFlags } from "../../lib/cli/experiment_from_flags.ts";
import { randomFrom } from "../../lib/data/random.ts";
import { cyclesOf } from "../../lib/experiments/describe.ts";
import { planExperiment } from "../../lib/experiments/plan.ts";
import { DATASETS } from "../../lib/experiments/registries/datasets.ts";
import { duration, progressLine } from "../../lib/callbacks/progress.ts";
import { allowed, withDirectory } from "../support.ts";
import { clr } from "../support_cli.ts";

const io = { ignore: !allowed("read", "write", "run", "env", "sys") };
Deno.test("--help is written for people and ends with 0", io, async () => {
  const { code, stdout } = await clr(["train", "--help"]);
  assert.equal(code, 0);
  for (const word of ["--max-lr N", "Examples:", "deno task train", "--preset X", "half a cycle, in epochs"]) {
    assert.ok(stdout.includes(word), word);
  }
  assert.ok(stdout.split("\n").every((line) => line.length <= 110));
});

for (
  const [args, message] of [
    [["--max-rl", "1"], /Cannot read the command line: `--help` lists the flags, got "--max-rl" \(--max-lr\?\)/],
    [["--mode", "triangle"], /mode must be one of "triangular", "triangular2", "exp_range", got "triangle"/],
    [["--base-lr", "0.5", "--max-lr", "0.1"], /baseLr must not be above maxLr 0\.1, got 0\.5/],
    [["--step-size", "0"], /stepSize must be above 0, got 0/],
    [["--epochs", "NaN"], /Cannot read --epochs: it takes a number, got "NaN"/],
    [["--epochs", "-2"], /epochs must be a whole number of 1 or more, got -2/],
    [["--epochs"], /Cannot read --epochs: it takes a number, got nothing/],
    [["--output", "--tensorboard"], /Cannot read --output: it takes a value, got nothing/],
    [["--constructor"], /`--help` lists the flags, got "--constructor"/],
    [["--record", "no/such/record.json"], /Cannot write no\/such\/record\.json: its directory must exist, got none/],
    [["--batch-size", "300", "--train-size", "256"], /batchSize must not be above the 230 images to train on, got 300/],
    [["--train-size", "60000"], /trainSize must be at most 50000, the number of images, got 60000/],
    [["--classes", "cat,unicorn"], /classes must be among .*, got "unicorn"/],
    [["--backend", "cuda"], /it must be one of "auto", "native", "webgpu", "wasm", "cpu", got "cuda"/],
    [["--preset", "slow"], /it must be one of "quick", "article", "fast", "paper", got "slow"/],
    [["--config", "/no/such/file"], /Cannot read \/no\/such\/file: it must exist/],
    [["quick"], /it takes only flags, got "quick"/],
    [["--augment", "--no-augment"], /--no-augment says the opposite, got both/],
    [["--resume", "output/none", "--epochs", "4"], /Cannot resume a run: it keeps its settings .*, got --epochs/],
    [["--resume", "output/none", "--preset", "paper"], /Cannot resume a run: it keeps its settings .*, got --preset/],
    [
      ["--images", "photos", "--data", "cifar"],
      /Cannot use CIFAR-10's files: the experiment uses other images, got --data/,
    ],
    [["--images", "photos", "--dataset", "cifar10"], /the data set "cifar10" takes no directory, got /],
    [["--average", "swa", "--schedule", "fixed"], /must have a schedule with cycles, got none/],
    [["--seed", "1.5"], /seed must be a whole number, got 1\.5/],
  ] as [string[], RegExp][]
) {
  Deno.test(`train ${args.join(" ")} is a wrong call: one sentence, exit code 2`, io, async () => {
    const { code, stderr, stdout } = await clr(["train", ...args]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
    assert.equal(stderr.trim().split("\n").length, 1);
    assert.equal(stdout, "");
  });
}

Deno.test("train --data on a directory that is no CIFAR-10 fails with one sentence and exit code 1", io, async () => {
  await withDirectory(async (directory) => {
    const { code, stderr } = await clr([
      "train",
      "--backend",
      "cpu",
      "--data",
      directory,
      "--output",
      `${directory}/run`,
    ]);
    assert.equal(code, 1);
    assert.match(stderr, /^Cannot read .*data_batch_1\.bin: it must exist, got /);
    assert.deepEqual([...Deno.readDirSync(directory)].length, 0);
  });
});

Deno.test("compare and find-lr refuse wrong calls with exit code 2", io, async () => {
  for (
    const [command, message] of [
      ["compare --shard 5/4", /it takes a part such as 2\/4, got "5\/4"/],
      ["compare --shard 2/4/9", /it takes a part such as 2\/4, got "2\/4\/9"/],
      ["compare --schedules none", /got "none"/],
      ["compare --seeds 0", /whole number of 1 or more, got 0/],
      ["compare --shard 1/4 --record record.json", /--record goes with --merge, got --record/],
      ["compare --merge /no/such", /it must hold runs of a comparison, got none/],
      ["compare --merge output --output elsewhere", /Cannot merge runs: .*, got --output/],
      ["find-lr --iterations 1", /a whole number of 2 or more, got 1/],
      ["find-lr --start-lr 2", /above the start 2, got 1/],
    ] as [string, RegExp][]
  ) {
    const { code, stderr } = await clr(command.split(" "));
    assert.equal(code, 2, `${command}: ${stderr}`);
    assert.match(stderr, /^Cannot /);
    assert.match(stderr, message);
  }
});

Deno.test("permissionFlags() gives a command what its flags need, and no more", {
  ignore: !allowed("read", "env", "sys"),
}, async () => {
  const flags = await permissionFlags("train", ["--output", "/tmp/run"]);
  assert.ok(!flags.some((flag) => ["-A", "--allow-all", "--allow-write", "--allow-net", "--allow-run"].includes(flag)));
  assert.match(flags.find((flag) => flag.startsWith("--allow-write="))!, /(^|[=,])\/tmp\/run(,|$)/);
  assert.match(flags.find((flag) => flag.startsWith("--allow-net="))!, /www\.cs\.toronto\.edu/);
  const offline = await permissionFlags("train", ["--offline"]);
  assert.ok(offline.includes("--cached-only") && !offline.some((flag) => /^--allow-(net|run)/.test(flag)));
  assert.deepEqual(await permissionFlags("train", ["--help"]), [
    "--quiet",
    "--no-prompt",
    "--allow-read",
    "--allow-env",
    "--allow-sys",
  ]);
});

Deno.test("no task has every permission", { ignore: !allowed("read") }, async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  for (const [name, { command }] of Object.entries<{ command: string }>(tasks)) {
    assert.doesNotMatch(command, /(^|\s)(-A|--allow-all)(\s|$)/, name);
  }
});

Deno.test("parseFlags() never throws anything but a UsageError, for 5000 random command lines", () => {
  const random = randomFrom(11);
  const pieces = [
    "--",
    "-",
    "--epochs",
    "--epochs=",
    "--epochs=3",
    "--mode",
    "--help",
    "--no-augment",
    "--no-augment=1",
    "-5",
    "1e999",
    "\0",
    "ü",
    "--__proto__",
    "--constructor",
    "=",
    "--classes=a,b",
    "",
  ];
  for (let i = 0; i < 5000; i++) {
    const args = Array.from({ length: Math.floor(random() * 6) }, () => pieces[Math.floor(random() * pieces.length)]);
    try {
      parseFlags(EXPERIMENT_FLAGS, args);
    } catch (error) {
      assert.ok(error instanceof UsageError && error.message.startsWith("Cannot read "), `${args}: ${error}`);
    }
  }
});

Deno.test("planExperiment() accepts an experiment or throws a clear error, for 8000 spoilt ones", () => {
  const random = randomFrom(12);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];
  const values = [
    ...[NaN, -1, 0, 1, 2.5, 1e9, Infinity, "3", null, [], ["cat", "dog"], {}, true, "triangular", undefined, [
      0.8,
      0.9,
    ]],
    ...[
      { iterations: 5 },
      { iterations: -1 },
      { every: "cycle" },
      { every: 2, decay: 1 },
      "adam",
      "folder",
      "one-cycle",
    ],
  ];
  const spoilt = () => structuredClone(pick(values)); // a value that two places share could be put into itself
  const whole = experimentFromFlags({ average: "ema", "momentum-range": "0.8,0.9", "weight-decay": 0.1 }, "native");
  for (let i = 0; i < 8000; i++) {
    const experiment = structuredClone(whole) as unknown as Record<string, Record<string, unknown>>;
    for (let n = 0; n < 1 + random() * 3; n++) {
      const group = pick([...Object.keys(experiment), "extra"]);
      const settings = experiment[group];
      if (typeof settings !== "object" || settings === null || random() < 0.1) {
        experiment[group] = spoilt() as never;
      } else settings[pick([...Object.keys(settings), "name", "epochs", "cutout", "gamma", "extra"])] = spoilt();
    }
    try {
      assert.ok(planExperiment(experiment as never, DATASETS.cifar10.facts!).iterations >= 1);
    } catch (error) {
      assert.match(
        String(error),
        /^(Range|Type)Error: Cannot (plan|create|read|build|warm)/,
        JSON.stringify(experiment),
      );
    }
  }
});

Deno.test("experimentFromFlags() keeps a tenth for validation when the size changes, and none in the article's preset", () => {
  assert.equal(experimentFromFlags({ "train-size": 640 }, "native").data.validationSize, 64);
  assert.equal(experimentFromFlags({ preset: "article", "train-size": 2000 }, "native").data.validationSize, 0);
  assert.equal(experimentFromFlags({}, "wasm").data.trainSize, 1280);
  const article = planExperiment(experimentFromFlags({ preset: "article" }, "native"), DATASETS.cifar10.facts!);
  assert.deepEqual([article.iterations, cyclesOf(article)!.stepSize, cyclesOf(article)!.cycles], [74_976, 6248, 6]);
});

Deno.test("commandOf() keeps what repeats a run, as a shell takes it", () => {
  const args = ["--images", "my photos", "--output", "here", "--seed=7", "--offline", "--no-augment"];
  assert.equal(commandOf("train", args), "deno task train --images 'my photos' --seed=7 --no-augment");
  assert.equal(commandOf("train", args, ["--seed"]), "deno task train --images 'my photos' --no-augment");
});

Deno.test("progressLine() reads as Keras users know it", () => {
  const running = progressLine(7, 140, 7000, { loss: 2.30261, accuracy: 0.125, lr: 0.0123 });
  assert.equal(
    running,
    "  7/140 [=>..................] - ETA 2:13 1000ms/step - loss: 2.3026 - accuracy: 0.1250 - lr: 1.230e-2",
  );
  assert.match(progressLine(140, 140, 151_000, {}), /^140\/140 \[={20}\] - 2:31 1079ms\/step$/);
  assert.equal(duration(7_500_000), "2h 05m");
});

Deno.test("helpText() lists every flag", () => {
  const text = helpText("What it does.", { "Settings": EXPERIMENT_FLAGS }, ["an example"]);
  for (const name of Object.keys(EXPERIMENT_FLAGS)) assert.ok(text.includes(`--${name}`), name);
});

Deno.test("showDownload() reckons with the bytes of this process and this source alone", async () => {
  const shown: string[] = [];
  const told = showDownload({
    everyMs: 0,
    line: (text) => void shown.push(text),
    update: (text) => void shown.push(text),
  });
  told({ name: "one", received: 100e6, total: 200e6 }); // of an earlier process
  await new Promise((done) => setTimeout(done, 50));
  told({ name: "one", received: 100.1e6, total: 200e6 });
  assert.doesNotMatch(shown[0], /ETA/);
  const [, minutes, seconds] = shown[1].match(/ETA (?:(\d+):)?(\d+)/)!;
  assert.ok(60 * Number(minutes ?? 0) + Number(seconds) >= 45, shown[1]); // a thousandth of the rest in 0.05 s
});
