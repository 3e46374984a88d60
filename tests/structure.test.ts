import assert from "node:assert/strict";
import { allowed } from "./support.ts";

const root = new URL("..", import.meta.url);
const io = { ignore: !allowed("read") };

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
  const statements = text.matchAll(/^(?:import|export)\s+(?!type\b)[^;]*?from\s+"([^"]+)"|import\("([^"]+)"\)/gm);
  return [...statements].map(([, fixed, dynamic]) => fixed ?? dynamic)
    .map((name) =>
      name.startsWith(".") ? new URL(name, new URL(file, root)).pathname.slice(root.pathname.length) : name
    );
}

/** Who may import what: the first pattern that a file matches decides. */
const RULES: [file: RegExp, allowed: RegExp][] = [
  [/^lib\/schedules\//, /^lib\/schedules\//],
  // the pure half: no tf, no files; fast-png and the optimizer-free history are pure too
  [
    /^lib\/figures\/(figure|reduce|source|\w+_figures?)\.ts$/,
    /^lib\/(figures\/(figure|reduce|source|history_figures)|schedules\/.*|training\/history)\.ts$|^fast-png$/,
  ],
  [/^lib\/figures\//, /^lib\/(figures|files|path|schedules)|^(jsdom|@resvg\/resvg-js|node:module|plotly\.js)$/],
  [/^lib\/models\//, /^lib\/(models|schedules|files|path)|^@tensorflow\/tfjs$/],
  [
    /^lib\/data\//,
    /^lib\/(data|schedules|files|path|backend\/directories)|^(@tensorflow\/tfjs|fast-png|nanotar|registry-auth-token(\/registry-url)?)$/,
  ],
  [
    /^lib\/backend\//,
    /^lib\/(backend|schedules|files|path)|^(@tensorflow\/tfjs(-\w+)*|node:(crypto|module|os|util|worker_threads))$/,
  ],
  [/^lib\/training\/tensor_board\.ts$/, /^lib\/(training|schedules|backend\/native_package)|^@tensorflow\/tfjs$/],
  [
    /^lib\/training\//,
    /^lib\/(training|schedules|models|data|figures|files|path|backend\/precision)|^(@tensorflow\/tfjs|node:crypto)$/,
  ],
  [/^lib\/(mod|notebook|display)\.ts$/, /^lib\/(?!cli)|^@tensorflow\/tfjs$/],
  [/^lib\/files\.ts$/, /^lib\/path\.ts$|^node:crypto$/],
  [/^lib\/deno_version\.ts$/, /^$/],
  [/^lib\/path\.ts$/, /^node:path$/],
  [/^lib\/cli\//, /./],
];

Deno.test("modules import only what the layout allows", io, async () => {
  for (const file of await sources(new URL("lib/", root))) {
    const rule = RULES.find(([pattern]) => pattern.test(file));
    assert.ok(rule, `${file} has no rule`);
    for (const name of await importsOf(file)) assert.match(name, rule[1], `${file} imports ${name}`);
  }
});

Deno.test("nothing but the path module comes from JSR, and only the command line prints or exits", io, async () => {
  for (const file of await sources(new URL("lib/", root))) {
    const text = await Deno.readTextFile(new URL(file, root));
    if (file !== "lib/path.ts") assert.doesNotMatch(text, /"(jsr:|@std\/)/, file);
    if (file.startsWith("lib/cli/")) continue;
    assert.doesNotMatch(text, /Deno\.exit\(/, file);
    const printing = text.replaceAll(/^ \*.*$/gm, "").match(/console\.\w+/g) ?? [];
    assert.ok(printing.length === 0 || file === "lib/notebook.ts", `${file}: ${printing}`);
  }
});

Deno.test("files are short enough to be read in one sitting", io, async () => {
  for (const file of await sources(new URL("lib/", root))) {
    const lines = (await Deno.readTextFile(new URL(file, root))).split("\n").length;
    assert.ok(lines <= 460, `${file}: ${lines} lines`);
  }
});
