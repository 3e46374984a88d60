import assert from "node:assert/strict";
import { withDirectory } from "../support.ts";
import {
  assertFindings,
  bundle,
  bundlerMissing,
  ignored,
  mayRun,
  nodeMissing,
  output,
  printed,
  root,
} from "./tools.ts";

Deno.test("the package could be published: no slow types, nothing missing, no tests", { ignore: !mayRun }, async () => {
  const { success, stdout, stderr } = await output(Deno.execPath(), ["publish", "--dry-run", "--allow-dirty"]);
  assert.ok(success, stdout + stderr);
  const files = [...(stdout + stderr).matchAll(/^\s*file:\/\/(\S+) \(/gm)].map(([, path]) => path.slice(root.length));
  const [compiled, run] = ["lib/backend/native/cpp/operations.cc", "lib/cli/python/execute_notebook.py"];
  for (const file of ["LICENSE", "README.md", "lib/core.ts", "lib/mod.ts", compiled, run]) {
    assert.ok(files.includes(file), `${file} is not among ${files}`);
  }
  assert.deepEqual(files.filter((file) => !/^(lib\/|LICENSE$|README\.md$|deno\.json$)/.test(file)), []);
});

/** Why no npm package can be installed here, or nothing. */
async function npmMissing(): Promise<string | undefined> {
  if (!(await output("npm", ["--version"])).success) return "there is no npm";
  let answers = false;
  await withDirectory(async (directory) => {
    // with a cache of its own, or npm would answer out of the user's
    const args = ["view", "fast-png@8.0.0", "version", "--fetch-retries=0", `--cache=${directory}`];
    answers = (await output("npm", args)).success;
  });
  return answers ? undefined : "npm's registry does not answer";
}

const what = "the package for npm";
const reason = mayRun ? await nodeMissing() ?? await bundlerMissing() ?? await npmMissing() : "it needs permissions";

Deno.test(
  `${what} installs in an empty project, and its core trains there`,
  { ignore: ignored(what, reason) },
  async () => {
    await withDirectory(async (directory) => {
      await printed(Deno.execPath(), ["pack", "--quiet", "--allow-dirty", "--output", `${directory}/package.tgz`]);
      await Deno.writeTextFile(`${directory}/package.json`, JSON.stringify({ private: true, type: "module" }));
      const install = ["install", "--ignore-scripts", "--prefer-offline", "--no-audit", "./package.tgz"];
      await printed("npm", install, directory);
      await bundle("program.ts", `${directory}/program.js`);
      const main = `
      import * as core from "@cyclical/learning-rates";
      import { cyclical } from "@cyclical/learning-rates/schedules";
      import { lossFigure } from "@cyclical/learning-rates/figures";
      import { program } from "./program.js";

      if (core.cyclical !== cyclical || core.lossFigure !== lossFigure) throw new Error("another copy");
      await core.tf.setBackend("cpu");
      console.log(JSON.stringify(await program(core)));`;
      await Deno.writeTextFile(`${directory}/main.js`, main);
      assertFindings(JSON.parse(await printed("node", ["main.js"], directory)));
    });
  },
);
