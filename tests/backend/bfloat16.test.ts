import assert from "node:assert/strict";
import { batches, miniGoogLeNet, selectBackend, tf } from "../../lib/mod.ts";
import { missingBfloat16, setPrecision } from "../../lib/backend/native/bfloat16.ts";
import { missingNativePart } from "../../lib/backend/native/setup/package.ts";
import { randomFrom } from "../../lib/data/random.ts";
import { allowed, smallImages } from "../support.ts";

const io = { ignore: !allowed("read", "env", "ffi", "sys") || missingNativePart() !== undefined };

/** Runs `work` with rounding convolutions, which any processor can do slowly but for their bias, and puts float32 back. */
async function inBfloat16<T>(work: () => T | Promise<T>): Promise<T> {
  await selectBackend("native");
  setPrecision("bfloat16");
  try {
    return await work();
  } finally {
    setPrecision("float32");
  }
}

/** Value and gradients of a convolution, of numbers that `draw` gives. */
function convolve(draw: () => number, [strides, pad, shapes]: [number, "same" | "valid", number[][]]): number[][] {
  return tf.tidy(() => {
    const numbers = (shape: number[]) => tf.tensor(Array.from({ length: tf.util.sizeFromShape(shape) }, draw), shape);
    const f = (x: tf.Tensor, filter: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, pad);
    const inputs = shapes.map(numbers);
    const y = f(inputs[0], inputs[1]);
    return [y, ...tf.grads(f)(inputs, numbers(y.shape))].map((tensor) => [...tensor.dataSync()]);
  });
}

const cases: [number, "same" | "valid", number[][]][] = [
  [1, "same", [[2, 7, 6, 3], [3, 3, 3, 4]]],
  [1, "same", [[2, 5, 5, 3], [1, 1, 3, 4]]],
  [2, "valid", [[2, 9, 8, 3], [3, 3, 3, 2]]],
];

Deno.test("bfloat16: convolutions of small whole numbers and their gradients are exact", io, async () => {
  for (const one of cases) {
    const whole = () => {
      const random = randomFrom(3);
      return () => Math.floor(3 * random()) - 1;
    };
    await selectBackend("native");
    assert.deepEqual(await inBfloat16(() => convolve(whole(), one)), convolve(whole(), one));
  }
});

Deno.test("bfloat16: convolutions of other numbers differ by the rounding of 8 bits, and do differ", io, async () => {
  for (const one of cases) {
    await selectBackend("native");
    const exact = convolve(randomFrom(5), one);
    const rounded = await inBfloat16(() => convolve(randomFrom(5), one));
    exact.forEach((values, output) => {
      const scale = Math.max(...values.map(Math.abs));
      const worst = Math.max(...values.map((value, i) => Math.abs(value - rounded[output][i])));
      assert.ok(worst > 0 && worst < 0.03 * scale, `output ${output}: off by ${worst} of ${scale}`);
    });
  }
});

Deno.test(
  "bfloat16: MiniGoogLeNet trains, repeats number for number, leaks nothing, and float32 comes back",
  { ignore: io.ignore || missingBfloat16() !== undefined }, // oneDNN refuses the convolution with bias elsewhere
  async () => {
    const losses = async () => {
      const model = miniGoogLeNet({ seed: 4 });
      model.compile({ optimizer: tf.train.momentum(0.01, 0.9), loss: "categoricalCrossentropy" });
      const data = batches(smallImages(8), { batchSize: 4, seed: 1 });
      const first = await model.fitDataset(data, { epochs: 1, verbose: 0 });
      const before = tf.memory().numTensors;
      const { history } = await model.fitDataset(data, { epochs: 1, verbose: 0 });
      assert.equal(tf.memory().numTensors, before);
      assert.ok(model.getWeights().every(({ dtype }) => dtype === "float32"));
      model.dispose();
      return [...first.history.loss, ...history.loss] as number[];
    };
    await selectBackend("native");
    const exact = await losses();
    const mixed = await inBfloat16(losses);
    assert.deepEqual(await inBfloat16(losses), mixed);
    assert.notDeepEqual(mixed, exact);
    assert.ok(Math.abs(mixed[0] - exact[0]) < 0.05 * exact[0], `${mixed[0]} is not near ${exact[0]}`);
    assert.deepEqual(await losses(), exact);
  },
);

Deno.test("missingBfloat16() knows processors by what Linux tells of them", () => {
  const flags = (names: string) => `processor\t: 0\nmodel name\t: some\nflags\t\t: fpu sse2 ${names}\nbugs\t: none\n`;
  assert.equal(missingBfloat16(flags("avx512f avx512_bf16 gfni")), undefined);
  assert.equal(missingBfloat16(flags("avx512f amx_bf16 amx_tile")), undefined);
  assert.equal(missingBfloat16("processor : 0\nFeatures\t: fp asimd i8mm bf16 dgh\n"), undefined);
  assert.match(
    missingBfloat16(flags("avx2 f16c avx512f"))!,
    /a processor with bfloat16 instructions.*, got one without/,
  );
  assert.match(missingBfloat16("model name : bf16\nflags : avx2\n")!, /got one without/);
});

Deno.test("selectBackend() refuses bfloat16 where it cannot be had, and names the backend", {
  ignore: !allowed("read", "env"),
}, async () => {
  await assert.rejects(() => selectBackend("cpu", { precision: "bfloat16" }), {
    name: "NotSupported",
    message: 'Cannot select a precision: bfloat16 needs the native backend, got "cpu"; take float32',
  });
  await assert.rejects(() => selectBackend("cpu", { precision: "float16" as "float32" }), RangeError);
});

Deno.test("selectBackend() takes bfloat16 exactly where the processor has it", io, async () => {
  const refusal = missingBfloat16();
  const selected = selectBackend("native", { precision: "bfloat16" });
  if (refusal) {
    await assert.rejects(selected, ({ message }: Error) => message.includes(refusal));
  } else {
    assert.equal((await selected).name, "native");
    await selectBackend("native");
  }
});

Deno.test("bfloat16: what is added to images may be a bias, a number or another layer's output", io, async () => {
  await selectBackend("native");
  const images = tf.randomNormal<tf.Rank.R4>([2, 6, 6, 3], 0, 1, "float32", 1);
  const model = () =>
    tf.sequential({
      layers: [
        tf.layers.conv2d({
          ...{ inputShape: [6, 6, 3], filters: 4, kernelSize: 3, activation: "relu", padding: "same" },
          kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }),
          biasInitializer: "ones",
        }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 1, kernelInitializer: tf.initializers.glorotUniform({ seed: 2 }) }),
      ],
    });
  const steps = async () => {
    const trained = model();
    trained.compile({ optimizer: tf.train.sgd(0.001), loss: "meanSquaredError" });
    const losses: number[] = [];
    for (let i = 0; i < 3; i++) losses.push(await trained.trainOnBatch(images, tf.ones([2, 1])) as number);
    const shifted = tf.tidy(() => [...tf.conv2d(images, tf.ones([1, 1, 3, 2]), 1, "same").add(1).mean().dataSync()]);
    return [...losses, ...shifted];
  };
  const exact = await steps();
  const rounded = await inBfloat16(steps);
  rounded.forEach((value, i) =>
    assert.ok(Math.abs(value - exact[i]) < 0.05 * (1 + Math.abs(exact[i])), `${i}: ${value} for ${exact[i]}`)
  );
});
