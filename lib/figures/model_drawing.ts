/**
 * Draws boxes and arrows, as Plotly's shapes and annotations.
 * @module
 */
import { COLOURS } from "./figure.ts";
import { placesOf } from "./model_graph.ts";

/** A box to draw. */
export interface Box {
  /** The box's name, by which other boxes refer to it. */
  readonly name: string;
  /** The names of the boxes from which arrows lead here. */
  readonly inputs: readonly string[];
  /** The lines of text in the box. */
  readonly words: readonly string[];
  /** Its width and its background colour. */
  readonly width: number;
  readonly colour: string;
}

/** Boxes and arrows, in pixels from the left and from the top, and how far they extend. */
export interface Drawing {
  readonly shapes: Record<string, unknown>[];
  readonly annotations: Record<string, unknown>[];
  /** The middle of each box, by name. */
  readonly middles: Map<string, { x: number; y: number }>;
  readonly right: number;
  readonly bottom: number;
}

const HEIGHT = 36;
const GAP = 18;

/**
 * Draws boxes with arrows between them, from top to bottom.
 *
 * @param boxes The boxes, each after its inputs.
 * @param origin The top left corner, in pixels.
 */
export function drawBoxes(boxes: readonly Box[], origin: { x: number; y: number }): Drawing {
  const places = placesOf(boxes);
  const lane = Math.max(...boxes.map(({ width }) => width)) + 14;
  const leftmost = Math.min(...[...places.values()].map((place) => place.lane));
  const middles = new Map([...places].map(([name, place]) => [name, {
    x: origin.x + (place.lane - leftmost + 0.5) * lane,
    y: origin.y + place.row * (HEIGHT + GAP) + HEIGHT / 2,
  }]));
  const arrows: Record<string, unknown>[] = [];
  const frames: Record<string, unknown>[] = [];
  const annotations: Record<string, unknown>[] = [];
  for (const { name, inputs, words, width, colour } of boxes) {
    const { x, y } = middles.get(name)!;
    const [top, bottom] = [y - HEIGHT / 2, y + HEIGHT / 2];
    const edges = { x0: x - width / 2, x1: x + width / 2, y0: top, y1: bottom };
    frames.push({ type: "rect", layer: "below", fillcolor: colour, line: { color: "#777777", width: 1 }, ...edges });
    annotations.push({ x, y, text: words.join("<br>"), showarrow: false, font: { size: 10.5 } });
    for (const input of inputs) {
      const from = middles.get(input)!;
      const start = from.y + HEIGHT / 2;
      const turn = Math.max(start, top - GAP); // an arrow across several rows starts straight down
      const path = `M${from.x},${start}L${from.x},${turn}L${x},${top}`;
      arrows.push({ type: "path", layer: "below", path, line: { color: COLOURS.mark, width: 1.2 } });
      annotations.push({ // the head of the arrow
        ...{ x, y: top, ax: from.x, ay: turn, axref: "x", ayref: "y", text: "", showarrow: true },
        ...{ arrowhead: 2, arrowsize: 0.9, arrowwidth: 1.2, arrowcolor: COLOURS.mark },
      });
    }
  }
  const ends = [...middles.values()];
  return {
    ...{ shapes: [...arrows, ...frames], annotations, middles },
    right: Math.max(...ends.map(({ x }) => x)) + lane / 2,
    bottom: Math.max(...ends.map(({ y }) => y)) + HEIGHT / 2,
  };
}
