import assert from "node:assert/strict";
import {
  type BackendName,
  batches,
  callbacks,
  constant,
  LearningRateScheduler,
  localResponseNormalization,
  miniGoogLeNet,
  selectBackend,
  tf,
} from "../../lib/mod.ts";
import { compileOperations, ownOperations } from "../../lib/backend/native/setup/compile.ts";
import { batchNormKernel } from "../../lib/backend/gradients.ts";
import { withoutStandardError } from "../../lib/backend/native/setup/libc.ts";
import { missingNativePart } from "../../lib/backend/native/setup/package.ts";
import { nativeOp } from "../../lib/backend/native/ops.ts";
import { timeOperations } from "../../lib/backend/operation_times.ts";
import { randomFrom } from "../../lib/data/random.ts";
import { allowed, close, numbers, smallImages } from "../support.ts";

const ready: Partial<Record<BackendName, boolean>> = {
  native: allowed("read", "env", "ffi", "sys") && !missingNativePart(),
  wasm: allowed("read", "env"),
};
if (ready.native) await selectBackend("native"); // TensorFlow crashes where a software adapter's driver was loaded before it
// a software adapter will do (Debian's mesa-vulkan-drivers)
ready.webgpu = allowed("read", "env") &&
  await withoutStandardError(async () => await navigator.gpu?.requestAdapter() != null);

/** The numbers of tensors, which webgpu reads only later; the tensors are disposed. */
async function valuesOf(tensors: tf.Tensor[]): Promise<number[][]> {
  const values = await Promise.all(tensors.map((tensor) => tensor.data()));
  tf.dispose(tensors);
  return values.map((list) => [...list]);
}

/** Values of a function of tensors, and of its gradients, on a backend. */
async function onBackend(
  name: BackendName,
  f: (...xs: tf.Tensor[]) => tf.Tensor,
  shapes: number[][],
  key: number,
): Promise<number[][]> {
  await selectBackend(name);
  return await valuesOf(tf.tidy(() => {
    const xs = shapes.map((shape, index) => numbers(shape, key + index));
    const dy = numbers(f(...xs).shape, key + 99);
    return [f(...xs), ...tf.grads(f)(xs, dy)];
  }));
}

const convolution = (strides: number, pad: "same" | "valid") => (x: tf.Tensor, filter: tf.Tensor) =>
  tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, pad);
const fused =
  (strides: number, pad: "same" | "valid", activation: "linear" | "relu" = "linear") =>
  (x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor) =>
    tf.fused.conv2d({ x: x as tf.Tensor4D, filter: filter as tf.Tensor4D, strides, pad, bias, activation });
