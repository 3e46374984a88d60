import { tf, withWeightDecay } from "../../lib/mod.ts";
import { close, tinyBatches } from "../support.ts";
import { rate, train, valuesOf, X, Y } from "./line.ts";

// worked out once in float64: 20 steps of the line above, by PyTorch 2.14.1 and Keras 3.15.1, biases exempt
const REFERENCES: [string, () => tf.Optimizer, boolean, number[]][] = [
  ["PyTorch's AdamW", () => tf.train.adam(1, 0.9, 0.999, 1e-7), false, [1.0330742, -0.4416222, 0.9430479]],
  ["PyTorch's Adam", () => tf.train.adam(1, 0.9, 0.999, 1e-7), true, [0.8047658, -0.3774569, 0.9672352]],
  ["PyTorch's SGD", () => tf.train.sgd(1), true, [0.8094437, -0.3548417, 0.7517865]],
  ["PyTorch's SGD with momentum", () => tf.train.momentum(1, 0.9), true, [0.8060789, -0.3452948, 0.6618604]],
  [
    "PyTorch's SGD with Nesterov momentum",
    () => tf.train.momentum(1, 0.9, true),
    true,
    [0.8046966, -0.3590226, 0.7609657],
  ],
  ["Keras's AdamW", () => tf.train.adam(1, 0.9, 0.999, 1e-7), false, [1.0330741, -0.4416225, 0.9430478]],
  ["Keras's SGD", () => tf.train.sgd(1), false, [0.8094437, -0.3548417, 0.7517865]],
  ["Keras's Adagrad", () => tf.train.adagrad(1), false, [0.7357421, -0.3419979, 0.5920054]],
  ["Keras's RMSprop", () => tf.train.rmsprop(1), false, [1.0328316, -0.4226644, 0.8024816]],
  ["Keras's Adamax", () => tf.train.adamax(1), false, [0.9381543, -0.4231815, 0.8396325]],
];

for (const [name, make, coupled, expected] of REFERENCES) {
  Deno.test(`withWeightDecay() is ${name} with weight decay over 20 steps`, async () => {
    await tf.setBackend("cpu");
    close([train(withWeightDecay(make(), { weightDecay: 0.5, coupled }))], [expected], 1e-6);
  });
}

Deno.test("withWeightDecay() of adam is AdamW's formula in float64, the decay a function of the iteration", async () => {
  await tf.setBackend("cpu");
  const weightDecay = (iteration: number) => 1 - iteration / 20;
  const actual = train(withWeightDecay(tf.train.adam(1), { weightDecay }));

  const weights = [0.8, -0.4, 0.3]; // the last is the bias
  const [m, v] = [[0, 0, 0], [0, 0, 0]];
  for (let i = 0; i < 20; i++) {
    const errors = X.map(([a, b], row) => a * weights[0] + b * weights[1] + weights[2] - Y[row]);
    const gradient = [0, 1, 2].map((k) =>
      errors.reduce((sum, error, row) => sum + 2 / 3 * error * (X[row][k] ?? 1), 0)
    );
    for (const [k, g] of gradient.entries()) {
      if (k < 2) weights[k] -= rate(i) * weightDecay(i) * weights[k];
      m[k] = 0.9 * m[k] + 0.1 * g;
      v[k] = 0.999 * v[k] + 0.001 * g ** 2;
      weights[k] -= rate(i) * m[k] / (1 - 0.9 ** (i + 1)) / (Math.sqrt(v[k] / (1 - 0.999 ** (i + 1))) + 1e-7);
    }
  }
  close([actual], [weights], 1e-5);
});

Deno.test("withWeightDecay(), coupled, trains as a layer's L2 regularizer of half the decay does", async () => {
  await tf.setBackend("cpu");
  const fit = async (optimizer: tf.Optimizer, l2: number) => {
    const kernelRegularizer = tf.regularizers.l2({ l2 });
    const dense = tf.layers.dense({ units: 1, inputShape: [2], kernelInitializer: "ones", kernelRegularizer });
    const model = tf.sequential({ layers: [dense] });
    model.compile({ optimizer, loss: "meanSquaredError" });
    await model.fitDataset(tinyBatches(20), { epochs: 1, verbose: 0 });
    return valuesOf(...model.getWeights());
  };
  const decayed = withWeightDecay(tf.train.momentum(0.01, 0.9), { weightDecay: 0.5, coupled: true });
  close([await fit(decayed, 0)], [await fit(tf.train.momentum(0.01, 0.9), 0.25)], 1e-5);
});
