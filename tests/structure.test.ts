import assert from "node:assert/strict";
import { createRequire } from "node:module";
import * as core from "../lib/core.ts";
import * as mod from "../lib/mod.ts";
import { join } from "../lib/support/path.ts";
import { allowed, withDirectory } from "./support.ts";

const root = new URL("..", import.meta.url);
const io = { ignore: !allowed("read") };

const TFJS = /^@tensorflow\/tfjs$/;

async function sources(directory: URL): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(directory)) {
    if (entry.isDirectory) found.push(...await sources(new URL(`${entry.name}/`, directory)));
    else if (entry.name.endsWith(".ts")) {
      found.push(new URL(entry.name, directory).pathname.slice(root.pathname.length));
    }
  }
  return found.sort();
}

/** What a module imports, but for types, which are gone when it runs: paths from the root, or bare names. */
async function importsOf(file: string): Promise<string[]> {
  const text = await Deno.readTextFile(new URL(file, root));
  const statements = text.matchAll(
    /^(?:import|export)\s+(?!type\b)(?:[^;]*?from\s+)?"([^"]+)"|import\("([^"]+)"\)/gm,
  );
  return [...statements].map(([, fixed, dynamic]) => fixed ?? dynamic)
    .map((name) =>
      name.startsWith(".") ? new URL(name, new URL(file, root)).pathname.slice(root.pathname.length) : name
    );
}

/**
 * The rooms of lib from the bottom up: a room imports from rooms below it and from these packages, and from nothing else.
 * Faces are for users; the laboratory's page is one.
 */
const ROOMS: readonly { room: string; from: readonly string[]; packages?: RegExp; faces?: readonly string[] }[] = [
  { room: "support", from: [], packages: /^node:(crypto|module|path)$/ },
  { room: "schedules", from: ["support"] },
  { room: "history", from: ["schedules", "support"], packages: TFJS },
  { room: "optimizers", from: ["schedules", "support"], packages: TFJS },
  { room: "models", from: ["support"], packages: TFJS },
  {
    room: "data",
    from: ["support"],
    packages: /^(@tensorflow\/tfjs|fast-png|jpeg-js|nanotar|registry-auth-token(\/registry-url)?)$/,
  },
  { room: "figures", from: ["history", "schedules", "data", "support"], packages: /^fast-png$/ },
  { room: "rendering", from: ["figures", "support"], packages: /^(fast-png|jsdom|@resvg\/resvg-js)$/ },
  {
    room: "backend",
    from: ["support"],
    packages: /^(@tensorflow\/tfjs(-\w+)*|node:(crypto|module|os|util|worker_threads))$/,
  },
  { room: "callbacks", from: ["history", "optimizers", "models", "schedules", "backend", "support"], packages: TFJS },
  { room: "finder", from: ["data", "history", "models", "optimizers", "schedules", "support"], packages: TFJS },
  { room: "evaluation", from: ["data", "history", "schedules", "support"], packages: TFJS },
  {
    room: "notebook",
    from: ["backend", "callbacks", "data", "figures", "rendering", "schedules", "support"],
    packages: TFJS,
  },
  {
    room: "experiments",
    from: [
      ...["backend", "callbacks", "data", "evaluation", "figures", "history", "models", "optimizers", "rendering"],
      ...["schedules", "support"],
    ],
    packages: /^(@tensorflow\/tfjs|node:(crypto|url))$/,
  },
  {
    room: "lab",
    from: [
      ...["backend", "data", "evaluation", "experiments", "figures", "finder", "history", "optimizers", "schedules"],
      ...["support"],
    ],
    packages: /^@tensorflow\/tfjs-backend-(wasm|webgpu)$/,
    faces: ["lib/core.ts"],
  },
  { room: "cli", from: ["*"], packages: /./ },
];