const cases: [string, (...xs: tf.Tensor[]) => tf.Tensor, number[][]][] = [
  ["a 3x3 convolution", convolution(1, "same"), [[2, 7, 6, 3], [3, 3, 3, 4]]],
  ["a 1x1 convolution", convolution(1, "same"), [[2, 5, 5, 3], [1, 1, 3, 4]]],
  ["a strided convolution", convolution(2, "valid"), [[2, 9, 8, 3], [3, 3, 3, 2]]],
  ["a strided convolution with padding", convolution(2, "same"), [[2, 8, 9, 2], [3, 3, 2, 3]]],
  ["an even convolution", convolution(1, "same"), [[1, 6, 6, 2], [2, 2, 2, 2]]],
  ["a convolution with a stride of 3 and unused rows", convolution(3, "valid"), [[2, 13, 9, 2], [2, 3, 2, 3]]],
  ["a 5x5 convolution with a stride of 2 and padding", convolution(2, "same"), [[1, 7, 8, 2], [5, 5, 2, 2]]],
  ["a strided 1x1 convolution", convolution(2, "same"), [[2, 5, 6, 17], [1, 1, 17, 2]]],
  ["a strided convolution of many channels", convolution(2, "same"), [[1, 6, 5, 18], [3, 3, 18, 2]]],
  ["a valid convolution", convolution(1, "valid"), [[1, 6, 6, 2], [3, 3, 2, 2]]],
  ["a layer's convolution with its bias", fused(1, "same"), [[2, 5, 6, 3], [3, 3, 3, 4], [4]]],
  ["a strided layer's convolution with bias and ReLU", fused(2, "valid", "relu"), [[2, 7, 6, 3], [3, 2, 3, 4], [4]]],
  ["a 3x3 convolution of many channels", convolution(1, "same"), [[3, 9, 7, 16], [3, 3, 16, 32]]],
  ["a valid 3x3 convolution of many channels", convolution(1, "valid"), [[2, 6, 10, 32], [3, 3, 32, 16]]],
  ["a 3x3 convolution of many images", convolution(1, "same"), [[17, 9, 9, 16], [3, 3, 16, 16]]],
  ["a 3x3 convolution of many channels and one pixel", convolution(1, "same"), [[1, 1, 1, 16], [3, 3, 16, 16]]],
  [
    "a 3x3 convolution of many channels with uneven padding",
    (x, filter) =>
      tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, [[0, 0], [2, 0], [0, 1], [0, 0]] as never, "NHWC"),
    [[2, 7, 6, 16], [3, 3, 16, 16]],
  ],
  ["a 5x5 convolution of many channels", convolution(1, "same"), [[3, 9, 7, 16], [5, 5, 16, 32]]],
  ["a valid 5x5 convolution of many channels", convolution(1, "valid"), [[2, 6, 10, 32], [5, 5, 32, 16]]],
  ["a 5x5 convolution of many channels and few pixels", convolution(1, "same"), [[9, 2, 3, 16], [5, 5, 16, 16]]],
  ["a layer's 5x5 convolution of many channels", fused(1, "same", "relu"), [[2, 8, 8, 32], [5, 5, 32, 48], [48]]],
  ["a layer's 3x3 convolution of many channels", fused(1, "same"), [[2, 5, 6, 32], [3, 3, 32, 16], [16]]],
  ["ReLU", (x) => tf.relu(x), [[3, 4, 5, 2]]],
  ["a bias", (x, b) => tf.add(x, b), [[3, 4, 5, 2], [2]]],
  ["max pooling", (x) => tf.maxPool(x as tf.Tensor4D, 3, 2, "valid"), [[2, 9, 9, 3]]],
  ["max pooling with padding", (x) => tf.maxPool(x as tf.Tensor4D, 3, 2, "same"), [[2, 8, 7, 3]]],
  ["max pooling without overlap", (x) => tf.maxPool(x as tf.Tensor4D, 2, 2, "valid"), [[2, 8, 6, 5]]],
  ["average pooling", (x) => tf.avgPool(x as tf.Tensor4D, 7, 1, "valid"), [[2, 7, 7, 3]]],
  ["a softmax", (x) => tf.softmax(x), [[4, 5]]],
  [
    "local response normalization",
    (x) => localResponseNormalization({ alpha: 2 }).apply(x) as tf.Tensor,
    [[2, 5, 4, 3]],
  ],
];

