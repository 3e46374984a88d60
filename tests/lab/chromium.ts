/**
 * A headless Chromium, driven by its DevTools protocol.
 * @module
 */
import assert from "node:assert/strict";

/** How long a wait lasts: machines that are busy with other work are slow. */
const PATIENCE_MS = 8 * 60_000;

/** A message of the protocol, as far as it is used. */
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** A browser with a profile of its own. */
export class Chromium implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (message: Message) => void>();
  readonly #listeners = new Set<(message: Message) => void>();
  #last = 0;

  private constructor(process: Deno.ChildProcess, socket: WebSocket) {
    this.#process = process;
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data) as Message;
      if (message.id === undefined) { for (const listener of this.#listeners) listener(message); }
      else this.#waiting.get(message.id)?.(message);
    };
  }

  /**
   * Starts it.
   *
   * @param profile An empty directory.
   * @param flags More flags.
   */
  static async launch(profile: string, ...flags: string[]): Promise<Chromium> {
    const process = new Deno.Command(await command(), {
      args: [
        ...["--headless", "--no-sandbox", "--no-first-run", "--remote-debugging-port=0", "--hide-scrollbars"],
        ...[`--user-data-dir=${profile}`, ...flags, "about:blank"],
      ],
      stdout: "null",
      stderr: "null",
    }).spawn();
    const port = await until(async () => {
      const text = await Deno.readTextFile(`${profile}/DevToolsActivePort`).catch(() => "");
      return text.includes("\n") ? text.trim() : undefined;
    }, "Chromium to open its port");
    const [number, path] = port.split("\n");
    const socket = new WebSocket(`ws://127.0.0.1:${number}${path}`);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    return new Chromium(process, socket);
  }

  /** Sends a command, of a page where there is a session. */
  async send(method: string, params: object = {}, sessionId?: string): Promise<Record<string, unknown>> {
    const id = ++this.#last;
    const answer = new Promise<Message>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) }));
    const { result = {}, error } = await answer;
    this.#waiting.delete(id);
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  /** Tells of events. */
  listen(listener: (message: Message) => void): void {
    this.#listeners.add(listener);
  }

  /** Opens a page. */
  async open(url: string): Promise<Page> {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(this, String(targetId), String(sessionId));
    await page.start(url);
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.send("Browser.close").catch(() => {});
    this.#socket.close();
    await this.#process.status;
  }
}

/** A page of the browser. */
export class Page {
  /** What went wrong, in the page and in its workers: exceptions, and errors in the console. */
  readonly errors: string[] = [];
  readonly #browser: Chromium;
  readonly #target: string;
  readonly #session: string;

