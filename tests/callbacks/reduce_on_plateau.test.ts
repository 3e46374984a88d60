import assert from "node:assert/strict";
import {
  averageWeights,
  callbacks,
  CyclicLR,
  reduceOnPlateau,
  type ReduceOnPlateauOptions,
  stopAtCycleEnd,
  tf,
} from "../../lib/mod.ts";
import { OPTIMIZERS, tinyBatches, tinyModel } from "../support.ts";

const quiet = { verbose: 0 } as const;

/** The rate of each epoch, where the epochs have these values of the metric. */
async function rates(values: (number | undefined)[], options: ReduceOnPlateauOptions, optimizer = tf.train.sgd(1)) {
  await tf.setBackend("cpu");
  const model = tinyModel(optimizer);
  const { monitor = "val_loss" } = options;
  const name = monitor.replace("accuracy", "acc"); // tfjs's
  const feed = {
    onEpochEnd: (epoch: number, logs?: tf.Logs) => {
      if (values[epoch] === undefined) delete logs![name];
      else logs![name] = values[epoch];
    },
  };
  const [feeder, reducer] = [callbacks(feed), callbacks(reduceOnPlateau(options))];
  const { history } = await model.fitDataset(tinyBatches(1), {
    ...{ epochs: values.length, validationData: tinyBatches(1), ...quiet },
    callbacks: [...feeder, ...reducer],
  });
  return history.lr as number[];
}

/** Powers of the factor 1/2 from the rate 1, so that the values are exact. */
const half = { factor: 0.5 } as const;

Deno.test("reduceOnPlateau() lowers the rate after so many epochs without a new best", async () => {
  // worked out by hand from Keras's on_epoch_end: the rate falls behind the epoch that fills the patience
  assert.deepEqual(
    await rates([5, 4, 4, 4, 4, 4, 3, 4], { ...half, patience: 2 }),
    [1, 1, 1, 1, 0.5, 0.5, 0.25, 0.25],
  );
  assert.deepEqual(await rates([5, 5, 5, 5], { ...half, patience: 0 }), [1, 1, 0.5, 0.25]);
  assert.deepEqual(await rates([5, NaN, NaN, 4], { ...half, patience: 2 }), [1, 1, 1, 0.5]);
});

Deno.test("reduceOnPlateau() has Keras's defaults", async () => {
  const plateau = await rates(Array(12).fill(1), {});
  assert.deepEqual(plateau, [...Array(11).fill(1), 0.1]);
  // better by less than 0.0001 in all does not count
  assert.equal((await rates(Array.from({ length: 12 }, (_, epoch) => 1 - 0.000009 * epoch), {}))[11], 0.1);
  assert.equal((await rates(Array.from({ length: 12 }, (_, epoch) => 1 - 0.0002 * epoch), {}))[11], 1);
});

Deno.test("reduceOnPlateau() takes a higher accuracy for the better one", async () => {
  for (const monitor of ["accuracy", "val_accuracy"] as const) {
    assert.deepEqual(await rates([0.1, 0.2, 0.3, 0.3, 0.2], { ...half, monitor, patience: 1 }), [1, 1, 1, 1, 0.5]);
  }
});

Deno.test("reduceOnPlateau() counts nothing while it cools down, and stops at minLr", async () => {
  assert.deepEqual(
    await rates([5, 5, 5, 5, 5, 5, 5, 5], { ...half, patience: 1, cooldown: 2 }),
    [1, 1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125],
  );
  assert.deepEqual(await rates([5, 5, 5, 5, 5], { ...half, patience: 1, minLr: 0.3 }), [1, 1, 0.5, 0.3, 0.3]);
  assert.deepEqual(await rates([5, 5, 5], { ...half, patience: 1, minLr: 2 }), [1, 1, 1]);
});

