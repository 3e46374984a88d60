import { withDirectory } from "../support.ts";
import { assertFindings, bundle, bundlerMissing, ignored, mayRun, nodeMissing, printed } from "./tools.ts";

const what = "the core, bundled, in Node";
const reason = mayRun ? await nodeMissing() ?? await bundlerMissing() : "it needs permissions";

Deno.test(
  `${what} trains under CyclicLR, finds bounds and makes figures`,
  { ignore: ignored(what, reason) },
  async () => {
    await withDirectory(async (directory) => {
      await bundle("main_node.ts", `${directory}/main.mjs`);
      assertFindings(JSON.parse(await printed("node", [`${directory}/main.mjs`])));
    });
  },
);