/** The room of a file of lib; its faces, core.ts and mod.ts, stand outside. */
const roomOf = (file: string) => file.match(/^lib\/(\w+)\//)?.[1];

Deno.test("arrows between rooms run one way, and packages stay where they are used", io, async () => {
  for (const file of await sources(new URL("lib/", root))) {
    const room = roomOf(file);
    if (!room) continue;
    const index = ROOMS.findIndex((one) => one.room === room);
    assert.ok(index >= 0, `${file}: the room ${room} has no rule`);
    const { from, packages, faces = [] } = ROOMS[index];
    for (const name of await importsOf(file)) {
      if (!name.startsWith("lib/")) assert.match(name, packages ?? /^$/, `${file} imports ${name}`);
      else if (!faces.includes(name)) {
        const other = roomOf(name);
        assert.ok(other, `${file} imports ${name}: faces are for users`);
        assert.ok(other === room || from.includes(other) || from[0] === "*", `${file} imports ${name}`);
      }
    }
  }
  for (const [index, { room, from }] of ROOMS.entries()) {
    const below = ROOMS.slice(0, index).map(({ room }) => room);
    for (const other of from) assert.ok(other === "*" || below.includes(other), `${room} is below ${other}`);
  }
});

Deno.test("schedules are pure", io, async () => {
  for (const file of await sources(new URL("lib/schedules/", root))) {
    for (const name of await importsOf(file)) assert.match(name, /^lib\/(schedules\/|support\/check\.ts)/, file);
  }
});

Deno.test("nothing but the path module comes from JSR, and only the command line prints or exits", io, async () => {
  for (const file of await sources(new URL("lib/", root))) {
    const text = await Deno.readTextFile(new URL(file, root));
    if (file !== "lib/support/path.ts") assert.doesNotMatch(text, /"(jsr:|@std\/)/, file);
    if (file.startsWith("lib/cli/")) continue;
    assert.doesNotMatch(text, /Deno\.exit\(/, file);
    const printing = text.replaceAll(/^ \*.*$/gm, "").match(/console\.\w+/g) ?? [];
    assert.ok(printing.length === 0 || file === "lib/notebook/start.ts", `${file}: ${printing}`);
  }
});

Deno.test("files are short enough to be read in one sitting", io, async () => {
  for (const file of await sources(new URL("lib/", root))) {
    const lines = (await Deno.readTextFile(new URL(file, root))).split("\n").length;
    assert.ok(lines <= 251, `${file}: ${lines} lines`);
  }
});

/** A module and all that it reaches, by static and dynamic imports: files of lib, and names of packages. */
async function closure(face: string, reached = new Set<string>()): Promise<Set<string>> {
  reached.add(face);
  for (const name of await importsOf(face)) {
    if (reached.has(name)) continue;
    if (name.startsWith("lib/")) await closure(name, reached);
    else reached.add(name);
  }
  return reached;
}

const withoutComments = (text: string) => text.replaceAll(/\/\*[^]*?\*\/|(?<=^|\s)\/\/.*$/gm, "");

Deno.test("nothing that core.ts reaches imports from Node or names Deno", io, async () => {
  const reached = [...await closure("lib/core.ts")];
  assert.deepEqual(reached.filter((name) => !name.startsWith("lib/")).sort(), ["@tensorflow/tfjs", "fast-png"]);
  const files = reached.filter((name) => name.startsWith("lib/"));
  assert.ok(files.includes("lib/callbacks/cycle_counter.ts"), "the walk comes far");
  for (const file of files) {
    assert.doesNotMatch(withoutComments(await Deno.readTextFile(new URL(file, root))), /\bDeno\b|["']node:/, file);
  }
});

Deno.test("nothing that core.ts reaches awaits at its top level", io, () => {
  const require = createRequire(import.meta.url); // refuses what does
  assert.equal(typeof require("../lib/core.ts").CyclicLR, "function");
  assert.throws(() => require("../lib/support/path.ts"), { code: "ERR_REQUIRE_ASYNC_MODULE" });
});

Deno.test("mod.ts has all that core.ts has; its stopOnInterrupt() hears SIGINT besides, its snapshots() write to a directory", () => {
  const others = Object.keys(core).filter((name) => core[name as keyof typeof core] !== mod[name as keyof typeof mod]);
  assert.deepEqual(others.sort(), ["snapshots", "stopOnInterrupt"]);
  assert.ok(mod.stopOnInterrupt() instanceof core.tf.CustomCallback);
});

/** What a module asks permission for while it is imported, and what is printed meanwhile. */
async function onImport(file: string): Promise<{ asked: string[]; printed: string }> {
  let asked: string[] = [];
  let printed = "";
  await withDirectory(async (directory) => {
    const log = `${directory}/permissions.jsonl`;
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-prompt", new URL(file, root).href],
      env: { DENO_AUDIT_PERMISSIONS: log, NO_COLOR: "1" },
    }).output();
    printed = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
    const lines = (await Deno.readTextFile(log).catch(() => "")).trim().split("\n").filter(Boolean);
    asked = lines.map((line) => JSON.parse(line))
      .filter(({ permission }) => permission !== "import") // Deno looks for the path module at JSR
      .map(({ permission, value }) => `${permission} ${value}`);
  });
  return { asked, printed };
}

Deno.test("importing the library reads and writes nothing, and prints nothing", {
  ignore: !allowed("read", "write", "run", "env"),
}, async () => {
  for (const face of ["lib/core.ts", "lib/mod.ts"]) {
    assert.deepEqual(await onImport(face), { asked: [], printed: "" }, face);
  }
  const { asked } = await onImport("tests/fixtures/reads.ts");
  assert.deepEqual(asked, [`read ${join(import.meta.dirname!, "../deno.json")}`]);
});
