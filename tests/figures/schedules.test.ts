import assert from "node:assert/strict";
import { constant, cyclical, learningRateFigure, oneCycle, scheduleExplorer } from "../../lib/mod.ts";

const near = (a: number, b: number) => assert.ok(Math.abs(a - b) <= 1e-4 * Math.abs(b), `${a} is not ${b}`);

Deno.test("learningRateFigure() draws the momentum of schedules beneath, in the schedules' colours", () => {
  const { data, layout } = learningRateFigure({
    triangular: cyclical({ stepSize: 50, baseMomentum: 0.85, maxMomentum: 0.95 }),
    fixed: constant({ learningRate: 0.01 }),
    "one cycle": oneCycle({ maxLr: 0.1, totalSteps: 100, baseMomentum: 0.8, maxMomentum: 0.9 }),
  }, { iterations: 100 });
  const [rates, momenta] = [data.filter(({ yaxis }) => yaxis !== "y2"), data.filter(({ yaxis }) => yaxis === "y2")];
  assert.deepEqual(rates.map(({ name }) => name), ["triangular", "fixed", "one cycle"]);
  assert.deepEqual(momenta.map(({ name }) => name), ["triangular: momentum", "one cycle: momentum"]);
  assert.deepEqual(momenta[0].x, [0, 50, 100]);
  assert.deepEqual(momenta[0].y, [0.95, 0.85, 0.95]);
  assert.deepEqual(momenta[0].line, rates[0].line);
  assert.equal((layout.yaxis2 as { title: { text: string } }).title.text, "momentum");
});

Deno.test("learningRateFigure() draws functions that return the rate as a number, and refuses other answers", () => {
  const hyperbola = (iteration: number) => 0.1 / (1 + iteration);
  const { data } = learningRateFigure(hyperbola, { iterations: 3 });
  assert.deepEqual([data[0].x, data[0].y], [[0, 1, 2, 3], [0.1, 0.05, 0.033333, 0.025]]);
  assert.deepEqual(learningRateFigure({ hyperbola, fixed: () => 1 }).data.map(({ name }) => name), [
    "hyperbola",
    "fixed",
  ]);
  assert.throws(
    () => learningRateFigure(() => "fast" as never),
    /^TypeError: Cannot evaluate a schedule: it must return/,
  );
});

Deno.test("learningRateFigure() draws one panel where no schedule has a momentum", () => {
  const { data, layout } = learningRateFigure({ fixed: constant({ learningRate: 0.01 }) });
  assert.equal(data.length, 1);
  assert.equal(layout.yaxis2, undefined);
});

Deno.test("learningRateFigure() names a single schedule's momentum in the legend", () => {
  const { data } = learningRateFigure(cyclical({ stepSize: 50, baseMomentum: 0.85, maxMomentum: 0.95 }));
  assert.deepEqual(data.map(({ name }) => name), ["learning rate", "momentum"]);
});

Deno.test("learningRateFigure() annotates a cycle: both bounds, the step size and the cycle", () => {
  const schedule = cyclical({ baseLr: 0.002, maxLr: 0.02, stepSize: 300, stepSizeDown: 700 });
  const { data, layout } = learningRateFigure(schedule, { annotate: true });
  assert.deepEqual(data[0].x, [0, 300, 1000, 1300, 2000]); // two cycles
  const words = layout.annotations as { text: string; x: number; y: number; ax?: number }[];
  const texts = words.map(({ text }) => text).filter((text) => text !== "");
  assert.deepEqual(texts, [
    "maximum rate 0.02",
    "base rate 0.002",
    "step size: 300 iterations",
    "one cycle: 1,000 iterations",
  ]);
  const arrows = words.filter(({ ax }) => ax !== undefined);
  assert.deepEqual(arrows.map(({ ax, x }) => [ax, x]), [[0, 300], [0, 1000]]);
  // the bounds' names stand where the curve is at the other bound
  for (const [text, rate] of [["maximum rate 0.02", 0.002], ["base rate 0.002", 0.02]] as const) {
    near(schedule(words.find((word) => word.text === text)!.x).learningRate, rate);
  }
});

Deno.test("learningRateFigure() annotates cyclical schedules alone, and draws whole iterations", () => {
  const message = /^TypeError: Cannot annotate a cycle: it needs one schedule made by cyclical, got /;
  for (const wrong of [oneCycle({ maxLr: 1, totalSteps: 9 }), { triangular: cyclical() }, null]) {
    assert.throws(() => learningRateFigure(wrong as never, { annotate: true }), message);
  }
  for (const iterations of [0, -5, 2.5, NaN]) {
    assert.throws(
      () => learningRateFigure(cyclical(), { iterations }),
      /^RangeError: Cannot draw a schedule: iterations/,
    );
  }
});

