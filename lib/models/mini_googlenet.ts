import * as tf from "@tensorflow/tfjs";
export function miniGoogLeNet(o: { inputShape?: [number, number, number]; classes?: number; seed?: number } = {}) {
  const { inputShape = [32, 32, 3], classes = 10, seed } = o;
  let n = 0;
  const conv = (x: tf.SymbolicTensor, filters: number, kernelSize: number, strides = 1, padding: "same" | "valid" = "same") => {
    const init = tf.initializers.glorotUniform({ seed: seed === undefined ? undefined as unknown as number : seed + n++ });
    x = tf.layers.conv2d({ filters, kernelSize, strides, padding, kernelInitializer: init }).apply(x) as tf.SymbolicTensor;
    x = tf.layers.batchNormalization().apply(x) as tf.SymbolicTensor;
    return tf.layers.activation({ activation: "relu" }).apply(x) as tf.SymbolicTensor;
  };
  const join = (...xs: tf.SymbolicTensor[]) => tf.layers.concatenate().apply(xs) as tf.SymbolicTensor;
  const inception = (x: tf.SymbolicTensor, a: number, b: number) => join(conv(x, a, 1), conv(x, b, 3));
  const down = (x: tf.SymbolicTensor, k: number) =>
    join(conv(x, k, 3, 2, "valid"), tf.layers.maxPooling2d({ poolSize: 3, strides: 2 }).apply(x) as tf.SymbolicTensor);
  const input = tf.input({ shape: inputShape });
  let x = conv(input, 96, 3);
  x = down(inception(inception(x, 32, 32), 32, 48), 80);
  for (const [a, b] of [[112, 48], [96, 64], [80, 80], [48, 96]]) x = inception(x, a, b);
  x = down(x, 96);
  x = inception(inception(x, 176, 160), 176, 160);
  x = tf.layers.averagePooling2d({ poolSize: 7, strides: 1 }).apply(x) as tf.SymbolicTensor;
  x = tf.layers.dropout({ rate: 0.5 }).apply(x) as tf.SymbolicTensor;
  x = tf.layers.flatten().apply(x) as tf.SymbolicTensor;
  x = tf.layers.dense({ units: classes, activation: "softmax" }).apply(x) as tf.SymbolicTensor;
  return tf.model({ inputs: input, outputs: x });
}
