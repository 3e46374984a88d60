import assert from "node:assert/strict";
import { evaluate, imageDataset, mirrored, tf } from "../../lib/mod.ts";

/** Says left where the left pixel is the brighter one, and the stronger the brighter it is. */
function leftOrRight(): tf.LayersModel {
  const layers = [
    tf.layers.flatten({ inputShape: [1, 2, 1] }),
    tf.layers.activation({ activation: "softmax" }),
  ];
  const model = tf.sequential({ layers });
  model.compile({ optimizer: "sgd", loss: "categoricalCrossentropy" });
  return model;
}

Deno.test("mirrored() takes the mean of the predictions for an image and for its mirror image", () => {
  const before = tf.memory().numTensors;
  const model = leftOrRight();
  const x = tf.tensor4d([Math.log(3), 0], [1, 1, 2, 1]);
  const both = mirrored(model).predict(x);
  // softmax gives 3/4 and 1/4, and the mirror image 1/4 and 3/4
  assert.deepEqual([...both.dataSync()].map((value) => value.toFixed(5)), ["0.50000", "0.50000"]);
  tf.dispose([x, both]);
  model.dispose();
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("evaluate() takes a mirrored model", async () => {
  const images = imageDataset({
    images: new Uint8Array([9, 0, 0, 9]),
    labels: new Uint8Array([0, 0]),
    shape: [1, 2, 1],
    classNames: ["left", "right"],
  });
  const { loss } = await evaluate(mirrored(leftOrRight()), images);
  assert.ok(Math.abs(loss - Math.log(2)) < 1e-6, "both classes get a half");
});
