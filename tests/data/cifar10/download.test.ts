import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { download } from "../../../lib/data/cifar10/download.ts";
import { allowed, withDirectory } from "../../support.ts";

const io = { ignore: !allowed("read", "write", "net") };
const content = Uint8Array.from({ length: 50_000 }, (_, i) => i * 7);
const hash = { algorithm: "md5", hex: createHash("md5").update(content).digest("hex") } as const;

/** Serves one answer after the other, and fetches from there. */
async function fetched(
  answers: ((request: Request) => Response | Promise<Response>)[],
  then: (result: { error?: Error; bytes?: Uint8Array; requests: Request[]; files: string[] }) => void,
  { before, silenceMs = 10_000 }: { before?: (path: string) => Promise<void>; silenceMs?: number } = {},
) {
  const requests: Request[] = [];
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    requests.push(request);
    return answers[Math.min(requests.length, answers.length) - 1](request);
  });
  await withDirectory(async (directory) => {
    const path = `${directory}/file`;
    await before?.(path);
    const url = `http://127.0.0.1:${server.addr.port}/file`;
    const error = await download(url, path, { name: "it", hash, silenceMs, retries: 2, pauseMs: 1 }).then(
      () => undefined,
      (e) => e,
    );
    const bytes = await Deno.readFile(path).catch(() => undefined);
    then({ error, bytes, requests, files: [...Deno.readDirSync(directory)].map(({ name }) => name) });
  });
}

const good = () => new Response(content);
const cut = () => {
  let sent = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent) return controller.error(new Error("reset"));
      sent = true;
      controller.enqueue(content.subarray(0, 20_000));
    },
  });
  return new Response(body, { headers: { "content-length": String(content.length) } });
};
const ranged = (request: Request) => {
  const from = Number(/bytes=(\d+)-/.exec(request.headers.get("range") ?? "")?.[1] ?? 0);
  if (!from) return good();
  const headers = { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` };
  return new Response(content.subarray(from), { status: 206, headers });
};

Deno.test("download() fetches a file and checks its hash", io, () =>
  fetched([good], ({ error, bytes, files }) => {
    assert.equal(error, undefined);
    assert.deepEqual(bytes, content);
    assert.deepEqual(files, ["file"]);
  }));

Deno.test(
  "download() goes on after a reset, by range",
  io,
  () =>
    fetched([cut, ranged], ({ error, bytes, requests }) => {
      assert.equal(error, undefined);
      assert.deepEqual(bytes, content);
      assert.match(requests[1].headers.get("range") ?? "", /^bytes=\d+-$/);
    }),
);

Deno.test(
  "download() starts again where the server knows no range",
  io,
  () => fetched([cut, good], ({ bytes }) => assert.deepEqual(bytes, content)),
);

Deno.test(
  "download() starts again after a part that is longer than the file",
  io,
  () =>
    fetched(
      [() => new Response(null, { status: 416 }), good],
      ({ bytes }) => assert.deepEqual(bytes, content),
      { before: (path) => Deno.writeFile(`${path}.part`, new Uint8Array(60_000)) },
    ),
);

Deno.test(
  "download() tries again after a server's failure, and gives up in words",
  io,
  () =>
    fetched([() => new Response("no", { status: 503 })], ({ error, requests, files }) => {
      assert.match(error!.message, /^Cannot fetch it: 127\.0\.0\.1:\d+ must answer, got .*503/);
      assert.equal(requests.length, 3);
      assert.deepEqual(files, []);
    }),
);

Deno.test(
  "download() gives up at once where the file is not",
  io,
  () =>
    fetched([() => new Response("no", { status: 404 })], ({ error, requests }) => {
      assert.match(error!.message, /must have it, got status 404/);
      assert.equal(requests.length, 1);
    }),
);

Deno.test(
  "download() knows a sign-in page from a file",
  io,
  () =>
    fetched(
      [() => new Response("<html>Sign in</html>", { headers: { "content-type": "text/html" } })],
      ({ error, files }) => {
        assert.match(error!.message, /must send the file, got a web page/);
        assert.deepEqual(files, []);
      },
    ),
);

Deno.test(
  "download() refuses other bytes and keeps none of them",
  io,
  () =>
    fetched([() => new Response(new Uint8Array(50_000))], ({ error, files }) => {
      assert.match(error!.message, /^Cannot use it from .*: its md5 must be .*, got [0-9a-f]{32}/);
      assert.deepEqual(files, []);
    }),
);

Deno.test(
  "download() ends a silence",
  io,
  () =>
    fetched([() => new Promise<Response>((done) => setTimeout(() => done(good()), 600))], ({ error }) => {
      assert.match(error!.message, /got silence for 0\.2 s/);
    }, { silenceMs: 200 }),
);

Deno.test(
  "download() ends in words on a loop of redirects",
  io,
  () =>
    fetched([(request) => Response.redirect(request.url)], ({ error }) => {
      assert.match(error!.message, /^Cannot fetch it: .* must answer, got /);
    }),
);

const partOf = (bytes: Uint8Array) => (path: string) => Deno.writeFile(`${path}.part`, bytes);

Deno.test(
  "download() takes a file that was complete when its process ended, without a request",
  io,
  () =>
    fetched([good], ({ error, bytes, requests, files }) => {
      assert.equal(error, undefined);
      assert.deepEqual(bytes, content);
      assert.deepEqual([requests.length, files], [0, ["file"]]);
    }, { before: partOf(content) }),
);

Deno.test(
  "download() starts again where a cache sends another part than the rest, and hears silence only by its own clock",
  io,
  () => {
    const headers = { "content-range": `bytes 0-${content.length - 1}/${content.length}` };
    const other = () => new Response(content, { status: 206, headers });
    const slowly = () => {
      let sent = 0;
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          if (sent === content.length) return controller.close();
          await new Promise((done) => setTimeout(done, 150));
          controller.enqueue(content.subarray(sent, sent += 10_000));
        },
      });
      return new Response(body, { headers: { "content-length": String(content.length) } });
    };
    return fetched([other, slowly], ({ error, bytes, requests }) => {
      assert.equal(error, undefined);
      assert.deepEqual(bytes, content);
      assert.equal(requests.length, 2);
    }, { before: partOf(content.subarray(0, 9)), silenceMs: 400 });
  },
);
