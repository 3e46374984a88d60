import assert from "node:assert/strict";
import { permissionFlags } from "../../lib/cli/launch.ts";
import { meanImage, subset } from "../../lib/core.ts";
import type { Assets } from "../../lib/lab/assets.ts";
import { packImages, unpackImages } from "../../lib/lab/image_bytes.ts";
import { cifar10Source } from "../../lib/lab/images.ts";
import { madeUpImages } from "../../lib/lab/made_up.ts";
import { answer, isOwnHost, serveLab } from "../../lib/lab/server.ts";
import { DATA } from "../../lib/lab/settings.ts";
import { allowed, withDirectory } from "../support.ts";
import { clr } from "../support_cli.ts";

const ASSETS: Assets = {
  "/": { body: "<p>page", type: "text/html" },
  "/page.js": { body: "1", type: "text/javascript" },
};
const IMAGES = {
  present: () => Promise.resolve(true),
  bytes: (seed: number) => Promise.resolve(Uint8Array.of(seed)),
};

/** Asks the server's handler. */
async function ask(path: string, init: RequestInit & { host?: string } = {}, images = IMAGES) {
  const { host = "127.0.0.1:8000", ...rest } = init;
  const request = new Request(`http://${host}${path}`, { ...rest, headers: { host } });
  return await answer(request, { port: 8000, assets: ASSETS, images });
}

Deno.test("the server hands over its own files and the image bytes, and nothing else", async () => {
  assert.equal(await (await ask("/")).text(), "<p>page");
  assert.equal((await ask("/page.js")).headers.get("content-type"), "text/javascript");
  assert.deepEqual(await (await ask("/images/7")).bytes(), Uint8Array.of(7));
  assert.deepEqual(await (await ask("/images")).json(), { present: true, message: "" });
  for (
    const path of ["/x", "/../deno.json", "/%2e%2e/deno.json", "/constructor", "/images/", "/images/x", "/images/1/2"]
  ) {
    assert.equal((await ask(path)).status, 404, path);
  }
});

Deno.test("other hosts' requests are refused, and so is every way to write", async () => {
  for (
    const host of ["evil.example", "evil.example:8000", "127.0.0.1", "127.0.0.1:8001", "localhost.evil.example:8000"]
  ) {
    assert.equal((await ask("/", { host })).status, 403, host);
  }
  assert.equal((await ask("/", { host: "localhost:8000" })).status, 200);
  assert.equal(isOwnHost(null, 8000), false);
  assert.ok(isOwnHost("127.0.0.1", 80));
  for (const method of ["POST", "PUT", "DELETE"]) assert.equal((await ask("/", { method })).status, 405, method);
  const head = await ask("/", { method: "HEAD" });
  assert.deepEqual([head.status, await head.text()], [200, ""]);
});

Deno.test("every answer carries the content security policy, which allows no inline script", async () => {
  for (const response of [await ask("/"), await ask("/none"), await ask("/", { host: "evil.example" })]) {
    const policy = response.headers.get("content-security-policy")!;
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /script-src 'self' 'wasm-unsafe-eval'(;|$)/);
    assert.equal(response.headers.get("cross-origin-resource-policy"), "same-origin");
  }
});

Deno.test(
  "the page has no inline script or style, and names only what the server has",
  { ignore: !allowed("read") },
  async () => {
    const html = await Deno.readTextFile(new URL("../../lib/lab/page/page.html", import.meta.url));
    assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)|\bon\w+=|<style|\bstyle=|https?:/);
    const ids = [...html.matchAll(/\bid="([\w-]+)"/g)].map(([, id]) => id);
    assert.equal(new Set(ids).size, ids.length, "each id once");
    for (const [, labels] of html.matchAll(/aria-labelledby="([\w-]+)"/g)) assert.ok(ids.includes(labels), labels);
  },
);

Deno.test("a port that is taken is an error", { ignore: !allowed("net") }, async () => {
  const first = serveLab(0, ASSETS, IMAGES);
  try {
    assert.equal(await (await fetch(first.url)).text(), "<p>page");
    assert.throws(() => serveLab(Number(new URL(first.url).port), ASSETS, IMAGES), Deno.errors.AddrInUse);
  } finally {
    await first.close();
  }
});

Deno.test("without CIFAR-10 the server says how to get it; damaged files are said", {
  ignore: !allowed("read", "write"),
}, async () => {
  await withDirectory(async (directory) => {
    const source = cifar10Source(directory);
    const told = await (await ask("/images", {}, source)).json();
    assert.equal(told.present, false);
    assert.match(told.message, /deno task setup/);
    const missing = await ask("/images/42", {}, source);
    assert.equal(missing.status, 404);
    assert.match(await missing.text(), /deno task setup/);
    await Deno.writeTextFile(`${directory}/data_batch_1.bin`, "spoilt");
    const spoilt = await ask("/images/42", {}, source);
    assert.equal(spoilt.status, 404);
    assert.match(await spoilt.text(), /^Cannot use .*data_batch_1\.bin/);
  });
});

Deno.test("images come out of their bytes as they went in; other bytes are refused", () => {
  const images = madeUpImages(3);
  const { train, test } = unpackImages(packImages(images));
  assert.deepEqual([train.size, test.size], [DATA.trainSize, DATA.testSize]);
  assert.deepEqual([train.images, train.labels], [images.train.images, images.train.labels]);
  assert.deepEqual([test.images, test.labels], [images.test.images, images.test.labels]);
  assert.throws(() => unpackImages(new Uint8Array(5)), /there must be 14135800 bytes, got 5/);
});

Deno.test("made-up images are the same for a seed, in ten classes, and no class is told by its colour", () => {
  const sizes = { trainSize: 200, testSize: 10 };
  const [one, again, other] = [1, 1, 2].map((seed) => madeUpImages(seed, sizes));
  assert.deepEqual(one.train.images, again.train.images);
  assert.notDeepEqual(one.train.images, other.train.images);
  assert.deepEqual(one.test.images, other.test.images);
  const [a, b] = one.train.classNames.slice(0, 2).map((_, label) => {
    const classes = [one.train.classNames[label], one.train.classNames[label + 2]];
    return meanImage(subset(one.train, { classes })).reduce((sum, value) => sum + value, 0) / 3072;
  });
  assert.ok(Math.abs(a - b) < 10, `${a}, ${b}`);
});

const io = { ignore: !allowed("read", "write", "run", "env", "sys") };

Deno.test(
  "deno task lab has only the permissions that it needs",
  { ignore: !allowed("read", "env", "sys") },
  async () => {
    const flags = await permissionFlags("lab", []);
    assert.ok(flags.includes("--allow-net=127.0.0.1"));
    assert.ok(!flags.some((flag) => /^--allow-(write|ffi|all)|^--allow-(net|run)$|^-A/.test(flag)));
  },
);

for (
  const [args, message] of [
    [["--port", "70000"], /Cannot read --port: it takes a whole number from 0 to 65535, got 70000/],
    [["--port", "1.5"], /Cannot read --port: it takes a whole number from 0 to 65535, got 1\.5/],
    [["--data", "/no/such"], /Cannot read --data: it takes an existing directory, got "\/no\/such"/],
  ] as [string[], RegExp][]
) {
  Deno.test(`lab ${args.join(" ")} is a wrong call: one sentence, exit code 2`, io, async () => {
    const { code, stderr, stdout } = await clr(["lab", ...args]);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, message);
  });
}
