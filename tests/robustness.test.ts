import assert from "node:assert/strict";
import { selectBackend } from "../lib/mod.ts";
import { cacheDirectory } from "../lib/support/directories.ts";
import { permissionFlags, tooOld } from "../lib/cli/launch.ts";
import { deno } from "../lib/cli/commands/doctor.ts";
import { wrongFiles } from "../lib/data/cifar10/files.ts";
import { withLock, writeWhole } from "../lib/support/files.ts";
import { missingNativePart } from "../lib/backend/native/setup/package.ts";
import { allowed, withDirectory } from "./support.ts";
import { tinyRun } from "./support_run.ts";

const files = { ignore: !allowed("read", "write") };
const may = allowed("read", "write", "env", "run", "sys");
const trains = may && !missingNativePart() && (await wrongFiles(`${cacheDirectory()}/cifar-10`)).length === 0;

/** An error as Deno gives it, with the system's code. */
const systemError = (code: string, message: string) => Object.assign(new Error(message), { code });

/** Replaces one of Deno's functions for the time of `work`. */
async function failing(name: "writeFile" | "rename", error: () => Error, work: () => Promise<void>): Promise<void> {
  const stock = Deno[name];
  Object.assign(Deno, {
    [name]: async (path: string, bytes: Uint8Array) => {
      if (name === "writeFile") await stock(path, bytes.subarray(0, bytes.length >> 1) as never); // half of it arrives
      throw error();
    },
  });
  try {
    await work();
  } finally {
    Object.assign(Deno, { [name]: stock });
  }
}

for (
  const [what, name, error, words] of [
    [
      "a full disk",
      "writeFile",
      () => systemError("ENOSPC", "No space left on device (os error 28)"),
      /free some disk space/,
    ],
    [
      "a place that is read-only",
      "rename",
      () => systemError("EACCES", "Permission denied (os error 13)"),
      /may write to/,
    ],
    ["a quota", "writeFile", () => systemError("EDQUOT", "Disk quota exceeded (os error 122)"), /disk space/],
  ] as const
) {
  Deno.test(`writeWhole() on ${what} says so, keeps the old file and leaves no part behind`, files, async () => {
    await withDirectory(async (directory) => {
      const path = `${directory}/history.json`;
      await writeWhole(path, new Uint8Array([1, 2, 3]));
      await failing(name, error, async () => {
        await assert.rejects(() => writeWhole(path, new Uint8Array(100)), (raised: Error) => {
          assert.match(raised.message, /^Cannot write .*history\.json: /);
          assert.match(raised.message, words);
          return true;
        });
      });
      assert.deepEqual([...await Deno.readFile(path)], [1, 2, 3]);
      assert.deepEqual((await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name), ["history.json"]);
    });
  });
}

Deno.test("a run on a disk that fills up stops with one sentence and keeps its last good checkpoint", {
  ignore: !may || Deno.build.os !== "linux",
}, async () => {
  await selectBackend("cpu");
  await withDirectory(async (directory) => {
    const mount = await new Deno.Command("mount", { args: ["-t", "tmpfs", "-o", "size=96k", "tmpfs", directory] })
      .output()
      .catch(() => undefined);
    if (!mount?.success) return console.warn("IGNORED: mounting a small disk is not permitted here");
    try {
      const checkpoints = { directory: `${directory}/checkpoints`, everyMs: 0, run: "full" };
      await assert.rejects(
        () => tinyRun(40, { checkpoints }),
        /Cannot write .*checkpoint-\d+\.bin: free some disk space, got No space/,
      );
      const names = (await Array.fromAsync(Deno.readDir(checkpoints.directory))).map(({ name }) => name);
      assert.ok(names.length >= 1 && names.every((name) => /^checkpoint-\d{9}\.bin$/.test(name)), names.join());
      const room = { signal: AbortSignal.abort() };
      const resumed = await tinyRun(40, { checkpoints: { ...checkpoints, everyMs: 1e9 }, resume: true, ...room })
        .catch((error) => error as Error);
      assert.ok(
        resumed instanceof Error ? /free some disk space/.test(resumed.message) : resumed.scheduler.iteration > 1,
      );
    } finally {
      await new Deno.Command("umount", { args: [directory] }).output();
    }
  });
});

Deno.test("an output directory that vanishes is made again; nothing is lost but what was in it", files, async () => {
  await selectBackend("cpu");
  await withDirectory(async (directory) => {
    const checkpoints = { directory: `${directory}/run/checkpoints`, everyMs: 1e9, run: "gone" };
    const { status } = await tinyRun(3, {
      checkpoints,
      callbacks: [{
        onEpochBegin: async (epoch: number) => {
          if (epoch === 2) await Deno.remove(`${directory}/run`, { recursive: true });
        },
      }],
    });
    assert.equal(status, "finished");
    assert.equal((await Array.fromAsync(Deno.readDir(checkpoints.directory))).length, 1);
  });
});

