import assert from "node:assert/strict";
import {
  callbacks,
  constant,
  cyclical,
  CyclicLR,
  join,
  LearningRateScheduler,
  oneCycle,
  planCycles,
  type Schedule,
  stopAtCycleEnd,
  stopOnInterrupt,
  tf,
} from "../../lib/mod.ts";
import { stopOnInterrupt as stopOnSignal } from "../../lib/callbacks/stop_on_interrupt.ts";
import { randomFrom } from "../../lib/data/random.ts";
import { OPTIMIZERS, tinyBatches, tinyModel } from "../support.ts";

const quiet = { verbose: 0 } as const;
/** The rate and momentum that the next update of an optimizer would use, by its effect on a weight. */
interface Inside {
  learningRate: number;
  c?: tf.Scalar;
  m?: tf.Scalar;
  momentum?: number;
  beta1?: number;
}
const inside = (optimizer: tf.Optimizer) => optimizer as unknown as Inside;
const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-6, `${a} is not ${b}`);

for (const [name, make] of Object.entries(OPTIMIZERS)) {
  Deno.test(`CyclicLR() sets the rate of ${name} before every batch, and records it`, async () => {
    await tf.setBackend("cpu");
    const rate = cyclical({ baseLr: 0.001, maxLr: 0.009, stepSize: 2 });
    const model = tinyModel(make());
    const clr = new CyclicLR({ baseLr: 0.001, maxLr: 0.009, stepSize: 2 });
    const used: number[] = [];
    const watch = {
      onBatchBegin: () => {
        const { learningRate, c } = inside(model.optimizer);
        used.push(c ? -c.dataSync()[0] : learningRate); // SGD and Momentum multiply by c = -rate
      },
    };
    await model.fitDataset(tinyBatches(6), { epochs: 2, callbacks: callbacks(clr, watch), ...quiet });
    for (let i = 0; i < 12; i++) {
      near(used[i], rate(i).learningRate);
      assert.equal(clr.history.lr[i], rate(i).learningRate);
    }
    assert.deepEqual(clr.history.iterations, Array.from({ length: 12 }, (_, i) => i));
    assert.ok(clr.history.loss.every((loss) => typeof loss === "number"));
    assert.equal(clr.history.accuracy?.length, 12);
  });

  const hasMomentum = ["momentum", "rmsprop", "adam", "adamax"].includes(name);
  Deno.test(`CyclicLR() ${hasMomentum ? "cycles" : "refuses to cycle"} the momentum of ${name}`, async () => {
    await tf.setBackend("cpu");
    const model = tinyModel(make());
    const clr = new CyclicLR({ stepSize: 2, baseMomentum: 0.8, maxMomentum: 0.9 });
    const used: number[] = [];
    const watch = {
      onBatchBegin: () => {
        const { m, beta1, momentum } = inside(model.optimizer);
        used.push(m ? m.dataSync()[0] : beta1 ?? momentum!);
      },
    };
    const fit = () => model.fitDataset(tinyBatches(4), { epochs: 1, callbacks: callbacks(clr, watch), ...quiet });
    if (!hasMomentum) {
      await assert.rejects(
        fit,
        /^TypeError: Cannot set hyperparameters: cycling momentum needs an optimizer with momentum/,
      );
      assert.equal(clr.iteration, 0);
      return;
    }
    await fit();
    [0.9, 0.85, 0.8, 0.85].forEach((expected, i) => near(used[i], expected));
    [0.9, 0.85, 0.8, 0.85].forEach((expected, i) => near(clr.history.momentum![i], expected));
  });
}

Deno.test("tfjs 4.22 still has the traps that setHyperparameters() works around", async () => {
  await tf.setBackend("cpu");
  const x = tf.variable(tf.scalar(1));
  const sgd = tf.train.sgd(0.1);
  Object.assign(sgd, { learningRate: 10 });
  sgd.minimize(() => x.mul(1) as tf.Scalar);
  near(x.dataSync()[0], 0.9); // assigning learningRate is ignored
  const momentum = tf.train.momentum(0.1, 0.9);
  momentum.setMomentum(0.5);
  near(inside(momentum).m!.dataSync()[0], 0.9); // setMomentum has no effect on the scalar that counts
  tf.dispose([x]);
});

