import assert from "node:assert/strict";
import { cacheDirectory } from "../../lib/support/directories.ts";
import { planNative, type PlatformFacts } from "../../lib/backend/native/setup/platform.ts";
import { atLeast, LEAST_DENO } from "../../lib/support/deno_version.ts";
import { selectBackend } from "../../lib/mod.ts";

const linux: PlatformFacts = {
  os: "linux",
  arch: "x86_64",
  glibc: true,
  avx: true,
  python: "python3",
  compiler: "g++",
};

Deno.test("planNative() takes the wheel on Linux x86-64 with pip and a compiler", () => {
  assert.deepEqual(planNative(linux), { ways: ["wheel", "prebuilt"] });
});

for (
  const [what, facts, ways, why] of [
    ["without pip", { python: undefined }, ["prebuilt"], /no Python 3 with pip/],
    ["without a compiler", { compiler: undefined }, ["prebuilt"], /no C\+\+ compiler/],
    ["without AVX", { avx: false }, [], /AVX/],
    ["without glibc", { glibc: false }, [], /glibc/],
    ["on a Mac", { os: "darwin", arch: "aarch64" }, ["prebuilt"], /darwin on aarch64/],
    ["on Windows", { os: "windows" }, ["prebuilt"], /windows/],
    ["on FreeBSD", { os: "freebsd" }, [], /no library for freebsd/],
  ] as const
) {
  Deno.test(`planNative() ${what} says why`, () => {
    const plan = planNative({ ...linux, ...facts });
    assert.deepEqual(plan.ways, ways);
    assert.match(plan.why!, why);
  });
}

Deno.test("selectBackend() refuses an unknown name", async () => {
  await assert.rejects(
    () => selectBackend("gpu" as never),
    /^RangeError: Cannot select a backend: the backend must be one of "auto"/,
  );
});

Deno.test("atLeast() tells Deno's versions apart", () => {
  for (const version of ["2.9.1", "2.9.6", "2.10.0", "3.0.0", "2.9.2+abc"]) {
    assert.ok(atLeast(version, LEAST_DENO), version);
  }
  for (const version of ["2.9.0", "2.8.3", "1.46.3"]) assert.ok(!atLeast(version, LEAST_DENO), version);
});

Deno.test("cacheDirectory() takes an empty variable for none", () => {
  const env = (set: Record<string, string>) => (name: string) => set[name];
  const expected = "/home/ada/.cache/cyclical-learning-rates";
  assert.equal(cacheDirectory(env({ HOME: "/home/ada", XDG_CACHE_HOME: "", CLR_CACHE_DIR: "" }), "linux"), expected);
  assert.throws(() => cacheDirectory(env({ HOME: "" }), "linux"), { name: "NotFound" });
});
