import assert from "node:assert/strict";
import { selectBackend, tf } from "../../lib/mod.ts";
import { missingNativePart } from "../../lib/backend/native/setup/package.ts";
import { allowed, numbers } from "../support.ts";

/** Trains a small network of all that is made faster somewhere, on whatever backend is active; returns its weights. */
async function trained(): Promise<number[][]> {
  const { layers, train } = tf;
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
  const model = tf.sequential({
    layers: [
      layers.conv2d({ inputShape: [16, 16, 2], filters: 8, kernelSize: 3, padding: "same", kernelInitializer }),
      layers.batchNormalization(),
      layers.activation({ activation: "relu" }),
      layers.maxPooling2d({ poolSize: 3, strides: 2 }),
      layers.flatten(),
      layers.dense({ units: 3, activation: "softmax", kernelInitializer }),
    ],
  });
  model.compile({ optimizer: train.momentum(0.05, 0.9), loss: "categoricalCrossentropy" });
  const [xs, ys] = [numbers([8, 16, 16, 2], 1), tf.oneHot(tf.tensor1d([0, 1, 2, 0, 1, 2, 0, 1], "int32"), 3)];
  for (let step = 0; step < 3; step++) await model.trainOnBatch(xs, ys);
  return model.getWeights().map((weight) => [...weight.dataSync()]);
}

Deno.test("after another backend was selected, tfjs's own computes what it always did, to the bit", {
  ignore: !allowed("read", "env"),
}, async () => {
  await tf.setBackend("cpu");
  const before = await trained();
  const native = allowed("ffi", "sys") && !missingNativePart();
  for (const name of native ? ["native", "wasm"] as const : ["wasm"] as const) {
    await selectBackend(name);
    assert.notEqual(tf.getBackend(), "cpu");
    await tf.setBackend("cpu");
    assert.deepEqual(await trained(), before, `after ${name}`);
  }
});