Deno.test("a history's momentum has one entry per batch, though the schedule cycles it only later or only at first", async () => {
  await tf.setBackend("cpu");
  const still = { schedule: constant({ learningRate: 0.1 }), iterations: 2 };
  const moving = { schedule: cyclical({ stepSize: 2, baseMomentum: 0.8, maxMomentum: 0.9 }), iterations: 3 };
  for (
    const [stages, expected] of [
      [[still, moving], [0.5, 0.5, 0.9, 0.85, 0.8]],
      [[moving, still], [0.9, 0.85, 0.8, 0.8, 0.8]],
    ] as const
  ) {
    const scheduler = new LearningRateScheduler(join(stages));
    const data = tinyBatches(5);
    await tinyModel(tf.train.momentum(0.1, 0.5)).fitDataset(data, { epochs: 1, callbacks: [scheduler], ...quiet });
    assert.equal(scheduler.history.momentum!.length, scheduler.history.iterations.length);
    expected.forEach((momentum, i) => near(scheduler.history.momentum![i], momentum));
    // an optimizer without momentum trains at 0
    const late = new LearningRateScheduler(join([moving, still]));
    for (const [make, batches] of [[() => tf.train.momentum(0.1, 0.5), 3], [() => tf.train.sgd(0.1), 2]] as const) {
      await tinyModel(make()).fitDataset(tinyBatches(batches), { epochs: 1, callbacks: [late], ...quiet });
    }
    [0.9, 0.85, 0.8, 0, 0].forEach((momentum, i) => near(late.history.momentum![i], momentum));
  }
});

Deno.test("a second fit that measures accuracy records it beside the batches of the first, which have none", async () => {
  await tf.setBackend("cpu");
  const model = tinyModel(tf.train.sgd(0.01));
  const { loss } = model;
  const scheduler = new LearningRateScheduler(constant({ learningRate: 0.1 }));
  const fit = () => model.fitDataset(tinyBatches(3), { epochs: 1, callbacks: [scheduler], ...quiet });
  for (const metrics of [[], ["accuracy"]]) {
    model.compile({ optimizer: "sgd", loss: loss as string, metrics });
    await fit();
  }
  const { accuracy, epochs } = scheduler.history;
  assert.deepEqual(accuracy!.slice(0, 3), [null, null, null]);
  assert.equal(accuracy!.length, 6);
  assert.equal(epochs[0].accuracy, undefined);
  near(epochs[1].accuracy, (accuracy!.slice(3) as number[]).reduce((sum, value) => sum + value) / 3);
});

Deno.test("a scheduler takes a plan as an option, and no plan in its place", () => {
  const plan = planCycles({ batchesPerEpoch: 4, epochs: 2, stepSizeEpochs: 1 });
  assert.throws(
    () => new LearningRateScheduler(constant({ learningRate: 1 }), plan as never),
    /^TypeError: Cannot create a scheduler: plan are its options, got "/,
  );
});

Deno.test("CyclicLR() goes on with the cycle on a second fit", async () => {
  const model = tinyModel(tf.train.sgd(0.01));
  const clr = new CyclicLR({ baseLr: 0, maxLr: 0.4, stepSize: 4 });
  await model.fitDataset(tinyBatches(3), { epochs: 1, callbacks: [clr], ...quiet });
  await model.fitDataset(tinyBatches(3), { epochs: 1, callbacks: [clr], ...quiet });
  [0, 0.1, 0.2, 0.3, 0.4, 0.3].forEach((rate, i) => near(clr.history.lr[i], rate));
  assert.equal(clr.iteration, 6);
});

