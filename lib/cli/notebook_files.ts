/**
 * Reads notebooks, changes their parameters, executes and compares them, and turns them into modules for type checking.
 * @module
 */
import { join } from "../support/path.ts";
import { pythonOf, pythonScript } from "./python.ts";

/** One output of a code cell. */
export interface CellOutput {
  readonly output_type: "stream" | "display_data" | "execute_result" | "error";
  readonly data?: Readonly<Record<string, unknown>>;
  readonly text?: string | readonly string[];
  readonly evalue?: string;
}

/** One cell. */
export interface Cell {
  readonly cell_type: "code" | "markdown";
  readonly metadata: { readonly tags?: readonly string[] };
  source: string | readonly string[];
  readonly outputs?: readonly CellOutput[];
}

/** A notebook. */
export interface Notebook {
  readonly cells: readonly Cell[];
}

/** A cell's source as one text. */
export const sourceOf = ({ source }: Cell): string => [source].flat().join("");

/** The text of an output. */
export const textOf = ({ text, data }: CellOutput): string => [text ?? data?.["text/plain"] ?? ""].flat().join("");

/** Whether a cell has a tag. */
export const tagged = (cell: Cell, tag: string): boolean => cell.metadata.tags?.includes(tag) ?? false;

/** The code cells, in order. */
export const codeOf = ({ cells }: Notebook): readonly Cell[] => cells.filter(({ cell_type }) => cell_type === "code");

/** The notebooks' directory. */
export const NOTEBOOKS = join(import.meta.dirname!, "../../notebooks");

/** The notebooks' names, in order. */
export async function notebookNames(): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(NOTEBOOKS)) if (name.endsWith(".ipynb")) names.push(name);
  return names.sort();
}

/** Reads a notebook. */
export async function readNotebook(path: string): Promise<Notebook> {
  return JSON.parse(await Deno.readTextFile(path));
}

/**
 * A copy of a notebook with other values in its cell of parameters, or with another backend.
 *
 * @param notebook The notebook.
 * @param values The new values by name. `backend` is set in the first cell.
 * @throws {TypeError} If there is no such parameter.
 */
export function withParameters(notebook: Notebook, values: Readonly<Record<string, number | string>>): Notebook {
  const copy = structuredClone(notebook) as Notebook;
  for (const [name, value] of Object.entries(values)) {
    const pattern = name === "backend"
      ? /(?<=startNotebook\(\{ backend: )[^ ]+/
      : new RegExp(`(?<=^const ${name} = )[^;]+`, "m");
    const cell = codeOf(copy).find((cell) =>
      (name === "backend" || tagged(cell, "parameters")) && pattern.test(sourceOf(cell))
    );
    if (!cell) throw new TypeError(`Cannot set a parameter: a cell must define it, got ${JSON.stringify(name)}`);
    cell.source = sourceOf(cell).replace(pattern, JSON.stringify(value));
  }
  return copy;
}

/**
 * Runs a notebook in a fresh kernel, from top to bottom.
 *
 * @param notebook The notebook.
 * @param directory The directory for the two files that Python reads and writes.
 * @param options `stored`: whether pictures must be PNG, as in stored notebooks; default false. `signal` ends the
 * kernel, and then its reason is thrown.
 * @returns The notebook with its outputs, the text that Python wrote, and the reason if it failed.
 */
export async function execute(
  notebook: Notebook,
  directory: string,
  { stored = false, signal }: { stored?: boolean; signal?: AbortSignal } = {},
): Promise<{ notebook: Notebook; text: string; failure?: string }> {
  const [source, target] = [join(directory, "source.ipynb"), join(directory, "target.ipynb")];
  await Deno.writeTextFile(source, JSON.stringify(notebook));
  const { success, stderr } = await new Deno.Command(pythonOf("notebooks"), {
    args: [pythonScript("execute_notebook.py"), Deno.execPath(), source, target, NOTEBOOKS],
    env: { NO_COLOR: "1", ...(stored && { CLR_STORED_NOTEBOOK: "1" }) },
    stdout: "null",
    stderr: "piped",
    signal,
  }).output();
  signal?.throwIfAborted();
  const failure = success ? undefined : new TextDecoder().decode(stderr).trim();
  const text = await Deno.readTextFile(target).catch(() => {
    throw new Error(`Cannot run a notebook: the kernel must start, got ${failure?.split("\n").at(-1)}`);
  });
  return { notebook: JSON.parse(text), text, failure };
}

/**
 * How a new run differs from the stored one, in sources and their order, errors, MIME types, and the text of cells
 * tagged `deterministic`.
 */
export function differences(stored: Notebook, fresh: Notebook): string[] {
  const found: string[] = [];
  const [before, after] = [stored, fresh].map(({ cells }) => cells.map(sourceOf));
  if (JSON.stringify(before) !== JSON.stringify(after)) found.push("the cells' sources or their order");
  for (const [index, cell] of codeOf(stored).entries()) {
    const other = codeOf(fresh)[index];
    const head = `cell ${index + 1} (${sourceOf(cell).split("\n")[0].slice(0, 50)})`;
    const outputs = other?.outputs ?? [];
    const error = outputs.find(({ output_type }) => output_type === "error");
    if (error) found.push(`${head}: ${error.evalue}`);
    const types = (list: readonly CellOutput[] = []) =>
      list.map(({ output_type, data }) => data ? Object.keys(data).sort().join("+") : output_type).join(", ");
    if (types(cell.outputs) !== types(outputs)) {
      found.push(`${head}: ${types(outputs)} in place of ${types(cell.outputs)}`);
    }
    if (!tagged(cell, "deterministic")) continue;
    const [was, is] = [cell.outputs ?? [], outputs].map((list) => list.map(textOf).join("\n"));
    if (was !== is) found.push(`${head}: ${JSON.stringify(is)} in place of ${JSON.stringify(was)}`);
  }
  return found;
}

/** The cells as one module for type checking. `root` is the directory in which to find `lib/`. */
export function asModule(notebook: Notebook, root: string): string {
  return codeOf(notebook).map(sourceOf).join("\n").replaceAll('"../lib/', `"${root}lib/`);
}
