/**
 * A small program on the portable core, the same for Node, an npm package and a browser: it trains under a cyclical rate,
 * scores, runs a range test and makes figures. It knows the core by its argument alone.
 * @module
 */
import type { Figure } from "../../lib/core.ts";

/** What the program found; plain JSON. */
export interface Findings {
  /** The backend it ran on. */
  readonly backend: string;
  /** The rate of each batch. */
  readonly rates: number[];
  /** The loss of each. */
  readonly losses: (number | null)[];
  /** The fraction that is right, after training. */
  readonly accuracy: number;
  /** The range test's rates. */
  readonly testedRates: number[];
  /** Rates, losses, range test and images. */
  readonly figures: Figure[];
}

/** The schedule that it trains under: 16 batches, two cycles. */
export const CYCLE = { baseLr: 0.01, maxLr: 0.05, stepSize: 4 };

/** CYCLE's rates by Smith's formula. */
export function expectedRates(): number[] {
  const { baseLr, maxLr, stepSize } = CYCLE;
  return Array.from({ length: 16 }, (_, i) => {
    const cycle = Math.floor(1 + i / (2 * stepSize));
    const x = Math.abs(i / stepSize - 2 * cycle + 1);
    return baseLr + (maxLr - baseLr) * Math.max(0, 1 - x);
  });
}

/** Runs it. */
export async function program(core: typeof import("../../lib/core.ts")): Promise<Findings> {
  const { tf } = core;
  const dots = core.imageDataset({
    images: Uint8Array.from({ length: 64 * 4 }, (_, pixel) => (Math.floor(pixel / 4) % 2) * 200 + pixel % 7),
    labels: Uint8Array.from({ length: 64 }, (_, image) => image % 2),
    shape: [2, 2, 1],
    classNames: ["dark", "light"],
  });
  const mean = core.meanImage(dots);
  const data = core.batches(dots, { batchSize: 8, seed: 1, mean, augment: [core.randomFlip()] });
  const model = tf.sequential({
    layers: [
      tf.layers.rescaling({ scale: 1 / 255, inputShape: [2, 2, 1] }),
      tf.layers.flatten(),
      tf.layers.dense({
        units: 2,
        activation: "softmax",
        kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }),
      }),
    ],
  });
  model.compile({
    optimizer: tf.train.momentum(0.01, 0.9),
    loss: "categoricalCrossentropy",
    metrics: ["accuracy"],
  });
  const test = await core.findLearningRate(model, data, { startLr: 1e-4, iterations: 40 });
  const clr = new core.CyclicLR(CYCLE);
  await model.fitDataset(data, { epochs: 2, callbacks: core.callbacks(clr), verbose: 0 });
  const { accuracy } = await core.evaluate(model, dots, { mean });
  return {
    backend: tf.getBackend(),
    rates: clr.history.lr,
    losses: clr.history.loss,
    accuracy,
    testedRates: test.learningRates,
    figures: [
      core.learningRateFigure(clr),
      core.lossFigure(clr),
      core.rangeTestFigure(test),
      core.imageGridFigure(dots),
    ],
  };
}