Deno.test("CyclicLR.reset() acts on the very next batch, and the iteration counts on", async () => {
  const model = tinyModel(tf.train.sgd(0.01));
  const clr = new CyclicLR({ baseLr: 0.01, maxLr: 0.05, stepSize: 4 });
  const resetAt = {
    onBatchEnd: (batch: number) => void (batch === 2 && clr.reset({ baseLr: 0.001, maxLr: 0.003, stepSize: 2 })),
  };
  await model.fitDataset(tinyBatches(6), { epochs: 1, callbacks: callbacks(clr, resetAt), ...quiet });
  [0.01, 0.02, 0.03, 0.001, 0.002, 0.003].forEach((rate, i) => near(clr.history.lr[i], rate));
  assert.equal(clr.iteration, 6);
  assert.throws(() => clr.reset({ stepSize: 0 }), RangeError);
  near(clr.at(6).learningRate, 0.002);
});

Deno.test("a scheduler's rate lands in tfjs's History by epoch", async () => {
  const model = tinyModel(tf.train.sgd(0.01));
  const clr = new CyclicLR({ baseLr: 0, maxLr: 0.4, stepSize: 4 });
  const { history } = await model.fitDataset(tinyBatches(3), { epochs: 2, callbacks: [clr], ...quiet });
  near(history.lr[0] as number, 0.2);
  near(history.lr[1] as number, 0.3);
  assert.equal(clr.history.epochs.length, 2);
  assert.equal(clr.history.epochs[1].iteration, 6);
  near(clr.history.epochs[0].loss, history.loss[0] as number);
});

Deno.test("a scheduler steps a custom loop with one line", async () => {
  const model = tinyModel(tf.train.momentum(0.01, 0.9));
  const scheduler = new LearningRateScheduler(
    oneCycle({ maxLr: 0.1, totalSteps: 5, baseMomentum: 0.85, maxMomentum: 0.95 }),
  );
  const [xs, ys] = [tf.ones([4, 2]), tf.ones([4, 1])];
  for (let i = 0; i < 5; i++) {
    scheduler.step(model.optimizer);
    near(inside(model.optimizer).learningRate, scheduler.schedule(i).learningRate);
    await model.trainOnBatch(xs, ys);
  }
  assert.equal(scheduler.history.lr.length, 5);
  tf.dispose([xs, ys]);
});

Deno.test("a scheduler takes a function that returns the rate as a plain number, as in Keras", async () => {
  await tf.setBackend("cpu");
  const model = tinyModel(tf.train.sgd(0.01));
  const rate = (iteration: number) => 0.1 / (1 + iteration);
  const scheduler = new LearningRateScheduler(rate);
  await model.fitDataset(tinyBatches(3), { epochs: 1, callbacks: [scheduler], ...quiet });
  assert.deepEqual(scheduler.history.lr, [0.1, 0.05, 0.1 / 3]);
  assert.deepEqual(scheduler.at(4), { learningRate: 0.02 });
  assert.deepEqual(scheduler.schedule(4), { learningRate: 0.02 });
  const state = JSON.parse(JSON.stringify(scheduler));
  for (const again of [LearningRateScheduler.fromJSON(state, rate), CyclicLR.fromJSON(state, rate)]) {
    assert.deepEqual(again.step(model.optimizer), { learningRate: 0.025 });
  }
});