for (const backend of ["native", "wasm", "webgpu"] as const) {
  for (const [name, f, shapes] of cases) {
    Deno.test(
      `${backend}: value and gradients of ${name} are the plain backend's`,
      { ignore: !ready[backend] },
      async () => {
        for (let key = 0; key < 3000; key += 1000) {
          close(await onBackend(backend, f, shapes, key), await onBackend("cpu", f, shapes, key));
        }
      },
    );
  }

  Deno.test(`${backend}: 30 convolutions and poolings of random shapes are the plain backend's, with their gradients`, {
    ignore: !ready[backend],
  }, async () => {
    const random = randomFrom(11);
    const from = (low: number, high: number) => low + Math.floor((high - low + 1) * random());
    for (let i = 0; i < 30; i++) {
      const many = i % 3 === 0; // the native backend has another way for sixteens
      const side = i % 2 === 0 ? 3 : 5;
      const least = many ? side : 3;
      const [height, width, channels] = [from(least, 9), from(least, 9), many ? 16 : from(1, 20)];
      const [rows, columns, filters] = many ? [side, side, 32] : [from(1, 3), from(1, 3), from(1, 6)];
      const pad = random() < 0.5 ? "same" as const : "valid" as const;
      // tfjs's own WebAssembly kernel goes wrong, forward, where a filter with padding is smaller than its stride
      const strides = from(1, pad === "same" ? Math.min(rows, columns) : 3);
      const images = [from(1, 3), height, width, channels];
      const f = fused(strides, pad);
      const shapes = [images, [rows, columns, channels, filters], [filters]];
      close(await onBackend(backend, f, shapes, 100 * i), await onBackend("cpu", f, shapes, 100 * i));
      const pool = (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, [rows, columns], strides, pad);
      close(await onBackend(backend, pool, [images], 100 * i), await onBackend("cpu", pool, [images], 100 * i));
    }
  });

  Deno.test(`${backend}: training batch normalization is the plain layer's, with its moving averages`, {
    ignore: !ready[backend],
  }, async () => {
    const train = async (name: BackendName) => {
      await selectBackend(name);
      const layer = tf.layers.batchNormalization({
        inputShape: [5, 4, 3],
        name: `bn_${name}_${crypto.randomUUID().slice(0, 8)}`,
      });
      layer.build([null, 5, 4, 3]);
      layer.setWeights([numbers([3], 7), numbers([3], 8), numbers([3], 9), tf.abs(numbers([3], 10))]);
      const f = (x: tf.Tensor) => layer.apply(x, { training: true }) as tf.Tensor;
      const x = numbers([6, 5, 4, 3], 1);
      const y = f(x);
      const { grads } = tf.variableGrads(() => f(x).mul(numbers([6, 5, 4, 3], 2)).sum() as tf.Scalar);
      const dx = tf.grad((t) => f(t).mul(numbers([6, 5, 4, 3], 2)).sum())(x);
      const own = Object.entries(grads).filter(([key]) => key.includes(`bn_${name}`)).map(([, gradient]) => gradient);
      return await valuesOf([y, dx, ...own, ...layer.getWeights().map((weight) => weight.clone())]);
    };
    close(await train(backend), await train("cpu"));
  });

  Deno.test(`${backend}: 20 steps of training follow the plain path`, { ignore: !ready[backend] }, async () => {
    const losses = async (name: BackendName) => {
      await selectBackend(name);
      const kernel = (seed: number) => tf.initializers.glorotUniform({ seed });
      const same = { filters: 16, kernelSize: 3, padding: "same" } as const;
      const model = tf.sequential({
        layers: [
          tf.layers.conv2d({ ...same, inputShape: [8, 8, 3], kernelInitializer: kernel(1) }),
          tf.layers.conv2d({ ...same, kernelInitializer: kernel(4) }),
          tf.layers.batchNormalization(),
          tf.layers.activation({ activation: "relu" }),
          tf.layers.maxPooling2d({ poolSize: 3, strides: 2 }),
          tf.layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, kernelInitializer: kernel(2) }),
          tf.layers.batchNormalization(),
          tf.layers.flatten(),
          tf.layers.dense({ units: 4, activation: "softmax", kernelInitializer: kernel(3) }),
        ],
      });
      model.compile({ optimizer: tf.train.momentum(0.01, 0.9), loss: "categoricalCrossentropy" });
      const images = smallImages(80, 4, 8);
      const mean = new Float32Array(192).fill(60);
      const { history } = await model.fitDataset(batches(images, { batchSize: 4, seed: 2, mean }), {
        epochs: 1,
        verbose: 0,
      });
      const weights = await valuesOf(model.getWeights().map((weight) => weight.clone()));
      model.dispose();
      return [history.loss as number[], ...weights];
    };
    close(await losses(backend), await losses("cpu"), 5e-3);
  });

  Deno.test(`${backend}: a gradient of a gradient still works`, { ignore: !ready[backend] }, async () => {
    await selectBackend(backend);
    const second = tf.grad((x) => tf.grad((t) => tf.relu(t).mul(t).mul(t).sum())(x).sum())(tf.tensor1d([2, -1]));
    assert.deepEqual([...await second.data()].map((v) => Math.round(v * 1000) / 1000), [12, 0]);
  });
}

const own = { ignore: !ready.native || ownOperations() !== "compiled" };

Deno.test(
  "native: where this project's own operations are compiled, 3x3 and 5x5 convolutions and their gradients run by them",
  own,
  async () => {
    await selectBackend("native");
    const x = numbers([1, 6, 6, 16], 1) as tf.Tensor4D;
    const gradients = (side: number, filters: number) => {
      const operations = timeOperations();
      tf.dispose(
        tf.grads((x, filter) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, "same"))([
          x,
          numbers([side, side, 16, filters], 2),
        ]).map((gradient) => gradient.dataSync()),
      );
      return [...operations.stop().keys()].filter((name) => name.includes("Conv2D")).sort();
    };
    const all = ["Conv2D", "Conv2DBackpropFilter", "Conv2DBackpropInput"];
    for (const side of [3, 5]) {
      assert.deepEqual(gradients(side, 32), all.map((name) => `Winograd${name}`));
      assert.deepEqual(gradients(side, 8), all);
    }
  },
);

