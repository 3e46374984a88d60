import assert from "node:assert/strict";
import { constant, cyclical, descend, descentHistory, randomPoints, tf } from "../../lib/core.ts";
import { deviation, mean } from "../../lib/support/statistics.ts";

const bowl = (x: number, y: number) => 0.5 * x * x + 2 * y * y;
const schedule = constant({ learningRate: 0.1 });

Deno.test("a descent over a bowl shrinks each weight by its own factor", () => {
  const { path, losses, rates, diverged } = descend(bowl, { start: [3, -2], schedule, iterations: 20 });
  assert.equal(path.length, 21);
  assert.deepEqual(rates, Array(20).fill(0.1));
  for (const [i, [x, y]] of path.entries()) {
    // w - rate f'(w): factors 1 - 0.1 and 1 - 0.1 * 4
    assert.ok(Math.abs(x - 3 * 0.9 ** i) < 1e-7 && Math.abs(y + 2 * 0.6 ** i) < 1e-7, `${i}: ${x}, ${y}`);
    assert.equal(losses[i], bowl(x, y));
  }
  assert.equal(diverged, false);
});

Deno.test("a rate above two over the curvature diverges, and the path ends there", () => {
  const { path, losses, diverged } = descend(bowl, {
    start: [1, 1],
    schedule: constant({ learningRate: 0.75 }), // y is multiplied by 1 - 0.75 * 4 = -2 each time
    iterations: 1000,
  });
  assert.equal(diverged, true);
  assert.ok(losses.at(-1)! > 1e6 && losses.at(-2)! <= 1e6);
  assert.equal(path.length, losses.length);
  assert.equal(path.length, 11); // 2 * 4^n exceeds a million at n = 10
});

Deno.test("a loss that is NaN counts as divergence", () => {
  const cliff = (x: number) => Math.log(x);
  const { diverged } = descend(cliff, { start: [0.5, 0], schedule: constant({ learningRate: 1 }), iterations: 5 });
  assert.equal(diverged, true);
});

Deno.test("a schedule's rate and momentum are followed as tf.train.momentum follows them", () => {
  const options = { baseLr: 0.01, maxLr: 0.2, stepSize: 5, baseMomentum: 0.8, maxMomentum: 0.9 };
  const cycles = cyclical(options);
  const { path } = descend(bowl, { start: [3, -2], schedule: cycles, iterations: 5 });
  let [x, vx] = [3, 0];
  for (let i = 0; i < 5; i++) {
    vx = (0.9 - 0.1 * i / 5) * vx + x;
    x -= (0.01 + 0.19 * i / 5) * vx;
    assert.ok(Math.abs(path[i + 1][0] - x) < 1e-8);
  }

  const variable = tf.tidy(() => tf.scalar(3).variable());
  const optimizer = tf.train.momentum(0.1, 0.9);
  const fixed = descend(bowl, {
    start: [3, 0],
    schedule: constant({ learningRate: 0.1, momentum: 0.9 }),
    iterations: 10,
  });
  for (let i = 1; i <= 10; i++) {
    optimizer.minimize(() => variable.square().mul(0.5) as tf.Scalar, false, [variable]);
    assert.ok(Math.abs(variable.dataSync()[0] - fixed.path[i][0]) < 1e-5);
  }
  optimizer.dispose();
  variable.dispose();
});

Deno.test("the noise has mean 0 and the deviation asked for, and a seed fixes it", () => {
  const flat = () => 0;
  const options = { start: [0, 0], schedule: constant({ learningRate: 1 }), iterations: 4000, noise: 0.3 } as const;
  const { path } = descend(flat, { ...options, seed: 1 });
  for (const axis of [0, 1] as const) {
    const steps = path.slice(1).map((point, i) => point[axis] - path[i][axis]);
    assert.ok(Math.abs(mean(steps)) < 0.02); // 0.3 / sqrt(4000) is 0.005
    assert.ok(Math.abs(deviation(steps)! - 0.3) < 0.02);
  }
  assert.deepEqual(descend(flat, { ...options, seed: 1 }).path, path);
  assert.notDeepEqual(descend(flat, { ...options, seed: 2 }).path, path);
});

Deno.test("random points fill their rectangle, the same ones for the same seed", () => {
  const options = { count: 500, xRange: [-2, 2], yRange: [1, 1.5], seed: 3 } as const;
  const points = randomPoints(options);
  assert.deepEqual(randomPoints(options), points);
  assert.equal(points.length, 500);
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  assert.ok(Math.min(...xs) >= -2 && Math.min(...xs) < -1.9 && Math.max(...xs) < 2 && Math.max(...xs) > 1.9);
  assert.ok(Math.min(...ys) >= 1 && Math.max(...ys) < 1.5);
});

Deno.test("wrong options are refused in one sentence", () => {
  const good = { start: [1, 1], schedule, iterations: 3 } as const;
  const refused: [options: object, error: typeof Error, message: RegExp][] = [
    [{ ...good, start: [1] }, TypeError, /^Cannot descend: start must be two numbers, got \[1\]$/],
    [{ ...good, start: [1, NaN] }, RangeError, /each number of start must be a finite number, got NaN$/],
    [{ ...good, schedule: 0.1 }, TypeError, /schedule must be a function, got 0\.1$/],
    [{ ...good, iterations: 0 }, RangeError, /iterations must be a whole number of 1 or more, got 0$/],
    [{ ...good, noise: -1 }, RangeError, /noise must be 0 or more, got -1$/],
    [{ ...good, seed: 0.5 }, RangeError, /seed must be a whole number, got 0\.5$/],
    [{ ...good, steps: 3 }, TypeError, /start, schedule, iterations, noise, seed are its options, got "steps"$/],
  ];
  for (const [options, error, message] of refused) {
    assert.throws(() => descend(bowl, options as typeof good), (thrown: Error) => {
      assert.ok(thrown instanceof error);
      assert.match(thrown.message, message);
      return true;
    });
  }
  const points = { count: 3, xRange: [0, 1], yRange: [0, 1] } as const;
  assert.throws(() => randomPoints({ ...points, count: 1.5 }), /^RangeError: Cannot draw random points: count must be/);
  assert.throws(
    () => randomPoints({ ...points, xRange: 3 as never }),
    /^TypeError: .*xRange must be two numbers, got 3/,
  );
});

Deno.test("a descent's history has its rates, its losses after each update, and the metrics asked for", () => {
  const descent = descend(bowl, { start: [3, -2], schedule, iterations: 7 });
  const history = descentHistory(descent, { metrics: { "x_squared": (i) => descent.path[i][0] ** 2 }, every: 3 });
  assert.deepEqual(history.iterations, [0, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual(history.lr, Array(7).fill(0.1));
  assert.deepEqual(history.loss, descent.losses.slice(1));
  assert.deepEqual(history.epochs.map(({ epoch, iteration, lr }) => [epoch, iteration, lr]), [
    [0, 0, 0.1],
    [1, 3, 0.1],
    [2, 6, 0.1],
  ]);
  for (const { iteration, x_squared } of history.epochs) {
    assert.ok(Math.abs(x_squared - (3 * 0.9 ** iteration) ** 2) < 1e-6);
  }
  const wrong = { metrics: {}, every: 0 };
  assert.throws(() => descentHistory(descent, wrong), /^RangeError: Cannot make a history of a descent: every must be/);
});
