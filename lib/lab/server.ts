/**
 * The laboratory's server. It serves its own files and the image bytes, only to a browser on this machine.
 * @module
 */
import type { Assets } from "./assets.ts";
import type { ImageSource } from "./images.ts";

/** The content security policy: the page may load only from this server, and may have no inline scripts. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'", // tfjs compiles its WebAssembly
  "style-src 'self' 'unsafe-inline'", // plotly.js writes a style element, and styles into what it draws
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS = {
  "content-security-policy": POLICY,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

/** The message for the page if there are no images. */
export const NO_IMAGES = "The laboratory has no CIFAR-10 yet. Run `deno task setup` once with a network, and use " +
  "`deno task lab` without --data; or use `deno task lab --data DIR`, where DIR has the six .bin files.";

/**
 * Whether a request is meant for this server. A foreign page whose name resolves to 127.0.0.1 would send its own name.
 *
 * @param host The request's `Host` header.
 * @param port The server's port.
 */
export function isOwnHost(host: string | null, port: number): boolean {
  return host === `127.0.0.1:${port}` || host === `localhost:${port}` ||
    (port === 80 && (host === "127.0.0.1" || host === "localhost"));
}

/**
 * Answers a request: files by their path; at `/images`, whether there are images; at `/images/SEED`, their bytes.
 *
 * @param request The request.
 * @param own `port`, the server's port; `assets`, its files; `images`, the source of the images.
 */
export async function answer(
  request: Request,
  own: { port: number; assets: Assets; images: ImageSource },
): Promise<Response> {
  const respond = (body: BodyInit | null, status: number, type = "text/plain; charset=utf-8") =>
    new Response(request.method === "HEAD" ? null : body, { status, headers: { ...HEADERS, "content-type": type } });
  if (!isOwnHost(request.headers.get("host"), own.port)) {
    return respond("This server answers to 127.0.0.1 and localhost alone.", 403);
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    const refused = respond("This server is read only.", 405);
    refused.headers.set("allow", "GET, HEAD");
    return refused;
  }
  const { pathname } = new URL(request.url);
  if (Object.hasOwn(own.assets, pathname)) {
    const { body, type } = own.assets[pathname];
    return respond(body, 200, type);
  }
  if (pathname === "/images") {
    const present = await own.images.present();
    return respond(JSON.stringify({ present, message: present ? "" : NO_IMAGES }), 200, "application/json");
  }
  const seed = pathname.match(/^\/images\/(-?\d{1,16})$/)?.[1];
  if (seed === undefined) return respond("There is nothing here.", 404);
  try {
    return respond(await own.images.bytes(Number(seed)), 200, "application/octet-stream");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return respond(NO_IMAGES, 404);
    if (error instanceof Deno.errors.InvalidData) return respond(error.message, 404);
    throw error;
  }
}

/** A running server. */
export interface LabServer {
  /** The page's address. */
  readonly url: string;
  /** Stops the server. */
  readonly close: () => Promise<void>;
}

/**
 * Serves the laboratory on 127.0.0.1.
 *
 * @param port The port; 0 chooses a free one.
 * @param assets The files.
 * @param images Where the images come from.
 * @throws {Deno.errors.AddrInUse} If the port is taken.
 */
export function serveLab(port: number, assets: Assets, images: ImageSource): LabServer {
  const aborting = new AbortController();
  const server = Deno.serve({
    ...{ hostname: "127.0.0.1", port, signal: aborting.signal, onListen() {} },
    onError: (error) => {
      const message = error instanceof Error ? error.message : String(error);
      return new Response(`The server failed: ${message}.`, { status: 500, headers: HEADERS });
    },
    handler: (request): Promise<Response> => answer(request, { port: server.addr.port, assets, images }),
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    // stops at once, because a browser keeps connections open that would delay a graceful end
    close: async () => {
      aborting.abort();
      await server.finished;
    },
  };
}
