/**
 * Figures in a notebook's output.
 * @module
 */
import type { Figure } from "../figures/figure.ts";
import { Plotly } from "../rendering/plotly.ts";
import { svgToPng } from "../rendering/png.ts";
import { titleOf } from "../figures/figure.ts";

/** What Deno's kernel offers; its own types are not stable yet. */
interface Jupyter {
  display(
    bundle: Record<string, unknown>,
    options: { raw: true; display_id?: string; update?: boolean },
  ): Promise<void>;
}

/** The kernel's own display, or undefined outside a notebook (where asking for it throws). */
export function jupyter(): Jupyter | undefined {
  try {
    return (Deno as unknown as { jupyter?: Jupyter }).jupyter?.display
      ? (Deno as unknown as { jupyter: Jupyter }).jupyter
      : undefined;
  } catch {
    return undefined;
  }
}

/** A message needs this long to leave the kernel before the cell may end; else it lands under the next one. */
const SETTLE_MS = 30;

/**
 * Displays a bundle of MIME types and waits until it is under its own cell.
 *
 * @param bundle Contents by MIME type.
 * @param id With an id, a later call with the same id replaces the output.
 * @param update Whether this call replaces.
 */
export async function displayBundle(bundle: Record<string, unknown>, id?: string, update = false): Promise<void> {
  const kernel = jupyter();
  if (!kernel) throw new TypeError("Cannot display: it needs a notebook's kernel, got a plain process");
  await kernel.display(bundle, { raw: true, ...(id && { display_id: id }), ...(update && { update }) });
  await new Promise((done) => setTimeout(done, SETTLE_MS));
}

/** The picture beside an interactive figure: PNG where the notebook is about to be stored, as GitHub damages SVG. */
const picture = () => Deno.env.get("CLR_STORED_NOTEBOOK") ? "png" : "svg";

/**
 * A figure as MIME types: interactive for VS Code and JupyterLab, a picture for all others, and words.
 *
 * @param figure The figure.
 */
export async function figureBundle(figure: Figure): Promise<Record<string, unknown>> {
  const words = { "text/plain": titleOf(figure) };
  const plotly = { "application/vnd.plotly.v1+json": JSON.parse(JSON.stringify(figure)) };
  if (isThreeDimensional(figure)) return { ...plotly, ...words }; // drawn by WebGL, in a browser alone
  using page = await Plotly.open();
  const svg = await page.svg(figure);
  return picture() === "svg"
    ? { ...plotly, "image/svg+xml": svg, ...words }
    : { ...plotly, "image/png": (await svgToPng(svg, figure.layout.images ? 1 : 1.25)).toBase64(), ...words };
}

function isThreeDimensional({ data }: Figure): boolean {
  return data.some(({ type }) => type === "surface" || type === "scatter3d");
}
