import assert from "node:assert/strict";
import { allowed } from "../support.ts";

const root = `${import.meta.dirname}/../../`;

/** A new file for each registry, and the entry that makes it known. */
const ADDITIONS = [
  {
    registry: "schedules",
    file: "schedules/sawtooth.ts",
    code: `import { type Schedule, schedule } from "./schedule.ts";
export function sawtooth(maxLr: number, period: number): Schedule {
  return schedule((i) => ({ learningRate: maxLr * (1 - (i % period) / period) }), undefined);
}`,
    import: 'import { sawtooth } from "../../schedules/sawtooth.ts";',
    entry:
      'sawtooth: { about: "a saw", takes: ["maxLr"], build: ({ maxLr, iterations }) => sawtooth(maxLr, iterations / 2) },',
  },
  {
    registry: "models",
    file: "models/logistic.ts",
    code: `import * as tf from "@tensorflow/tfjs";
export function logistic({ inputShape, classes }: { inputShape: readonly number[]; classes: number }): tf.LayersModel {
  const dense = tf.layers.dense({ units: classes, activation: "softmax", kernelInitializer: "zeros" });
  return tf.sequential({ layers: [tf.layers.flatten({ inputShape: [...inputShape] }), dense] });
}`,
    import: 'import { logistic } from "../../models/logistic.ts";',
    entry: 'logistic: { about: "logistic regression", build: logistic },',
  },
  {
    registry: "optimizers",
    file: "optimizers/slow_sgd.ts",
    code: `import * as tf from "@tensorflow/tfjs";
export const slowSgd = (learningRate: number): tf.Optimizer => tf.train.sgd(learningRate / 2);`,
    import: 'import { slowSgd } from "../../optimizers/slow_sgd.ts";',
    entry:
      '"slow-sgd": { rateScale: 1, about: "half the rate at first", takes: [], build: ({ learningRate }) => slowSgd(learningRate) },',
  },
  {
    registry: "datasets",
    file: "data/dots.ts",
    code: `import { type ImageDataset, imageDataset } from "./dataset.ts";
export function dots(size: number): ImageDataset {
  const labels = Uint8Array.from({ length: size }, (_, i) => i % 2);
  const images = Uint8Array.from({ length: size * 4 }, (_, i) => 200 * labels[i >> 2]);
  return imageDataset({ images, labels, shape: [2, 2, 1], classNames: ["dark", "light"] });
}`,
    import: 'import { dots } from "../../data/dots.ts";',
    entry: 'dots: { about: "dots", title: "dots", load: () => Promise.resolve({ train: dots(40), test: dots(20) }) },',
  },
];

Deno.test("a schedule, a model, an optimizer and a data set are one file and one entry each, and train headless", {
  ignore: !allowed("read", "write", "run", "env", "sys"),
}, async () => {
  // inside the project, so that its deno.json holds for the copy as well
  await Deno.mkdir(`${root}/output`, { recursive: true });
  const copy = await Deno.makeTempDir({ dir: `${root}/output`, prefix: "registries-" });
  try {
    await copyDirectory(`${root}/lib`, `${copy}/lib`);
    for (const { registry, file, code, import: imported, entry } of ADDITIONS) {
      await Deno.writeTextFile(`${copy}/lib/${file}`, code);
      const path = `${copy}/lib/experiments/registries/${registry}.ts`;
      const text = await Deno.readTextFile(path);
      const added = text.replace(/^import /m, `${imported}\nimport `)
        .replace(/(export const [A-Z]+: Readonly<Record<string, \w+>> = \{\n)/, `$1  ${entry}\n`);
      assert.equal(added.split("\n").length, text.split("\n").length + 2, "two lines: the import and the entry");
      await Deno.writeTextFile(path, added);
    }
    const clr = async (...args: string[]) => {
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "--no-check", "--cached-only", "--allow-all", `${copy}/lib/cli/main.ts`, ...args],
        cwd: copy,
        env: { NO_COLOR: "1" },
      }).output();
      const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
      assert.equal(code, 0, text);
      return text;
    };
    const what = ["--dataset", "dots", "--model", "logistic", "--optimizer", "slow-sgd", "--max-lr", "0.01"];
    const machine = ["--batch-size", "4", "--no-augment", "--backend", "cpu"];
    const trained = await clr(
      "train",
      "--schedule",
      "sawtooth",
      ...what,
      "--epochs",
      "4",
      ...machine,
      "--output",
      "run",
    );
    assert.match(trained, /Data: +dots, dark and light: 36 images/);
    assert.match(trained, /Schedule: sawtooth, up to 0\.01/);
    assert.match(trained, /Test accuracy 100\.00 %/);
    const history = JSON.parse(await Deno.readTextFile(`${copy}/run/history.json`));
    assert.deepEqual(history.lr.slice(0, 3), [0, 1, 2].map((i) => 0.01 * (1 - i / 18)));
    const list = await clr("find-lr", "--list");
    for (const name of ["sawtooth", "logistic", "slow-sgd", "dots"]) assert.match(list, new RegExp(`\n  ${name} `));
    const compared = await clr(
      ...["compare", "--schedules", "sawtooth,fixed", "--seeds", "2", "--epochs", "2", ...what, ...machine],
    );
    assert.match(compared, /\| sawtooth \| \d+\.\d ± \d+\.\d \|/);
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
});

async function copyDirectory(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyDirectory(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}