Deno.test("native: this project's own operations refuse what they are not made for", own, async () => {
  await selectBackend("native");
  const attributes = { padding: [1, 1], size: [4, 4] };
  for (
    const [name, shapes] of [
      ["WinogradConv2D", [[1, 4, 4, 8], [3, 3, 8, 16], [16]]],
      ["WinogradConv2D", [[1, 4, 4, 16], [3, 3, 16, 16], [8]]],
      ["WinogradConv2D", [[4, 4, 16], [3, 3, 16, 16], [16]]],
      ["WinogradConv2DBackpropInput", [[1, 4, 4, 16], [7, 7, 16, 16]]],
      ["WinogradConv2DBackpropFilter", [[1, 4, 4, 16], [2, 4, 4, 16]]],
    ] as const
  ) {
    assert.throws(
      () => tf.tidy(() => nativeOp(name, shapes.map((shape) => numbers([...shape], 1)), attributes)),
      /channels in multiples of 16 are needed/,
    );
  }
});

Deno.test("compileOperations() tells that the compiler fails, and what is compiled stays", {
  ignore: own.ignore || !allowed("run") || Deno.build.os === "windows",
}, async () => {
  await assert.rejects(() => compileOperations("false"), /^Error: Cannot compile the faster operations: .*exit code 1/);
  assert.equal(ownOperations(), "compiled");
});

Deno.test("native: MiniGoogLeNet trains by the fused kernels, repeats number for number, and leaks nothing", {
  ignore: !ready.native,
}, async () => {
  await selectBackend("native");
  assert.ok(tf.getKernel(batchNormKernel("tensorflow"), "tensorflow"));
  const losses = async () => {
    const model = miniGoogLeNet({ seed: 4 });
    model.compile({ optimizer: tf.train.momentum(0.01, 0.9), loss: "categoricalCrossentropy" });
    const data = batches(smallImages(16), { batchSize: 8, seed: 1 });
    await model.fitDataset(data, { epochs: 1, verbose: 0 });
    const before = tf.memory().numTensors;
    const { history } = await model.fitDataset(data, { epochs: 2, verbose: 0 });
    assert.equal(tf.memory().numTensors, before);
    model.dispose();
    return history.loss;
  };
  assert.deepEqual(await losses(), await losses());
});

Deno.test("webgpu: losses are read every 16 batches and at an epoch's end, and are those of the plain backend", {
  ignore: !ready.webgpu,
}, async () => {
  const fit = async (name: BackendName) => {
    await selectBackend(name);
    const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3], kernelInitializer })] });
    model.compile({ optimizer: "sgd", loss: "meanSquaredError", metrics: ["accuracy"] });
    const scheduler = new LearningRateScheduler(constant({ learningRate: 0.01 }));
    const shown: number[] = [];
    const backend = tf.backend();
    const read = backend.read;
    let reads = 0;
    backend.read = (id) => {
      reads++;
      return read.call(backend, id);
    };
    await model.fit(numbers([40, 3], 1), numbers([40, 2], 2), {
      ...{ batchSize: 1, epochs: 1, shuffle: false, verbose: 0 },
      callbacks: callbacks(scheduler, { onBatchEnd: (_batch, logs) => void shown.push(logs!.loss) }),
    });
    backend.read = read;
    return { history: scheduler.history, shown, reads };
  };
  const [gpu, plain] = [await fit("webgpu"), await fit("cpu")];
  close([gpu.history.loss as number[]], [plain.history.loss as number[]]);
  assert.deepEqual(gpu.history.accuracy, plain.history.accuracy);
  assert.ok(gpu.reads <= 8, `${gpu.reads} reads`); // after batches 1, 17, 33, at the epoch's end, and tfjs's own means
  assert.ok(plain.reads >= 40);
  // between two readings, the other callbacks see the latest number that is known
  assert.deepEqual(gpu.shown.slice(1, 16), new Array(15).fill(gpu.history.loss[0]));
  assert.equal(gpu.shown[16], gpu.history.loss[16]);
});