Deno.test("weights that are no numbers end a run, and no checkpoint of them is written", files, async () => {
  await selectBackend("cpu");
  let poison = false;
  await withDirectory(async (directory) => {
    const { status, scheduler } = await tinyRun(4, {
      checkpoints: { directory, everyMs: 1e9, run: "nan" },
      callbacks: [{
        onEpochBegin: (epoch: number) => {
          if (epoch === 2) poison = true;
        },
      }],
      schedule: () => ({ learningRate: poison ? 1e38 : 1e-6 }),
    });
    assert.equal(status, "diverged");
    assert.ok(scheduler.iteration > 100 && scheduler.iteration <= 150, `${scheduler.iteration}`);
    const names = (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name).sort();
    assert.deepEqual(names, ["checkpoint-000000050.bin", "checkpoint-000000100.bin"]);
  });
});
Deno.test("two processes that want one lock work one after the other", { ignore: !may }, async () => {
  await withDirectory(async (directory) => {
    const script = `
      import { withLock } from ${JSON.stringify(new URL("../lib/support/files.ts", import.meta.url).href)};
      const [directory] = Deno.args;
      await withLock(directory + "/lock", () => {}, async () => {
        await Deno.writeTextFile(directory + "/log", "in ", { append: true });
        await new Promise((done) => setTimeout(done, 400));
        await Deno.writeTextFile(directory + "/log", "out ", { append: true });
      });`;
    await Deno.writeTextFile(`${directory}/work.ts`, script);
    const config = `${import.meta.dirname}/../deno.json`;
    const one = () =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "--no-check", "--config", config, "--allow-all", `${directory}/work.ts`, directory],
      }).output();
    const results = await Promise.all([one(), one(), one()]);
    for (const { success, stderr } of results) assert.ok(success, new TextDecoder().decode(stderr));
    assert.equal(await Deno.readTextFile(`${directory}/log`), "in out in out in out ");
    await withLock(`${directory}/lock`, () => {}, () => Promise.resolve());
  });
});

const hasCompiler = may && await new Deno.Command("g++", { args: ["--version"], stdout: "null" }).output()
  .then(({ success }) => success, () => false);

/** What a program with a task's permissions may do. */
const PROBE = `
  const may = (descriptor) => Deno.permissions.querySync(descriptor).state === "granted";
  console.log(JSON.stringify({
    everywhere: may({ name: "write" }), root: may({ name: "write", path: "/etc/hosts" }),
    home: may({ name: "write", path: Deno.env.get("HOME") + "/.bashrc" }), sources: may({ name: "write", path: "lib/mod.ts" }),
    output: may({ name: "write", path: "output/x" }), cache: may({ name: "write", path: Deno.args[0] + "/x" }),
    anyHost: may({ name: "net" }), other: may({ name: "net", host: "example.com" }),
    data: may({ name: "net", host: "www.cs.toronto.edu" }),
    anyProgram: may({ name: "run" }), shell: may({ name: "run", command: "sh" }), compiler: may({ name: "run", command: "g++" }),
    native: may({ name: "ffi" }),
  }));`;

Deno.test(
  "each task, with the flags that it gets, may do what it needs and nothing else",
  { ignore: !may },
  async () => {
    const tasks: [string[], { writes: boolean; sets: boolean }][] = [
      [["train"], { writes: true, sets: true }],
      [["train", "--offline"], { writes: true, sets: false }],
      [["find-lr"], { writes: true, sets: true }],
      [["compare"], { writes: true, sets: true }],
      [["bench"], { writes: false, sets: true }],
      [["profile"], { writes: false, sets: true }],
      [["setup"], { writes: false, sets: true }],
      [["doctor"], { writes: false, sets: true }],
    ];
    await withDirectory(async (directory) => {
      await Deno.writeTextFile(`${directory}/probe.ts`, PROBE);
      for (const [[command, ...args], { writes, sets }] of tasks) {
        const flags = await permissionFlags(command, args);
        const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
          args: ["run", "--no-check", "--no-config", ...flags, `${directory}/probe.ts`, cacheDirectory()],
          cwd: new URL("..", import.meta.url),
        }).output();
        const may = JSON.parse(new TextDecoder().decode(stdout) || `"${new TextDecoder().decode(stderr)}"`);
        assert.deepEqual(may, {
          ...{ everywhere: false, root: false, home: false, sources: false, output: writes, cache: true },
          ...{
            anyHost: false,
            other: false,
            data: sets,
            anyProgram: false,
            shell: false,
            // Deno does not grant a program that is not there
            compiler: sets && hasCompiler,
            native: true,
          },
        }, [command, ...args].join(" "));
      }
    });
  },
);