for (
  const [returned, message] of [
    [undefined, /^TypeError: .*it must return a number, or an object with a learningRate, got undefined$/],
    [null, /^TypeError: .*, got null$/],
    ["0.1", /^TypeError: .*, got "0.1"$/],
    [{ lr: 0.1 }, /^TypeError: .*, got {"lr":0.1}$/],
    [{ learningRate: "0.1" }, /^TypeError: .*, got {"learningRate":"0.1"}$/],
    [Promise.resolve(0.1), /^TypeError: .*, got {}$/],
    [NaN, /^RangeError: .*the learning rate that it returns must be 0 or more, got NaN$/],
    [{ learningRate: NaN }, /^RangeError: .*, got NaN$/],
    [-0.1, /^RangeError: .*, got -0.1$/],
    [Infinity, /^RangeError: .*, got Infinity$/],
  ] as [number, RegExp][]
) {
  const kind = typeof returned === "object"
    ? JSON.stringify(returned, (_, v) => v === v ? v : "NaN")
    : String(returned);
  Deno.test(`a scheduler refuses a function that returns ${typeof returned} ${kind} before it trains`, async () => {
    const model = tinyModel(tf.train.sgd(0.01));
    const scheduler = new LearningRateScheduler(() => returned);
    const fit = () => model.fitDataset(tinyBatches(2), { epochs: 1, callbacks: [scheduler], ...quiet });
    await assert.rejects(fit, (error: Error) => {
      assert.match(`${error}`, message);
      return error.message.startsWith("Cannot evaluate a schedule: ");
    });
    assert.throws(() => scheduler.at(0), message);
    assert.throws(() => scheduler.step(model.optimizer), message);
    assert.equal(scheduler.iteration, 0);
  });
}

Deno.test("a scheduler keeps the momentum and the cycles of a hand-written schedule", () => {
  const own: Schedule = Object.assign((i: number) => ({ learningRate: i, momentum: 0.5 }), {
    config: { schedule: "mine", slope: 1 },
    cycleEnd: (i: number) => 2 * Math.floor(i / 2) + 2,
  });
  const scheduler = new LearningRateScheduler(own);
  const ends: number[] = [];
  scheduler.onCycleEnd = ({ iteration }) => void ends.push(iteration);
  const optimizer = tf.train.momentum(0.1, 0.9);
  for (let i = 0; i < 5; i++) assert.deepEqual(scheduler.step(optimizer), { learningRate: i, momentum: 0.5 });
  assert.deepEqual(ends, [2, 4]);
  assert.deepEqual(scheduler.toJSON().schedule, { schedule: "mine", slope: 1 });
});

/** A schedule out of random numbers. */
function randomSchedule(random: () => number): Schedule {
  const baseLr = random() * 0.01;
  const maxLr = baseLr + random() * 0.1;
  const modes = ["triangular", "triangular2", "exp_range"] as const;
  return random() < 0.3 ? oneCycle({ maxLr: 0.01 + maxLr, totalSteps: 1 + Math.floor(random() * 40) }) : cyclical({
    ...{ baseLr, maxLr, stepSize: 0.5 + random() * 9, stepSizeDown: 0.5 + random() * 9 },
    ...{ mode: modes[Math.floor(random() * 3)], gamma: 0.9 + 0.1 * random() },
  });
}

Deno.test("a scheduler's state after k batches continues the sequence exactly, for 200 random schedules and k", () => {
  for (let trial = 0; trial < 200; trial++) {
    const random = randomFrom(trial);
    const schedule = randomSchedule(random);
    const whole = new LearningRateScheduler(schedule);
    const optimizer = tf.train.sgd(0.1);
    const k = Math.floor(random() * 50);
    let ends = 0;
    whole.onCycleEnd = () => void ends++;
    for (let i = 0; i < k; i++) whole.step(optimizer);
    const restored = LearningRateScheduler.fromJSON(JSON.parse(JSON.stringify(whole)));
    ends = 0;
    let endsAgain = 0;
    restored.onCycleEnd = () => void endsAgain++;
    for (let i = 0; i < 30; i++) assert.deepEqual(restored.step(optimizer), whole.step(optimizer));
    assert.deepEqual(restored.history, whole.history);
    assert.equal(endsAgain, ends);
    optimizer.dispose();
  }
});

Deno.test("a scheduler with a custom function restores only with that function", () => {
  const options = { scaleFn: () => 0.5 };
  const state = JSON.parse(JSON.stringify(new CyclicLR(options)));
  assert.throws(
    () => CyclicLR.fromJSON(state),
    /^TypeError: Cannot restore a scheduler: the state must hold a schedule/,
  );
  assert.equal(LearningRateScheduler.fromJSON(state, cyclical(options)).iteration, 0);
});

