/**
 * Puts figures into one interactive page.
 * @module
 */
import { type Figure, SIZE } from "../figures/figure.ts";
import { plotlyCode } from "./plotly.ts";

/**
 * Makes an interactive page of figures. It contains plotly.js, so it opens offline. Figures of the standard width fill
 * the page; others, such as grids of images, keep their own width and so their proportions.
 *
 * @param title The page's title.
 * @param figures The figures, in order.
 */
export async function figuresPage(title: string, figures: readonly Figure[]): Promise<string> {
  const plotly = await plotlyCode();
  // a script ends at </script>, even inside a string
  const json = (value: unknown) => JSON.stringify(value).replaceAll("<", "\\u003c");
  const fluid = ({ data, layout: { width = SIZE.width, ...layout } }: Figure) => ({
    data,
    layout: width === SIZE.width ? { ...layout, autosize: true } : { ...layout, width },
  });
  const escaped = title.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped}</title>
<style>body { font-family: system-ui, sans-serif; max-width: 900px; margin: 2rem auto; color: #222 } h1 { font-size: 1.4rem } .figure { overflow-x: auto }</style>
<h1>${escaped}</h1>
${figures.map((_, index) => `<div class="figure"><div id="figure-${index}"></div></div>`).join("\n")}
<script>${plotly}</script>
<script>
${json(figures.map(fluid))}.forEach(({ data, layout }, index) => {
  Plotly.newPlot("figure-" + index, data, layout, { responsive: true, displaylogo: false });
});
</script>
</html>
`;
}
