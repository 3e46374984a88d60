/**
 * What a thread of tfjs's WebAssembly backend runs: the script that the package brings for a browser's worker, fed with
 * the messages of a worker of Node's kind.
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
// with no `process` it takes itself to be in a browser; its text went through a template, hence the line ends
new Function("process", wasmWorkerContents.replaceAll("\n", "\\n"))();
const receive = script.onmessage!;
script.onmessage = null;
parentPort!.on("message", (data: unknown) => receive({ data }));
