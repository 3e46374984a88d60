/**
 * Downloads files over unreliable networks, with time-outs, retries with back-off, resuming, and a hash to check the
 * result.
 * @module
 */
import { dirname } from "../../support/path.ts";
import { fileError, fileHash, hasHash, pause } from "../../support/files.ts";

/** How far a download has come. */
export interface DownloadProgress {
  /** What is being fetched, in words. */
  readonly name: string;
  /** Bytes so far. */
  readonly received: number;
  /** The total number of bytes, if known. */
  readonly total?: number;
}

/** Options of {@linkcode download}. */
export interface DownloadOptions {
  /** What is being fetched, for messages. */
  name: string;
  /** The hash that the complete file must have. */
  hash: { algorithm: "md5" | "sha256" | "sha512"; hex: string };
  /** Headers to send, such as a registry's token. */
  headers?: Record<string, string>;
  /** A signal to stop the download. */
  signal?: AbortSignal;
  /** Called for each piece. */
  onProgress?: (progress: DownloadProgress) => void;
  /** How long to wait for the next bytes, in milliseconds. Default 30,000. */
  silenceMs?: number;
  /** How often to try again after a broken connection. Default 2. */
  retries?: number;
  /** The pause before the first retry, in milliseconds; it doubles each time. Default 1000. */
  pauseMs?: number;
}

/** An answer of the server that a retry would not change. */
class FinalAnswer extends Deno.errors.Http {}

/**
 * Fetches a file to `path`, and resumes from `path.part` if the server supports it. The file appears only if its hash
 * is right.
 *
 * @param url The address of the file.
 * @param path Where to put the file.
 * @param options See {@linkcode DownloadOptions}.
 * @throws {Deno.errors.Http} If the server refuses, or sends a web page instead of the file.
 * @throws {Deno.errors.InvalidData} If the bytes have another hash.
 * @throws {Error} If the network keeps failing; the message includes the last failure.
 */
export async function download(url: string, path: string, options: DownloadOptions): Promise<void> {
  const { retries = 2, pauseMs = 1000, signal, name, hash } = options;
  const part = `${path}.part`;
  // complete, but the process ended before it was renamed, or used
  for (const there of [path, part]) {
    if (await hasHash(there, hash.algorithm, hash.hex)) return await Deno.rename(there, path);
  }
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
  } catch (error) {
    throw fileError("write", path, error);
  }
  for (let attempt = 0;; attempt++) {
    try {
      await receive(url, part, options);
      break;
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof FinalAnswer || !isNetwork(error)) throw error;
      if (attempt >= retries) {
        const { host } = new URL(url);
        throw new Error(`Cannot fetch ${name}: ${host} must answer, got ${reason(error)}`, { cause: error });
      }
      await pause(pauseMs * 2 ** attempt, signal);
    }
  }
  const got = await fileHash(part, hash.algorithm);
  if (got !== hash.hex) {
    await Deno.remove(part);
    const { host } = new URL(url);
    throw new Deno.errors.InvalidData(
      `Cannot use ${name} from ${host}: its ${hash.algorithm} must be ${hash.hex}, got ${got}`,
    );
  }
  await Deno.rename(part, path);
}

/** The message of the innermost cause, because fetch itself says only that it failed. */
function reason(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? reason(cause) : message;
}

function isNetwork(error: unknown): boolean {
  return error instanceof TypeError || error instanceof DOMException || error instanceof Deno.errors.Http ||
    error instanceof Deno.errors.TimedOut || error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.UnexpectedEof || error instanceof Deno.errors.ConnectionRefused;
}

async function receive(url: string, part: string, options: DownloadOptions): Promise<void> {
  const { name, headers = {}, signal, onProgress, silenceMs = 30_000 } = options;
  const have = await Deno.stat(part).then(({ size }) => size, () => 0);
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), silenceMs);
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), silenceMs);
  };
  try {
    const response = await fetch(url, {
      headers: { ...headers, ...(have > 0 && { range: `bytes=${have}-` }) },
      signal: AbortSignal.any([silence.signal, ...(signal ? [signal] : [])]),
    });
    const resumed = response.status === 206 && contentStart(response) === have;
    // the partial file is longer than the file, or a cache sends another part than the rest, so start again
    if (have > 0 && (response.status === 416 || response.status === 206 && !resumed)) {
      await response.body?.cancel();
      await Deno.remove(part);
      clearTimeout(timer); // the next request has its own
      return await receive(url, part, options);
    }
    if (!response.ok || (response.status === 206 && !resumed)) {
      await response.body?.cancel();
      const Kind = response.status >= 500 || response.status === 429 ? Deno.errors.Http : FinalAnswer;
      throw new Kind(`Cannot fetch ${name}: ${new URL(url).host} must have it, got status ${response.status}`);
    }
    if (/text\/html/.test(response.headers.get("content-type") ?? "")) {
      await response.body?.cancel();
      throw new FinalAnswer(
        `Cannot fetch ${name}: ${
          new URL(url).host
        } must send the file, got a web page (perhaps the network's sign-in page)`,
      );
    }
    const length = Number(response.headers.get("content-length") ?? NaN);
    const start = resumed ? have : 0;
    const total = Number.isFinite(length) ? start + length : undefined;
    using file = await Deno.open(part, { create: true, write: true, append: resumed, truncate: !resumed })
      .catch((error) => {
        throw fileError("write", part, error);
      });
    let received = start;
    for await (const chunk of response.body ?? []) {
      heard();
      for (let written = 0; written < chunk.length;) {
        written += await file.write(chunk.subarray(written)).catch((error) => {
          throw fileError("write", part, error);
        });
      }
      received += chunk.length;
      onProgress?.({ name, received, total });
    }
    if (total !== undefined && received < total) {
      throw new Deno.errors.UnexpectedEof(`the end after ${received} of ${total} bytes`);
    }
  } catch (error) {
    if (silence.signal.aborted) throw new Deno.errors.TimedOut(`silence for ${silenceMs / 1000} s`);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function contentStart(response: Response): number {
  return Number(/bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1] ?? NaN);
}