for (const command of ["find-lr", "compare", "train"]) {
  Deno.test(`Ctrl-C in ${command} ends it within the batch: what is done is kept, exit code 130`, {
    ignore: !trains || Deno.build.os === "windows",
  }, async () => {
    await withDirectory(async (directory) => {
      const child = new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "--quiet", "--no-prompt", "--allow-read", "--allow-env", "--allow-sys", "--allow-run"],
          `${import.meta.dirname}/../lib/cli/launch.ts`,
          ...[command, "--offline", "--output", `${directory}/run`, "--train-size", "2000", "--batch-size", "8"],
          // so long that no machine is done before the signal comes
          ...command === "find-lr" ? ["--iterations", "4000"] : ["--epochs", "50"],
        ],
        cwd: new URL("..", import.meta.url),
        env: { NO_COLOR: "1" },
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      let text = "";
      const decoder = new TextDecoder();
      for await (const part of child.stdout) {
        const before = text;
        text += decoder.decode(part);
        const begun = /^(Epoch 1|Range test)/m;
        if (begun.test(text) && !begun.test(before)) setTimeout(() => child.kill("SIGINT"), 3000);
      }
      const { code } = await child.status;
      await child.stderr.cancel();
      assert.equal(code, 130, text);
      assert.match(text, /Stopping after this batch/);
      assert.doesNotMatch(text, /^\s+at /m);
    });
  });
}

Deno.test("after a fit that failed, Ctrl-C ends the process again", {
  ignore: !may || Deno.build.os === "windows",
}, async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--allow-all", `${import.meta.dirname}/fixtures/failed_fit.ts`],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const press = () => {
    try {
      child.kill("SIGINT");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended
    }
  };
  let text = "";
  for await (const part of child.stdout) {
    text += new TextDecoder().decode(part);
    if (text.includes("waiting")) press();
  }
  assert.match(text, /^failed: on purpose/);
  assert.equal((await child.status).signal, "SIGINT");
});

Deno.test("too old a Deno is refused in words, by the command line and by the doctor", () => {
  assert.equal(tooOld("2.9.1"), undefined);
  assert.match(tooOld("2.8.3")!, /^Cannot start: it needs Deno 2\.9\.1 or newer .*, got 2\.8\.3$/);
  assert.equal(deno("2.8.3").state, "bad");
  assert.match(deno("2.8.3").text, /deno upgrade/);
});

Deno.test("a download goes through the proxy of the environment", {
  ignore: !may || !allowed("net"),
}, async () => {
  const asked: string[] = [];
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    asked.push(request.url);
    return new Response("abc");
  });
  await withDirectory(async (directory) => {
    await Deno.writeTextFile(
      `${directory}/get.ts`,
      `import { download } from ${JSON.stringify(new URL("../lib/data/cifar10/download.ts", import.meta.url).href)};
       const hash = { algorithm: "md5", hex: "900150983cd24fb0d6963f7d28e17f72" };
       await download("http://images.invalid/x.bin", Deno.args[0] + "/x.bin", { name: "x", hash });`,
    );
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-check", "--config", `${import.meta.dirname}/../deno.json`],
        ...["--allow-read", "--allow-env", `--allow-write=${directory}`, "--allow-net=images.invalid"],
        `${directory}/get.ts`,
        directory,
      ],
      env: { HTTP_PROXY: `http://127.0.0.1:${server.addr.port}`, NO_COLOR: "1" },
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    assert.equal(await Deno.readTextFile(`${directory}/x.bin`), "abc");
    assert.deepEqual(asked.map((url) => new URL(url).pathname), ["/x.bin"]);
  });
});

Deno.test("a signal ends the wait for a lock", { ignore: !may }, async () => {
  await withDirectory(async (directory) => {
    const controller = new AbortController();
    let waited = false;
    await withLock(`${directory}/lock`, () => {}, async () => {
      const second = withLock(`${directory}/lock`, () => waited = true, () => Promise.resolve(), controller.signal);
      setTimeout(() => controller.abort(new Error("enough")), 200);
      await assert.rejects(second, /enough/);
    });
    assert.ok(waited);
    assert.equal(await withLock(`${directory}/lock`, () => {}, () => Promise.resolve(7)), 7);
  });
});
