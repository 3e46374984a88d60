/**
 * The person's browser.
 * @module
 */

/** The programs that open an address, by system. */
export const OPENERS: Readonly<Record<string, string>> = { linux: "xdg-open", darwin: "open", windows: "explorer" };

/** Opens an address where there is a screen, and a program that opens it. */
export function openBrowser(url: string): void {
  const { os } = Deno.build;
  const screen = os !== "linux" || Deno.env.get("DISPLAY") || Deno.env.get("WAYLAND_DISPLAY");
  if (!screen || !OPENERS[os]) return;
  try {
    // some openers stay as long as the browser does: nobody waits for them
    new Deno.Command(OPENERS[os], { args: [url], stdin: "null", stdout: "null", stderr: "null" }).spawn().unref();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
