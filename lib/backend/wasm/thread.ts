/**
 * The script of one thread of tfjs's WebAssembly backend. It runs the script that the package includes for browser
 * workers, and passes it the messages that arrive here in Node's worker format.
 * @module
 */
import { createRequire } from "node:module";
import { parentPort } from "node:worker_threads";

const require = createRequire(import.meta.url);
const FILES = "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd";
const { wasmWorkerContents } = require(`${FILES}.worker.js`) as { wasmWorkerContents: string };

/** The globals that the script uses or sets. */
const script = globalThis as unknown as {
  self: unknown;
  postMessage(message: unknown): void;
  importScripts(): void;
  onmessage: ((event: { data: unknown }) => void) | null;
  WasmBackendModuleThreadedSimd: unknown;
};
script.self = globalThis;
script.postMessage = (message) => parentPort!.postMessage(message);
script.importScripts = () => void (script.WasmBackendModuleThreadedSimd = require(`${FILES}.js`));
// Without `process` the script believes that it is in a browser. It was stored as a template string, so its line breaks
// must be escaped again.
new Function("process", wasmWorkerContents.replaceAll("\n", "\\n"))();
const receive = script.onmessage!;
script.onmessage = null;
parentPort!.on("message", (data: unknown) => receive({ data }));