Deno.test("CyclicLR.fromJSON() gives a CyclicLR that can be reset", () => {
  const clr = CyclicLR.fromJSON(JSON.parse(JSON.stringify(new CyclicLR({ stepSize: 3 }))));
  assert.ok(clr instanceof CyclicLR);
  clr.reset({ maxLr: 1 });
  near(clr.at(3).learningRate, 1);
});

Deno.test("onCycleEnd is called after the last batch of each cycle", async () => {
  const model = tinyModel(tf.train.sgd(0.01));
  const clr = new CyclicLR({ stepSize: 2 });
  const ends: [number, number][] = [];
  clr.onCycleEnd = ({ iteration, cycle, model }) => {
    assert.ok(model);
    ends.push([iteration, cycle]);
  };
  await model.fitDataset(tinyBatches(10), { epochs: 1, callbacks: [clr], ...quiet });
  assert.deepEqual(ends, [[4, 1], [8, 2]]);
});

Deno.test("callbacks() composes ours, tfjs's own and plain objects in any order", async () => {
  const model = tinyModel(tf.train.sgd(0.01));
  const clr = new CyclicLR();
  let plain = 0;
  const list = callbacks({ onEpochEnd: () => void plain++ }, tf.callbacks.earlyStopping({ monitor: "loss" }), clr);
  await model.fitDataset(tinyBatches(3), { epochs: 2, callbacks: list, ...quiet });
  assert.equal(plain, 2);
  assert.equal(clr.iteration, 6);
});

Deno.test("a scheduler after a plain object in a bare array fails with a clear error, not in an endless recursion", async () => {
  const model = tinyModel(tf.train.sgd(0.01));
  const bare = [{ onEpochEnd: () => {} }, new CyclicLR()] as unknown as tf.CustomCallback[];
  await assert.rejects(
    () => model.fitDataset(tinyBatches(2), { epochs: 1, callbacks: bare, ...quiet }),
    /Cannot train with a scheduler after a plain object: combine them with callbacks/,
  );
});

Deno.test("two schedulers on one fit are refused", async () => {
  const model = tinyModel(tf.train.sgd(0.01));
  const two = [new CyclicLR(), new LearningRateScheduler(constant({ learningRate: 1 }))];
  assert.throws(() => callbacks(...two), /one fit takes one learning-rate scheduler, got 2/);
  await assert.rejects(
    () => model.fitDataset(tinyBatches(2), { epochs: 1, callbacks: two, ...quiet }),
    /one fit takes one learning-rate scheduler, got two/,
  );
});

Deno.test("a scheduler told of a plan refuses a fit of another length", async () => {
  const model = tinyModel(tf.train.sgd(0.01));
  const plan = planCycles({ batchesPerEpoch: 4, epochs: 2, stepSizeEpochs: 1 });
  const clr = new CyclicLR({ stepSize: plan.stepSize, plan });
  await assert.rejects(
    () => model.fitDataset(tinyBatches(4), { epochs: 3, callbacks: [clr], ...quiet }),
    /^RangeError: Cannot train: the plan has 8 iterations, got a fit of 3 x 4/,
  );
  await model.fitDataset(tinyBatches(4), { epochs: 2, callbacks: [clr], ...quiet });
});

Deno.test("the event loop keeps ticking during a fit with a class callback", async () => {
  const model = tinyModel(tf.train.sgd(0.01));
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const until = performance.now() + 600;
  const stop = { onBatchEnd: () => void (performance.now() > until && (model.stopTraining = true)) };
  await model.fitDataset(tinyBatches(100), { epochs: 1000, callbacks: callbacks(new CyclicLR(), stop), ...quiet });
  clearInterval(timer);
  assert.ok(ticks > 1, `${ticks} ticks`);
});