  constructor(browser: Chromium, target: string, session: string) {
    [this.#browser, this.#target, this.#session] = [browser, target, session];
  }

  /** Enables what is listened to, and goes to the address. */
  async start(url: string): Promise<void> {
    const sessions = new Set([this.#session]);
    this.#browser.listen(({ method, params = {}, sessionId = "" }) => {
      if (!sessions.has(sessionId)) return;
      if (method === "Target.attachedToTarget") {
        const worker = String(params.sessionId);
        sessions.add(worker);
        void this.#browser.send("Runtime.enable", {}, worker).catch(() => {});
      }
      const entry = params.entry as { level: string; text: string } | undefined;
      const type = String(params.type);
      if (method === "Runtime.exceptionThrown") this.errors.push(JSON.stringify(params.exceptionDetails));
      if (method === "Log.entryAdded" && entry!.level === "error") this.errors.push(entry!.text);
      if (method === "Runtime.consoleAPICalled" && type === "error") this.errors.push(JSON.stringify(params.args));
    });
    for (const domain of ["Page", "Runtime", "Log"]) await this.#send(`${domain}.enable`);
    await this.#send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: true });
    await this.goTo(url);
  }

  /** Goes to an address, and waits for its scripts. */
  async goTo(url: string): Promise<void> {
    await this.#send("Page.navigate", { url });
    await this.waitFor(`location.href.startsWith(${JSON.stringify(url)}) && document.readyState === "complete"`);
  }

  /** Width and theme. */
  async emulate(width: number, scheme: "light" | "dark", height = 900): Promise<void> {
    await this.#send("Emulation.setDeviceMetricsOverride", {
      ...{ width, height, deviceScaleFactor: 1, mobile: width < 600 },
    });
    await this.#send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
  }

  /** The value of an expression in the page. */
  async evaluate<T>(expression: string): Promise<T> {
    const answer = await this.#send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
    const { result, exceptionDetails } = answer as { result: { value: T }; exceptionDetails?: unknown };
    assert.equal(exceptionDetails, undefined, `${expression}: ${JSON.stringify(exceptionDetails)}`);
    return result.value;
  }

  /** Waits until an expression holds; returns its value. */
  async waitFor<T = unknown>(expression: string): Promise<T> {
    return await until(async () => await this.evaluate<T>(expression).catch(() => undefined) || undefined, expression);
  }

  /** The text of an element. */
  async text(selector: string): Promise<string> {
    return await this.evaluate(`document.querySelector(${JSON.stringify(selector)}).textContent.trim()`);
  }

  /** Clicks, as a mouse does. */
  async click(selector: string): Promise<void> {
    const { x, y } = await this.evaluate<{ x: number; y: number }>(`(() => {
      const element = document.querySelector(${JSON.stringify(selector)});
      element.scrollIntoView({ block: "center", behavior: "instant" });
      const { x, y, width, height } = element.getBoundingClientRect();
      return { x: x + width / 2, y: y + height / 2 };
    })()`);
    for (const type of ["mousePressed", "mouseReleased"]) {
      await this.#send("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1 });
    }
  }

  /** Presses a key, so often. */
  async press(key: string, times = 1): Promise<void> {
    const codes: Record<string, number> = { Tab: 9, Enter: 13, " ": 32, ArrowRight: 39, ArrowDown: 40, Backspace: 8 };
    const text = key === "Enter" ? "\r" : key.length === 1 ? key : undefined;
    for (let i = 0; i < times; i++) {
      const common = { key, windowsVirtualKeyCode: codes[key] ?? key.toUpperCase().charCodeAt(0) };
      await this.#send("Input.dispatchKeyEvent", { type: "keyDown", ...common, ...(text && { text }) });
      await this.#send("Input.dispatchKeyEvent", { type: "keyUp", ...common });
    }
  }

  /** Puts a value into a field, and tells the page as typing would. */
  async fill(selector: string, value: string): Promise<void> {
    await this.evaluate(`(() => {
      const field = document.querySelector(${JSON.stringify(selector)});
      field.value = ${JSON.stringify(value)};
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new Event("change", { bubbles: true }));
    })()`);
  }

  /** Chooses a file in a field for files. */
  async chooseFile(selector: string, path: string): Promise<void> {
    const { root } = await this.#send("DOM.getDocument") as { root: { nodeId: number } };
    const { nodeId } = await this.#send("DOM.querySelector", { nodeId: root.nodeId, selector });
    await this.#send("DOM.setFileInputFiles", { nodeId, files: [path] });
  }

  /** Where downloads go. */
  async downloadTo(directory: string): Promise<void> {
    await this.#browser.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: directory });
  }

  /** A picture of the whole page, or of one element. */
  async screenshot(path: string, selector?: string): Promise<void> {
    const clip = await this.evaluate<object>(`(() => {
      const whole = document.documentElement;
      const box = ${selector ? `document.querySelector(${JSON.stringify(selector)})` : "whole"}.getBoundingClientRect();
      return { x: box.x + scrollX, y: box.y + scrollY, width: box.width, height: box.height, scale: 1 };
    })()`);
    const { data } = await this.#send("Page.captureScreenshot", { format: "png", captureBeyondViewport: true, clip });
    await Deno.writeFile(path, Uint8Array.fromBase64(String(data)));
  }

  /** Closes it at once, as a tab is closed. */
  async close(): Promise<void> {
    await this.#browser.send("Target.closeTarget", { targetId: this.#target });
  }

  async #send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    return await this.#browser.send(method, params, this.#session);
  }
}

/** The command of a Chromium that is here. */
async function command(): Promise<string> {
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    const version = new Deno.Command(name, { args: ["--version"], stdout: "null", stderr: "null" });
    if (await version.output().then(({ success }) => success, () => false)) return name;
  }
  throw new Deno.errors.NotFound("Cannot test in a browser: install Chromium");
}

/** Waits until there is a value. */
export async function until<T>(look: () => Promise<T | undefined>, what: string): Promise<T> {
  for (const start = performance.now(); performance.now() - start < PATIENCE_MS;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Waited in vain for ${what}`);
}
