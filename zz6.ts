import { batches, callbacks, comparisonFigure, constant, cosineDecay, cyclical, saveFigure } from "./lib/mod.ts";
import { LearningRateScheduler, loadCifar10, meanImage, oneCycle, type Schedule, sensitivityFigure } from "./lib/mod.ts";
import { split, selectBackend, subset, tf } from "./lib/mod.ts";
await selectBackend("native");
const size = 5000, batchSize = 50, epochs = 4; const maxima = [0.001, 0.003, 0.01, 0.03, 0.1]; const seeds = [1, 2];
const mean = (list: number[]) => list.reduce((sum, x) => sum + x, 0) / list.length;
const [train, held] = split(subset((await loadCifar10()).train, { size, seed: 42 }), { fraction: 0.2, seed: 42 });
const average = meanImage(train);
function plainCnn(seed: number) {
  const kernelInitializer = tf.initializers.heNormal({ seed });
  const look = { kernelSize: 3, strides: 2, padding: "same", activation: "relu", kernelInitializer } as const;
  const scaling = tf.layers.rescaling({ scale: 1 / 64, inputShape: [32, 32, 3] });
  const convolutions = [24, 48, 96].map((filters) => tf.layers.conv2d({ ...look, filters }));
  const output = tf.layers.dense({ units: 10, activation: "softmax", kernelInitializer });
  const model = tf.sequential({ layers: [scaling, ...convolutions, tf.layers.flatten(), output] });
  model.compile({ optimizer: tf.train.momentum(0.01, 0.9), loss: "categoricalCrossentropy", metrics: ["accuracy"] });
  return model;
}
const iterations = epochs * Math.floor(train.size / batchSize);
const families: Record<string, (maxLr: number) => Schedule> = {
  fixed: (maxLr) => constant({ learningRate: maxLr }),
  cosine: (maxLr) => cosineDecay({ initialLr: maxLr, iterations }),
  triangular: (maxLr) => cyclical({ baseLr: maxLr / 20, maxLr, stepSize: iterations / 4 }),
  "one cycle": (maxLr) => oneCycle({ maxLr, totalSteps: iterations }),
};
const validationData = batches(held, { batchSize: 250, mean: average });
async function run(schedule: Schedule, seed: number) {
  const [model, scheduler] = [plainCnn(seed), new LearningRateScheduler(schedule)];
  const own = batches(train, { batchSize, seed, mean: average });
  await model.fitDataset(own, { epochs, validationData, callbacks: callbacks(scheduler), verbose: 0 });
  model.dispose();
  return scheduler.history;
}
const all: { name: string; seed: number; value: number; score: number }[] = [];
const t0 = performance.now();
for (const [name, family] of Object.entries(families)) for (const value of maxima) for (const seed of seeds) {
  const { val_accuracy, val_loss } = (await run(family(value), seed)).epochs.at(-1)!;
  all.push({ name, seed, value, score: Number.isFinite(val_loss) ? val_accuracy : 0.1 });
}
const at = (name: string, value: number) => mean(all.filter((one) => one.name === name && one.value === value).map(({ score }) => score));
for (const name of Object.keys(families)) console.log(name.padEnd(12), ...maxima.map((value) => (100 * at(name, value)).toFixed(1)));
await saveFigure(sensitivityFigure(all, { parameter: "max-lr", title: "What a bad guess costs: a small network, two seeds" }), "/root/tmp/s.png");
console.log("seconds", (performance.now() - t0) / 1000);
const cycles: { name: string; seed: number; history: Awaited<ReturnType<typeof run>> }[] = [];
for (const count of [1, 2, 4, 8]) {
  const schedule = cyclical({ baseLr: 0.0005, maxLr: 0.01, stepSize: iterations / count / 2 });
  for (const seed of seeds) cycles.push({ name: `cycles: ${count}`, seed, history: await run(schedule, seed) });
  console.log(count, cycles.slice(-2).map(({ history }) => history.epochs.at(-1)!.val_accuracy));
}
await saveFigure(comparisonFigure(cycles, { title: "One to eight triangular cycles in the same budget" }), "/root/tmp/c.png");
