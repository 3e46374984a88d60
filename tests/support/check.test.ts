import assert from "node:assert/strict";
import {
  flag,
  numeric,
  oneOf,
  optional,
  type OptionChecks,
  readOptions,
  rules,
  shown,
} from "../../lib/support/check.ts";

interface Options {
  size: number;
  shape?: "round" | "square";
  hollow?: boolean;
  seed?: number;
}
const CHECKS = {
  size: numeric(rules.positive),
  shape: oneOf(["round", "square"], "round"),
  hollow: flag(false),
  seed: optional(numeric(rules.count)),
} satisfies OptionChecks<Options>;
const read = (options: Options) => readOptions("draw", options, CHECKS);

Deno.test("readOptions() fills in the defaults of options that are left out or undefined", () => {
  assert.deepEqual(read({ size: 2 }), { size: 2, shape: "round", hollow: false, seed: undefined });
  assert.deepEqual(read({ size: 2, shape: undefined, hollow: true, seed: 3 }), {
    ...{ size: 2, shape: "round", hollow: true, seed: 3 },
  });
});

for (
  const [options, message] of [
    [{}, /^TypeError: Cannot draw: size must be a number, got undefined$/],
    [{ size: 0 }, /^RangeError: Cannot draw: size must be above 0, got 0$/],
    [{ size: NaN }, /^RangeError: Cannot draw: size must be above 0, got NaN$/],
    [{ size: 1, shape: "oval" }, /^RangeError: Cannot draw: shape must be one of "round", "square", got "oval"$/],
    [{ size: 1, hollow: "no" }, /^TypeError: Cannot draw: hollow must be true or false, got "no"$/],
    [{ size: 1, seed: null }, /^TypeError: Cannot draw: seed must be a number, got null$/],
    [{ size: 1, sead: 1 }, /^TypeError: Cannot draw: size, shape, hollow, seed are its options, got "sead"$/],
    [null, /^TypeError: Cannot draw: the options must be an object, got null$/],
    [[], /^TypeError: Cannot draw: the options must be an object, got \[\]$/],
  ] as [Options, RegExp][]
) {
  Deno.test(`readOptions() refuses ${JSON.stringify(options)}`, () => assert.throws(() => read(options), message));
}

Deno.test("readOptions() has a table with a check for each option, which the compiler holds to the interface", () => {
  const { seed: _, ...short } = CHECKS;
  // @ts-expect-error: the table lacks seed
  assert.throws(() => readOptions("draw", { size: 1, seed: 1 } as Options, short), /got "seed"/);
  const long = { ...CHECKS, colour: oneOf(["red"], "red") };
  // @ts-expect-error: the interface lacks colour
  assert.equal(readOptions("draw", { size: 1 } as Options, long).colour, "red");
});

Deno.test("shown() names what is too large to show, and what JSON cannot hold", () => {
  assert.equal(shown(new Float32Array(2)), "Float32Array of 8 bytes");
  assert.equal(shown({ images: new Uint8Array(3072), size: 1 }), '{"images":"Uint8Array of 3072 bytes","size":1}');
  const model: { self?: unknown } = {};
  model.self = model;
  assert.equal(shown(model), "an object (Object)");
});