/** What a step or a button changes. */
type Change = { x: number[][]; y: number[][]; name: string[] };
type Slider = { active: number; steps: { label: string; method: string; args: [Change, number[]] }[] };
type Button = { label: string; method: string; args: [Change, { sliders: Slider[] }, number[]] };

Deno.test("scheduleExplorer() has all its curves in it: a menu of six, each with a slider", () => {
  const { data, layout } = scheduleExplorer({ baseLr: 0.001, maxLr: 0.006, stepSize: 2000 });
  const [menu] = layout.updatemenus as { buttons: Button[] }[];
  assert.deepEqual(menu.buttons.map(({ label }) => label.replace("vary: ", "")), [
    "maximum rate",
    "base rate",
    "step size",
    "gamma, of the height (code)",
    "gamma, of both bounds (paper)",
    "policy",
  ]);
  assert.ok(JSON.stringify({ data, layout }).length < 300_000);
  for (const { method, args: [change, { sliders }, traces] } of menu.buttons) {
    assert.equal(method, "update");
    assert.deepEqual(traces, [1]);
    const [slider] = sliders;
    assert.deepEqual(slider.steps[slider.active].args[0], change); // the slider stands at what the button draws
    assert.ok(slider.steps.every((step) => step.method === "restyle" && step.args[1][0] === 1));
  }
  // what is shown at first is what the first button would draw
  assert.deepEqual([data[1].x, data[1].y], [menu.buttons[0].args[0].x[0], menu.buttons[0].args[0].y[0]]);
});

Deno.test("scheduleExplorer() draws the schedules that its labels name", () => {
  const start = { baseLr: 0.001, maxLr: 0.006, stepSize: 2000 };
  const { data, layout } = scheduleExplorer(start);
  assert.deepEqual([data[0].x, data[0].y], [[0, 2, 4, 6, 8, 10, 12, 14, 16].map((k) => 1000 * k), [
    ...[0.001, 0.006, 0.001, 0.006, 0.001, 0.006, 0.001, 0.006, 0.001],
  ]]);
  const sliders = (layout.updatemenus as { buttons: Button[] }[])[0].buttons.map(({ args }) => args[1].sliders[0]);
  const expected = [
    (label: number) => cyclical({ ...start, maxLr: label }),
    (label: number) => cyclical({ ...start, baseLr: label }),
    (label: number) => cyclical({ ...start, stepSize: label }),
    (gamma: number) => cyclical({ ...start, mode: "exp_range", gamma }),
    (gamma: number) => cyclical({ ...start, mode: "exp_range", gamma, decays: "bounds" }),
  ];
  for (const [index, schedule] of expected.entries()) {
    for (const { label, args: [{ x, y }] } of sliders[index].steps) {
      const rate = schedule(Number(label.replaceAll(",", "")));
      // a gamma's label has six digits, which leave 16,000 iterations 1 % of play
      x[0].forEach((at, i) => {
        const error = Math.abs(y[0][i] - rate(at).learningRate);
        assert.ok(error <= 1e-2 * start.maxLr, `${label} at ${at}: ${y[0][i]}`);
      });
    }
  }
  const policies = sliders[5].steps.map(({ label }) => label);
  assert.deepEqual(policies.slice(0, 4), ["triangular", "triangular2", "exp_range", "one cycle"]);
});

Deno.test("scheduleExplorer() takes any step size, and refuses wrong options", () => {
  for (const stepSize of [1, 7.5, 1e6]) {
    assert.ok(JSON.stringify(scheduleExplorer({ stepSize })).length < 300_000);
  }
  for (const wrong of [{ baseLr: -1 }, { maxLr: 0.001 }, { stepSize: 0 }, { baseLr: 0.01 }, { stepSize: Infinity }]) {
    assert.throws(() => scheduleExplorer(wrong), /^RangeError: Cannot explore schedules: /);
  }
  assert.throws(() => scheduleExplorer({ gamma: 1 } as never), /are its options, got "gamma"/);
});

Deno.test("learningRateFigure() lists five names or more beside the plot, fewer above it", () => {
  const some = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`schedule ${i}`, constant({ learningRate: i })]));
  const legendOf = (count: number) => learningRateFigure(some(count)).layout.legend as { orientation: string };
  assert.deepEqual([legendOf(4).orientation, legendOf(5).orientation], ["h", "v"]);
});
