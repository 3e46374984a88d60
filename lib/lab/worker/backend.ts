/// <reference lib="dom" />
/**
 * Chooses a browser's backend: WebGPU, else WebGL, else WebAssembly.
 * @module
 */
import "@tensorflow/tfjs-backend-webgpu";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { registerWasmKernels } from "../../backend/wasm/kernels.ts";
import { tf } from "../../core.ts";
import type { LabBackend } from "../protocol.ts";

/** The backend that was started. */
export interface StartedBackend {
  /** Its name, as shown to the user. */
  readonly backend: string;
  /** Why this backend was chosen. */
  readonly reason: string;
  /** A description of the machine, for records. */
  readonly hardware: string;
}

/** What a browser says about a backend: the device that it would run on, or why it is not available. */
type Probe = { readonly device: string; readonly software: boolean } | { readonly missing: string };

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|software|basic render/i;

const NAMES = { webgpu: "WebGPU", webgl: "WebGL", wasm: "WebAssembly" } as const;
type Name = keyof typeof NAMES;

const PROBES: Readonly<Record<Name, () => Promise<Probe> | Probe>> = {
  async webgpu() {
    const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" }).catch(() => null);
    if (!adapter) return { missing: "there is no WebGPU adapter" };
    // older browsers have no info
    const { vendor = "", architecture = "", description = "" } = adapter.info ?? {};
    const device = description || [vendor, architecture].filter(Boolean).join(" ") || "a GPU";
    return { device, software: SOFTWARE.test(`${device} ${vendor} ${architecture}`) };
  },
  webgl() {
    const context = new OffscreenCanvas(1, 1).getContext("webgl2");
    if (!context) return { missing: "there is no WebGL 2" };
    const names = context.getExtension("WEBGL_debug_renderer_info");
    const device = String(names ? context.getParameter(names.UNMASKED_RENDERER_WEBGL) : "a GPU");
    context.getExtension("WEBGL_lose_context")?.loseContext(); // a browser allows only a few contexts
    return { device: shortDevice(device), software: SOFTWARE.test(device) };
  },
  wasm() {
    const cores = navigator.hardwareConcurrency;
    return { device: `one of ${cores} logical ${cores === 1 ? "core" : "cores"}`, software: false };
  },
};

/**
 * Starts a backend. auto takes the fastest that runs on real hardware. A backend chosen by name never falls back to
 * another.
 *
 * @throws {Error} If the chosen backend is not available.
 */
export async function startBackend(choice: LabBackend): Promise<StartedBackend> {
  setWasmPaths("/wasm/");
  // a browser allows threads only on isolated pages, so the server does not have the build that uses them
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  const passed: string[] = [];
  for (const name of choice === "auto" ? Object.keys(NAMES) as Name[] : [choice]) {
    const probe = await probed(name);
    const missing = "missing" in probe
      ? probe.missing
      : choice === "auto" && probe.software
      ? `${NAMES[name]} would run in software`
      : await activate(name)
      ? undefined
      : `${NAMES[name]} does not start`;
    if (missing !== undefined) {
      if (choice !== "auto") {
        throw new Error(`Cannot train on ${NAMES[name]}: ${missing} in this browser. Choose another backend.`);
      }
      passed.push(missing);
      continue;
    }
    const { device } = probe as { device: string };
    return {
      backend: NAMES[name],
      reason: choice !== "auto"
        ? "as you chose"
        : passed.length > 0
        ? `as ${passed.join(", and ")}`
        : "the fastest at hand",
      hardware: `${device}, ${NAMES[name]} in ${browserName(navigator.userAgent)}`,
    };
  }
  throw new Error(
    `Cannot train in this browser: ${passed.join(", and ")}. A current Chrome, Edge, Firefox or Safari can.`,
  );
}

/** What the browser says about a backend. A browser that throws lacks it. */
async function probed(name: Name): Promise<Probe> {
  try {
    return await PROBES[name]();
  } catch (error) {
    return { missing: `asking for ${NAMES[name]} failed (${error instanceof Error ? error.message : error})` };
  }
}

async function activate(name: Name): Promise<boolean> {
  if (!await tf.setBackend(name)) return false;
  await tf.ready();
  if (name === "wasm") registerWasmKernels();
  return true;
}

/**
 * The name of a device without what Chromium wraps around it:
 * `ANGLE (NVIDIA, NVIDIA GeForce RTX 3060 (0x2504) Direct3D11 ...)`.
 */
function shortDevice(renderer: string): string {
  const inner = renderer.match(/^ANGLE \([^,]*, (.*)\)$/)?.[1] ?? renderer;
  return inner.replace(/ \(0x[0-9a-f]+\)/gi, "").replace(/( Direct3D|, (OpenGL|Vulkan|D3D|Metal|Version)).*$/, "")
    .trim();
}

function browserName(userAgent: string): string {
  const [, name, version] = userAgent.match(/(Edg|Firefox|Chrome)\/(\d+)/) ?? [];
  if (name) return `${name === "Edg" ? "Edge" : name} ${version}`;
  return `Safari ${userAgent.match(/Version\/([\d.]+)/)?.[1] ?? ""}`.trim();
}
