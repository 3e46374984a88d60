/**
 * `deno task setup` prepares native TensorFlow and CIFAR-10 for later use, even offline.
 * @module
 */
import { missingNativePart } from "../../backend/native/setup/package.ts";
import { loadCifar10 } from "../../data/cifar10/mod.ts";
import { join } from "../../support/path.ts";
import { run } from "../../support/subprocess.ts";
import { helpText, parseFlags } from "../flags.ts";
import { pythonTools } from "../python.ts";
import { ensureNative } from "../session.ts";
import { hearSignals, showDownload, voice } from "../terminal.ts";

const FLAGS = {
  "native-only": { help: "only native TensorFlow, without the images" },
  "for-tests": {
    help: "also what runs notebooks; names what is not available, and the tests that need it are ignored",
  },
} as const;

const HELP = helpText(
  "deno task setup: set up native TensorFlow, and fetch CIFAR-10 and the laboratory's bundler.\n" +
    "The first time takes a while; after that, seconds.",
  { "What": FLAGS },
  [
    "deno task setup",
  ],
);

/** Runs the command and returns the exit code. */
export async function setup(args: readonly string[]): Promise<number> {
  const flags = parseFlags(FLAGS, args);
  const speak = voice();
  if (flags.help) {
    speak.say(HELP);
    return 0;
  }
  const stop = hearSignals(speak.say);
  await ensureNative("auto", false, speak, stop);
  const missing = missingNativePart();
  speak.say(
    missing ? `Native TensorFlow: ${missing}; WebAssembly will be used instead.` : "Native TensorFlow is ready.",
  );
  if (flags["native-only"]) return 0;
  const images = async () => {
    await loadCifar10({ signal: stop.signal, onProgress: showDownload(speak.sink) });
    speak.say("CIFAR-10 is ready.");
  };
  if (!flags["for-tests"]) {
    await images();
    await fetchBundler().catch((error) => {
      speak.say(`${error.message}\n\`deno task lab\` will need the network the first time; everything else is ready.`);
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

/** Makes `deno bundle` fetch esbuild from npm, which it needs, so that it works offline later. */
async function fetchBundler(): Promise<void> {
  const anything = join(import.meta.dirname!, "../../schedules/mod.ts");
  await run("fetch esbuild for `deno bundle`", Deno.execPath(), ["bundle", "--quiet", anything]);
}
