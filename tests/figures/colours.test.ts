import assert from "node:assert/strict";
import { comparisonFigure, constant, learningRateFigure } from "../../lib/mod.ts";
import { coloursOf, SCHEDULE_COLOURS } from "../../lib/figures/colours.ts";

const FAMILY = [
  ...["triangular", "triangular2", "exp-range", "one-cycle", "fixed", "step", "linear", "polynomial", "cosine"],
  ...["cosine-restarts", "exponential", "staged", "time", "inverse-square-root", "warmup-stable-decay", "decay"],
];

Deno.test("every schedule of the family has a colour of its own", () => {
  assert.deepEqual(Object.keys(SCHEDULE_COLOURS), FAMILY);
  assert.equal(new Set(Object.values(SCHEDULE_COLOURS)).size, FAMILY.length);
});

Deno.test("a schedule's colour does not depend on how its name is written, nor on its place", () => {
  for (const [first, ...others] of [["one-cycle", "one cycle", "one_cycle", "oneCycle"], ["exp-range", "exp_range"]]) {
    for (const name of others) assert.deepEqual(coloursOf(["step", name])[1], SCHEDULE_COLOURS[first], name);
  }
  assert.deepEqual(coloursOf(["linearDecay", "constant"]), [SCHEDULE_COLOURS.linear, SCHEDULE_COLOURS.fixed]);
});

Deno.test("a name that is no schedule's gets a colour that no other one in the figure has, and keeps it", () => {
  const names = ["mine", "triangular", "yours", "mine", "constructor", ""];
  const colours = coloursOf(names);
  assert.equal(colours[0], colours[3]);
  assert.equal(new Set(colours).size, 5);
  assert.equal(colours[1], SCHEDULE_COLOURS.triangular);
  assert.equal(coloursOf(Array.from({ length: 40 }, (_, i) => `run ${i}`)).every((colour) => /^#/.test(colour)), true);
});

Deno.test("of two schedules with one colour, the second gets another if both are in the figure", () => {
  for (const [first, second] of [["fixed", "caffe-fixed"], ["staged_triangular2", "inverse square root"]]) {
    assert.deepEqual(coloursOf([first]), coloursOf([second]));
    const [one, other, mine, again] = coloursOf([first, second, "mine", second]);
    assert.equal(one, coloursOf([first])[0]);
    assert.equal(new Set([one, other, mine]).size, 3);
    assert.equal(other, again);
  }
});

Deno.test("a schedule has its colour in every figure", () => {
  const rates = learningRateFigure({ fixed: constant({ learningRate: 1 }), step: constant({ learningRate: 2 }) });
  const history = { epoch: [0, 1], history: { val_acc: [0.3, 0.4] } };
  const runs = comparisonFigure([{ name: "other", history }, { name: "fixed", history }]);
  const colour = (trace: Record<string, unknown>) => (trace.line as { color: string }).color;
  assert.equal(colour(rates.data[0]), SCHEDULE_COLOURS.fixed);
  assert.equal(colour(runs.data[1]), SCHEDULE_COLOURS.fixed);
});

/** OKLab (Ottosson, 2020) of a colour as light, red, green and blue from 0 to 1. */
function lab([r, g, b]: number[]): number[] {
  const cones = [
    0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b,
    0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b,
    0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b,
  ].map((value) => Math.cbrt(Math.max(0, value)));
  const [l, m, s] = cones;
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** How light reaches the eye, by the matrices of Machado, Oliveira and Fernandes (2009). */
const EYES: Record<string, number[][]> = {
  "most people": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

Deno.test("the schedules' colours stay apart for colour-blind readers", () => {
  for (const [eye, matrix] of Object.entries(EYES)) {
    const seen = FAMILY.map((name) => {
      const light = SCHEDULE_COLOURS[name].match(/\w\w/g)!.map((hex) => {
        const value = parseInt(hex, 16) / 255;
        return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
      });
      return lab(matrix.map((row) => row.reduce((sum, share, i) => sum + share * light[i], 0)));
    });
    for (let i = 0; i < FAMILY.length; i++) {
      for (let j = 0; j < i; j++) {
        const distance = Math.hypot(...seen[i].map((value, k) => value - seen[j][k]));
        // 0.02 is about the least difference that is seen side by side
        assert.ok(distance > 0.05, `${FAMILY[i]} and ${FAMILY[j]} are ${distance.toFixed(3)} apart, for ${eye}`);
      }
    }
  }
});