Deno.test("stopOnInterrupt() ends a fit on a signal, with what was trained", async () => {
  const model = tinyModel(tf.train.sgd(0.01));
  const controller = new AbortController();
  const clr = new CyclicLR();
  const abort = { onBatchEnd: (batch: number) => void (batch === 2 && controller.abort()) };
  const list = callbacks(clr, abort, stopOnInterrupt({ signal: controller.signal }));
  await model.fitDataset(tinyBatches(10), { epochs: 5, callbacks: list, ...quiet });
  assert.equal(clr.iteration, 3);
});

Deno.test("stopOnInterrupt() without a signal that it can hear is refused outside Deno", () => {
  for (const options of [undefined, {}, { signal: true }]) {
    assert.throws(() => stopOnSignal(options as never), /^TypeError: Cannot stop on an interrupt: signal must be/);
  }
});

Deno.test("stopAtCycleEnd() refuses an option that it does not know", () => {
  assert.throws(() => stopAtCycleEnd({ metric: "loss" } as never), /^TypeError: .* are its options, got "metric"$/);
});

Deno.test("stopAtCycleEnd() stops only where a cycle has ended", async () => {
  const model = tinyModel(tf.train.sgd(0));
  const clr = new CyclicLR({ baseLr: 0, maxLr: 0, stepSize: 3 }); // nothing learns: never better
  const list = callbacks(clr, stopAtCycleEnd({ monitor: "loss", patience: 2 }));
  await model.fitDataset(tinyBatches(3), { epochs: 20, callbacks: list, ...quiet });
  assert.equal(clr.iteration, 18); // the best of cycle 1, then two without a better one
});

Deno.test("a fit with a scheduler leaks no tensor", async () => {
  const model = tinyModel(tf.train.momentum(0.01, 0.9));
  const clr = new CyclicLR({ stepSize: 3, baseMomentum: 0.8, maxMomentum: 0.9 });
  await model.fitDataset(tinyBatches(4), { epochs: 1, callbacks: [clr], ...quiet });
  const before = tf.memory().numTensors;
  await model.fitDataset(tinyBatches(20), { epochs: 2, callbacks: [clr], ...quiet });
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("a custom loop records the loss that it knows after its update", () => {
  const x = tf.variable(tf.scalar(3));
  const optimizer = tf.train.sgd(0.1);
  const clr = new CyclicLR({ baseLr: 0.1, maxLr: 0.1, stepSize: 2 });
  assert.throws(() => clr.record({ loss: 1 }), /^RangeError: Cannot record a loss: a step must come first, got none$/);
  for (let i = 0; i < 3; i++) {
    clr.step(optimizer);
    const loss = optimizer.minimize(() => x.square() as tf.Scalar, true)!;
    if (i !== 1) clr.record({ loss: loss.dataSync()[0] });
    loss.dispose();
  }
  // x shrinks by 1 - 2 x 0.1 each time
  const [first, second, third] = clr.history.loss;
  assert.equal(first, 9);
  assert.equal(second, null);
  assert.ok(Math.abs(third! - (3 * 0.8 * 0.8) ** 2) < 1e-5);
  x.dispose();
});

Deno.test("stopAtCycleEnd() takes a scheduler outside of the fit, which another callback steps", async () => {
  const model = tinyModel(tf.train.sgd(0.1));
  const clr = new CyclicLR({ baseLr: 0, maxLr: 1e-9, stepSize: 3 });
  const drive = { onBatchBegin: () => void clr.step(model.optimizer) };
  const list = callbacks(drive, stopAtCycleEnd({ monitor: "loss", patience: 1, scheduler: clr }));
  model.setWeights([tf.zeros([2, 1]), tf.zeros([1])]);
  await model.fitDataset(tinyBatches(3), { epochs: 20, callbacks: list, verbose: 0 });
  assert.ok(clr.iteration % 6 === 0 && clr.iteration < 60, `${clr.iteration}`);
});
