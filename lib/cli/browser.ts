/**
 * Opens the user's browser.
 * @module
 */

/** The programs that open an address, by operating system. */
export const OPENERS: Readonly<Record<string, string>> = { linux: "xdg-open", darwin: "open", windows: "explorer" };

/** Opens an address if there is a screen and a program that can open it. */
export function openBrowser(url: string): void {
  const { os } = Deno.build;
  const screen = os !== "linux" || Deno.env.get("DISPLAY") || Deno.env.get("WAYLAND_DISPLAY");
  if (!screen || !OPENERS[os]) return;
  try {
    // some openers run as long as the browser does, so do not wait for them
    new Deno.Command(OPENERS[os], { args: [url], stdin: "null", stdout: "null", stderr: "null" }).spawn().unref();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