Deno.test("reduceOnPlateau() skips an epoch that was cut short, and starts afresh with each fit", async () => {
  assert.deepEqual(await rates([5, undefined, 5, 5], { ...half, patience: 2 }), [1, 1, 1, 1]);
  const model = tinyModel(tf.train.sgd(1));
  const reduce = reduceOnPlateau({ ...half, monitor: "loss", patience: 2, minDelta: 1e9 });
  const fit = () => model.fitDataset(tinyBatches(1), { epochs: 2, callbacks: callbacks(reduce), ...quiet });
  for (let i = 0; i < 3; i++) assert.deepEqual((await fit()).history.lr, [1, 1]);
});

for (const [name, make] of Object.entries(OPTIMIZERS)) {
  Deno.test(`reduceOnPlateau() sets the rate of ${name}`, async () => {
    assert.deepEqual(await rates([5, 5, 5], { ...half, patience: 1 }, make() as tf.SGDOptimizer), [0.01, 0.01, 0.005]);
  });
}

Deno.test("two callbacks that would both set the rate are refused, composed or in a bare array", async () => {
  await tf.setBackend("cpu");
  const model = tinyModel(tf.train.sgd(0.01));
  const plateau = () => reduceOnPlateau({ monitor: "loss" });
  const pairs: [() => tf.CustomCallback[], string][] = [
    [() => [new CyclicLR(), plateau()], "CyclicLR, ReduceOnPlateau"],
    [() => [plateau(), new CyclicLR()], "ReduceOnPlateau, CyclicLR"],
    [() => [plateau(), plateau()], "ReduceOnPlateau, ReduceOnPlateau"],
  ];
  for (const [pair, names] of pairs) {
    assert.throws(() => callbacks(...pair()), {
      name: "TypeError",
      message: `Cannot compose callbacks: one fit takes one learning-rate scheduler, got 2 (${names})`,
    });
    await assert.rejects(() => model.fitDataset(tinyBatches(2), { epochs: 1, callbacks: pair(), ...quiet }), {
      name: "TypeError",
      message: `Cannot train: one fit takes one learning-rate scheduler, got two (${names})`,
    });
  }
  const same = plateau();
  for (let fit = 0; fit < 2; fit++) {
    const list = callbacks(averageWeights({ every: 1 }), same, tf.callbacks.earlyStopping({ monitor: "loss" }));
    await model.fitDataset(tinyBatches(2), { epochs: 1, callbacks: list, ...quiet });
  }
});

Deno.test("what the fit does not measure cannot be watched, which is said before it trains", async () => {
  await tf.setBackend("cpu");
  const model = tinyModel(tf.train.sgd(0.01));
  const clr = new CyclicLR();
  for (
    const [items, words] of [
      [
        [reduceOnPlateau()],
        /Cannot reduce the rate on a plateau: the fit must measure "val_loss", got loss, accuracy$/,
      ],
      [[clr, stopAtCycleEnd()], /Cannot stop at a cycle's end: the fit must measure "val_loss", got loss, accuracy$/],
    ] as const
  ) {
    await assert.rejects(
      () => model.fitDataset(tinyBatches(2), { epochs: 1, callbacks: callbacks(...items), ...quiet }),
      words,
    );
  }
  assert.equal(clr.iteration, 0);
});

Deno.test("reduceOnPlateau() refuses what is no option", () => {
  const bad: [keyof ReduceOnPlateauOptions, number[]][] = [
    ["factor", [0, 1, 2, -1, NaN]],
    ["patience", [-1, 1.5, NaN, Infinity]],
    ["cooldown", [-1, 0.5, NaN]],
    ["minLr", [-1, NaN, Infinity]],
    ["minDelta", [-1, NaN, Infinity]],
  ];
  for (const [name, values] of bad) {
    for (const value of values) {
      assert.throws(() => reduceOnPlateau({ [name]: value }), (error: Error) => {
        assert.equal(error.name, "RangeError");
        assert.match(error.message, new RegExp(`^Cannot reduce the rate on a plateau: ${name} must be .*, got `));
        return true;
      });
    }
    assert.throws(() => reduceOnPlateau({ [name]: "1" }), TypeError);
  }
  assert.throws(() => reduceOnPlateau({ monitor: "val_acc" as never }), /monitor must be one of "val_loss"/);
  assert.throws(() => reduceOnPlateau({ min_lr: 0 } as never), /are its options, got "min_lr"/);
});
