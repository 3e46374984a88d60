/**
 * Writes files so that they are either complete or absent: each is written under another name and then renamed.
 * @module
 */
import { createHash } from "node:crypto";
import { basename, dirname, join } from "./path.ts";

/** A temporary name beside `path` for a file being written, so that no two writers share one. */
export function besideName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.partial`);
}

/**
 * Writes a complete file or none at all, and creates its directory.
 *
 * @param path Where the file goes.
 * @param content Its text or bytes.
 * @throws {Deno.errors.PermissionDenied | Error} If the file cannot be written; an existing file then stays as it was.
 */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const beside = besideName(path);
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    if (typeof content === "string") await Deno.writeTextFile(beside, content);
    else await Deno.writeFile(beside, content);
    await Deno.rename(beside, path);
  } catch (error) {
    await Deno.remove(beside).catch(() => {});
    throw fileError("write", path, error);
  }
}

/** Adds the path and a remedy to an error of the file system. Returns other errors as they are. */
export function fileError(verb: string, path: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = (error as Error & { code?: unknown }).code;
  const { NotCapable } = Deno.errors;
  if (typeof code !== "string" && !(error instanceof NotCapable)) return error;
  const message = `Cannot ${verb} ${path}: ${cure(error, code)}, got ${shortly(error)}`;
  const Kind = error.constructor as new (message: string, options: ErrorOptions) => Error;
  const told = new Kind(message, { cause: error });
  fileErrors.add(told);
  return told;
}

/** An error of the file system keeps its own class, so its kind is noted here. */
const fileErrors = new WeakSet<Error>();

/** Whether an error is one of the file system, which {@linkcode fileError} has put into words. */
export const isFileError = (error: Error): boolean => fileErrors.has(error);

/** What to do about an error of the system, given its code. */
function cure(error: Error, code: unknown): string {
  if (error instanceof Deno.errors.NotCapable) return "the program must be allowed to";
  switch (code) {
    case "ENOENT":
      return "it must exist";
    case "ENOTDIR":
      return "each folder in its path must be a directory";
    case "EISDIR":
      return "it must be a file";
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return "choose a place that you may write to";
    case "ENOSPC":
    case "EDQUOT":
    case "EFBIG":
      return "free some disk space";
    default:
      return "the file system must allow it";
  }
}

/** The system's message, without the path, which the error has already named. */
function shortly(error: Error): string {
  if (error instanceof Deno.errors.NotCapable) return "no permission";
  return error.message.replace(/: \w+ '[^']*'.*$/, "");
}

/** Removes a file, or a directory and everything in it. If there is none, that is no error. */
export async function removeAll(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw fileError("remove", path, error);
  }
}

/** Whether a file or a directory exists. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw fileError("read", path, error);
  }
}

type HashAlgorithm = "md5" | "sha256" | "sha512";

/** A file's hash in hexadecimal. The file is read in pieces, so it never has to fit into memory. */
export async function fileHash(path: string, algorithm: HashAlgorithm): Promise<string> {
  const hash = createHash(algorithm);
  using file = await Deno.open(path);
  const buffer = new Uint8Array(1 << 20);
  for (let read = await file.read(buffer); read !== null; read = await file.read(buffer)) {
    hash.update(buffer.subarray(0, read));
  }
  return hash.digest("hex");
}

/** Whether a file exists and has this hash. */
export async function hasHash(path: string, algorithm: HashAlgorithm, hex: string): Promise<boolean> {
  return await exists(path) && await fileHash(path, algorithm) === hex;
}

/**
 * Runs `work` while this process alone holds the lock file; other processes wait for their turn. If the process ends,
 * in whatever way, its lock is released.
 *
 * @param path The lock file. It is empty, and it is not removed afterwards.
 * @param onWait Called once if another process holds the lock.
 * @param work What to do.
 * @param signal Ends the waiting with its reason.
 */
export async function withLock<T>(
  path: string,
  onWait: () => void,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  using file = await openLock(path);
  if (!await file.tryLock(true)) {
    onWait();
    while (!await file.tryLock(true)) await pause(100, signal); // waiting in `lock` could not be stopped
  }
  return await work();
}

async function openLock(path: string): Promise<Deno.FsFile> {
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    return await Deno.open(path, { create: true, write: true });
  } catch (error) {
    throw fileError("write", path, error);
  }
}

/** Waits this long, in milliseconds, unless a signal ends it, whose reason is then thrown. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const onAbort = () => reject(signal!.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}
