/**
 * Draws a confusion matrix.
 * @module
 */
import { checkOptions, shown } from "../support/check.ts";
import { axis } from "./axes.ts";
import { type Figure, type FigureOptions, layout } from "./figure.ts";

/**
 * A confusion matrix with the true classes in rows, the predicted classes in columns, and counts in the cells. What is
 * right is blue, the darker the larger the share of its row. Mistakes are orange, the darkest for the most frequent one:
 * on a common scale those of a good network would all be white.
 *
 * @param confusion Counts, `confusion[truth][prediction]`, or an evaluation with them.
 * @param options `classNames`, by index; `title`.
 * @throws {TypeError} If the matrix is not square, there is not one name for each class, or an option is unknown.
 * @example
 * ```ts
 * import { confusionFigure } from "./confusion.ts";
 *
 * const figure = confusionFigure([[3, 1], [0, 4]], { classNames: ["cat", "dog"] });
 * if ((figure.data[0].text as string[])[3] !== "4") throw new Error("four dogs found");
 * ```
 */
export function confusionFigure(
  confusion: readonly (readonly number[])[] | { readonly confusion: readonly (readonly number[])[] },
  options: FigureOptions & { classNames?: readonly string[] } = {},
): Figure {
  const verb = "draw a confusion matrix";
  const counts = "confusion" in confusion ? confusion.confusion : confusion;
  if (!isSquare(counts)) {
    throw new TypeError(`Cannot ${verb}: it must have as many columns as rows, got ${shown(counts)}`);
  }
  checkOptions(verb, options, ["classNames", "title"]);
  const { classNames = counts.map((_, index) => String(index)), title = "Confusion matrix" } = options;
  if (classNames.length !== counts.length) {
    throw new TypeError(`Cannot ${verb}: classNames must be ${counts.length} names, got ${shown(classNames)}`);
  }
  const cells = counts.flatMap((row, truth) => {
    const sum = row.reduce((all, count) => all + count, 0) || 1;
    return row.map((count, said) => ({ truth, said, count, share: count / sum, right: truth === said }));
  });
  const worst = Math.max(...cells.filter(({ right }) => !right).map(({ share }) => share), 0) || 1;
  const ticks = { tickvals: classNames.map((_, index) => index), ticktext: [...classNames], showgrid: false };
  const range = [-0.5, classNames.length - 0.5];
  return {
    // The cells are shapes and text, not a heatmap, which would be a bitmap and need a canvas to draw.
    data: [{
      type: "scatter",
      mode: "text",
      x: cells.map(({ said }) => said),
      y: cells.map(({ truth }) => truth),
      text: cells.map(({ count }) => String(count)),
      textfont: {
        size: 11,
        color: cells.map(({ right, share }) => right && share > 0.55 ? "#ffffff" : "#333333"),
      },
      customdata: cells.map(({ truth, said }) => [classNames[truth], classNames[said]]),
      hovertemplate: "true %{customdata[0]}, predicted %{customdata[1]}: %{text}<extra></extra>",
    }],
    layout: layout(title, {
      width: 680,
      height: 640,
      showlegend: false,
      hovermode: "closest",
      margin: { l: 110, r: 30, t: 70, b: 100 },
      xaxis: axis("predicted class", { ...ticks, range, tickangle: -40 }),
      yaxis: axis("true class", { ...ticks, range: [...range].reverse() }),
      shapes: cells.map(({ truth, said, share, right }) => ({
        type: "rect",
        layer: "below",
        x0: said - 0.48,
        x1: said + 0.48,
        y0: truth - 0.48,
        y1: truth + 0.48,
        fillcolor: right ? blend(RIGHT, share) : blend(WRONG, 0.75 * share / worst),
        line: { width: 0 },
      })),
    }),
  };
}

function isSquare(rows: unknown): boolean {
  return Array.isArray(rows) && rows.length > 0 && rows.every((row) => row?.length === rows.length);
}

const RIGHT = [31, 90, 147];
const WRONG = [214, 96, 45];

/** A colour between white and another. */
function blend(colour: readonly number[], share: number): string {
  const channel = (to: number) => Math.round(255 + (to - 255) * share).toString(16).padStart(2, "0");
  return `#${colour.map(channel).join("")}`;
}
