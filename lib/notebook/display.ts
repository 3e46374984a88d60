/**
 * Displays figures in a notebook's output.
 * @module
 */
import { type Figure, isThreeDimensional, titleOf } from "../figures/figure.ts";
import { Plotly } from "../rendering/plotly.ts";
import { svgToPng } from "../rendering/png.ts";

/** The parts of Deno's kernel that are used here; its own types are not stable yet. */
interface Jupyter {
  display(
    bundle: Record<string, unknown>,
    options: { raw: true; display_id?: string; update?: boolean },
  ): Promise<void>;
}

/** The kernel's own display. Outside a notebook, where reading it throws, the result is undefined. */
export function jupyter(): Jupyter | undefined {
  try {
    return (Deno as unknown as { jupyter?: Jupyter }).jupyter?.display
      ? (Deno as unknown as { jupyter: Jupyter }).jupyter
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * How long to wait for a message to leave the kernel. If the cell ends earlier, the output appears under the next cell.
 */
const SETTLE_MS = 30;

/**
 * Displays contents of several MIME types, and waits until they are under their own cell.
 *
 * @param bundle The contents by MIME type.
 * @param id With an id, a later call with the same id replaces the output.
 * @param update Whether this call replaces an earlier output.
 */
export async function displayBundle(bundle: Record<string, unknown>, id?: string, update = false): Promise<void> {
  const kernel = jupyter();
  if (!kernel) throw new TypeError("Cannot display: it needs a notebook's kernel, got a plain process");
  await kernel.display(bundle, { raw: true, ...(id && { display_id: id }), ...(update && { update }) });
  await new Promise((done) => setTimeout(done, SETTLE_MS));
}

/**
 * The format of the picture that goes with an interactive figure: PNG if the notebook will be stored, because GitHub
 * damages SVG.
 */
const picture = () => Deno.env.get("CLR_STORED_NOTEBOOK") ? "png" : "svg";

/**
 * A figure by MIME type: interactive for VS Code and JupyterLab, a picture for all other viewers, and text.
 *
 * @param figure The figure.
 */
export async function figureBundle(figure: Figure): Promise<Record<string, unknown>> {
  const words = { "text/plain": titleOf(figure) };
  const plotly = { "application/vnd.plotly.v1+json": JSON.parse(JSON.stringify(figure)) };
  if (isThreeDimensional(figure)) return { ...plotly, ...words };
  using page = await Plotly.open();
  const svg = await page.svg(figure);
  return picture() === "svg"
    ? { ...plotly, "image/svg+xml": svg, ...words }
    : { ...plotly, "image/png": (await svgToPng(svg, figure.layout.images ? 1 : 1.25)).toBase64(), ...words };
}
