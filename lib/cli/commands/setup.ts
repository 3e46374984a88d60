/**
 * `deno task setup`: native TensorFlow and CIFAR-10, ready for later, also offline.
 * @module
 */
import { missingNativePart } from "../../backend/native/setup/package.ts";
import { loadCifar10 } from "../../data/cifar10/mod.ts";
import { run } from "../../support/subprocess.ts";
import { helpText, parseFlags } from "../flags.ts";
import { pythonTools } from "../python.ts";
import { ensureNative } from "../session.ts";
import { hearSignals, showDownload, voice } from "../terminal.ts";

const FLAGS = {
  "native-only": { help: "native TensorFlow alone, without the images" },
  "for-tests": {
    help: "also what runs notebooks; what cannot be had is named, and its tests are then ignored",
  },
} as const;

const HELP = helpText(
  "deno task setup: set up native TensorFlow, and fetch CIFAR-10 and what bundles the laboratory.\n" +
    "Done once, seconds afterwards.",
  { "What": FLAGS },
  [
    "deno task setup",
  ],
);

/** Runs the command; returns the exit code. */
export async function setup(args: readonly string[]): Promise<number> {
  const flags = parseFlags(FLAGS, args);
  const speak = voice();
  if (flags.help) {
    speak.say(HELP);
    return 0;
  }
  const stop = hearSignals(speak.say);
  await ensureNative("auto", false, speak);
  const missing = missingNativePart();
  speak.say(missing ? `Native TensorFlow: ${missing}; WebAssembly serves instead.` : "Native TensorFlow is ready.");
  if (flags["native-only"]) return 0;
  const images = async () => {
    await loadCifar10({ signal: stop.signal, onProgress: showDownload(speak.sink) });
    speak.say("CIFAR-10 is ready.");
  };
  if (!flags["for-tests"]) {
    await images();
    await fetchBundler().catch((error) => {
      speak.say(`${error.message}\n\`deno task lab\` will need the network the first time; all else is ready.`);
    });
    return 0;
  }
  for (const need of [images, () => pythonTools("notebooks", speak.say), fetchBundler]) {
    try {
      await need();
    } catch (error) {
      if (!(error instanceof Error) || stop.signal.aborted) throw error;
      speak.say(`IGNORED, and the tests that need it: ${error.message}`);
    }
  }
  return 0;
}

/** Has `deno bundle` fetch what it works with, esbuild from npm, so that it works offline later. */
async function fetchBundler(): Promise<void> {
  const anything = new URL("../../schedules/mod.ts", import.meta.url).pathname;
  await run("fetch esbuild for `deno bundle`", Deno.execPath(), ["bundle", "--quiet", anything]);
}
