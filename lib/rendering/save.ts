/**
 * Saves figures as files.
 * @module
 */
import { type Figure, isThreeDimensional, titleOf } from "../figures/figure.ts";
import { writeWhole } from "../support/files.ts";
import { extname } from "../support/path.ts";
import { figuresPage } from "./page.ts";
import { Plotly } from "./plotly.ts";
import { svgToPng } from "./png.ts";

/**
 * Saves a figure in the format that the file's ending names: .png, .svg, .html (interactive, works offline) or .json.
 *
 * @param figure The figure.
 * @param path The path of the file.
 * @throws {TypeError} If the file has another ending, or a figure in 3D is to be saved as .png or .svg.
 * @throws {Deno.errors.PermissionDenied | Error} If the file cannot be written.
 * @example
 * ```ts ignore
 * import { lossFigure, saveFigure } from "../lib/mod.ts";
 *
 * await saveFigure(lossFigure({ epoch: [0, 1], history: { loss: [2, 1] } }), "output/loss.png");
 * ```
 */
export async function saveFigure(figure: Figure, path: string): Promise<void> {
  await writeWhole(path, await rendered(figure, extname(path)));
}

async function rendered(figure: Figure, ending: string): Promise<string | Uint8Array> {
  if (ending === ".json") return JSON.stringify(figure);
  if (ending === ".html") return await figuresPage(titleOf(figure), [figure]);
  if (ending === ".svg" || ending === ".png") {
    if (isThreeDimensional(figure)) {
      throw new TypeError(
        `Cannot save a figure in 3D: the file must end in .html or .json (or draw the figure with view: "map"), ` +
          `got ${JSON.stringify(ending)}`,
      );
    }
    using plotly = await Plotly.open();
    const svg = await plotly.svg(figure);
    return ending === ".svg" ? svg : await svgToPng(svg);
  }
  throw new TypeError(
    `Cannot save a figure: the file must end in .png, .svg, .html or .json, got ${JSON.stringify(ending)}`,
  );
}
