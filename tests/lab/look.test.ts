import assert from "node:assert/strict";
import { SCHEDULE_COLOURS } from "../../lib/figures/colours.ts";
import { learningRateFigure } from "../../lib/figures/learning_rate.ts";
import { rangeTestFigure } from "../../lib/figures/range_test.ts";
import { contrast, DARK_GROUND, onDark, onLight, onPage } from "../../lib/lab/look.ts";
import { cyclical } from "../../lib/schedules/mod.ts";
import { allowed } from "../support.ts";

Deno.test("on either ground every schedule can be seen, and those that could before keep their colour", () => {
  for (const [adapted, ground] of [[onDark, DARK_GROUND], [onLight, "#ffffff"]] as const) {
    for (const colour of Object.values(SCHEDULE_COLOURS)) {
      const shown = adapted(colour);
      assert.ok(contrast(shown, ground) >= 3, `${colour} as ${shown}`);
      if (contrast(colour, ground) >= 3) assert.equal(shown, colour);
    }
    assert.equal(adapted("#7f7f7f2e"), "#7f7f7f2e", "its opacity stays");
  }
  assert.deepEqual(["#ffffff", "#e6e6e6"].map(onLight), ["#ffffff", "#e6e6e6"], "ground and grid stay");
  assert.ok(Math.abs(contrast("#000000", "#ffffff") - 21) < 1e-9);
});

Deno.test("onPage() fits the width, leaves the title to the page's heading, and lets a finger scroll", () => {
  const figure = learningRateFigure(cyclical());
  const [wide, narrow] = [900, 360].map((width) => onPage(figure, { width, dark: true }).layout);
  assert.deepEqual([wide.width, narrow.width, wide.title, wide.dragmode], [900, 360, undefined, false]);
  assert.ok((narrow.legend as { y: number }).y < 0 && (wide.legend as { y: number }).y > 1);
  assert.equal(wide.paper_bgcolor, DARK_GROUND);
  assert.equal(onPage(figure, { width: 900, dark: false }).layout.paper_bgcolor, "#ffffff");
});

Deno.test("onPage() writes the names of bounds in the colour of text", () => {
  const bounds = { baseLr: 0.01, maxLr: 0.1 };
  const figure = rangeTestFigure({ learningRates: [0.01, 0.1], losses: [2, 1], smoothedLosses: [2, 1], bounds });
  for (const [dark, ground] of [[false, "#ffffff"], [true, DARK_GROUND]] as const) {
    const { annotations } = onPage(figure, { width: 900, dark }).layout as {
      annotations: { font: { color: string } }[];
    };
    assert.equal(annotations.length, 2);
    for (const { font } of annotations) assert.ok(contrast(font.color, ground) >= 4.5, font.color);
  }
});

/** The custom properties of a theme. */
const coloursOf = (css: string): Record<string, string> =>
  Object.fromEntries([...css.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, colour]) => [name, colour]));

Deno.test("the page's texts have a contrast of 4.5, its edges one of 3, light and dark", {
  ignore: !allowed("read"),
}, async () => {
  const css = await Deno.readTextFile(new URL("../../lib/lab/page/style.css", import.meta.url));
  const [light, dark] = css.split("@media (prefers-color-scheme: dark)").map((part) => coloursOf(part.split("* {")[0]));
  assert.equal(dark.card, DARK_GROUND);
  for (const theme of [light, dark]) {
    for (const ground of [theme.card, theme.ground]) {
      for (const text of [theme.text, theme.muted, theme.accent, theme.error]) {
        assert.ok(contrast(text, ground) >= 4.5, `${text} on ${ground}`);
      }
      assert.ok(contrast(theme.edge, ground) >= 3, `${theme.edge} on ${ground}`);
    }
    assert.ok(contrast(theme.text, theme.code) >= 4.5 && contrast(theme.text, theme.notice) >= 4.5);
    assert.ok(contrast(theme["on-accent"], theme.accent) >= 4.5);
  }
});
