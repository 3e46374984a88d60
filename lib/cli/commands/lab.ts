/**
 * `deno task lab` serves a page for exploring schedules, running a range test and racing schedules in the browser.
 * @module
 */
import { type Assets, labAssets } from "../../lab/assets.ts";
import { cifar10Source, type ImageSource } from "../../lab/images.ts";
import { type LabServer, NO_IMAGES, serveLab } from "../../lab/server.ts";
import { cacheDirectory } from "../../support/directories.ts";
import { exists } from "../../support/files.ts";
import { join } from "../../support/path.ts";
import { openBrowser } from "../browser.ts";
import { type Flag, helpText, parseFlags, UsageError } from "../flags.ts";
import { voice } from "../terminal.ts";

const FLAGS = {
  port: { takes: "number", help: "the port to serve on (0: any free port)" },
  "no-open": { help: "only print the address, without opening a browser" },
  data: { takes: "text", help: "a directory with CIFAR-10's six .bin files (the cache)" },
} as const satisfies Record<string, Flag>;

const HELP = helpText(
  "deno task lab: a laboratory in the browser, served only to this machine. Explore schedules, find the bounds with a\n" +
    "range test, and race schedules, all on your own GPU. Ctrl-C ends it.",
  { "The server": FLAGS },
  ["deno task lab", "deno task lab --port 8080 --no-open"],
);

/** Runs the command until Ctrl-C and returns the exit code. */
export async function lab(args: readonly string[]): Promise<number> {
  const flags = parseFlags(FLAGS, args);
  const { say } = voice();
  if (flags.help) {
    say(HELP);
    return 0;
  }
  const { port = 0, data = join(cacheDirectory(), "cifar-10") } = flags;
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new UsageError(`Cannot read --port: it takes a whole number from 0 to 65535, got ${port}`);
  }
  if (flags.data !== undefined && !await exists(data)) {
    throw new UsageError(`Cannot read --data: it takes an existing directory, got "${data}"`);
  }
  const images = cifar10Source(data);
  const server = serve(port, await labAssets(), images);
  const ended = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", ...(Deno.build.os === "windows" ? [] : ["SIGTERM"])] as Deno.Signal[]) {
      Deno.addSignalListener(signal, resolve);
    }
  });
  say(`The laboratory is at ${server.url} (Ctrl-C ends it)`);
  if (!await images.present()) say(`${NO_IMAGES} Until then, the page offers made-up images.`);
  if (!flags["no-open"]) openBrowser(server.url);
  await Deno.permissions.revoke({ name: "run" }); // from here on, no process is started
  await ended;
  await server.close();
  say("\nThe laboratory has closed.");
  return 0;
}

function serve(port: number, assets: Assets, images: ImageSource): LabServer {
  try {
    return serveLab(port, assets, images);
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) {
      throw new Error(
        `Cannot serve on port ${port}: another program uses it, perhaps a laboratory that is still running; choose another ` +
          "port, or leave --port out to get a free one",
        { cause: error },
      );
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new Error(`Cannot serve on port ${port}: the system reserves it; choose one from 1024 up`, {
        cause: error,
      });
    }
    throw error;
  }
}
