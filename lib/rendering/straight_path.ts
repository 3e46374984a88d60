/**
 * Measures lengths along an SVG path of straight lines. plotly.js needs them to put heads on arrows.
 * @module
 */

/** A point in the plane. */
interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * The length of a path of straight lines, and its points.
 *
 * @param d A path's `d` of absolute M and L commands, such as `"M0,0L3,4"`.
 * @returns `length`, and `pointAt`, which returns the point at a given distance along the path.
 * @example
 * ```ts
 * import { straightPath } from "./straight_path.ts";
 *
 * if (straightPath("M0,0L3,4").length !== 5) throw new Error("Pythagoras");
 * ```
 */
export function straightPath(d: string): { length: number; pointAt(length: number): Point } {
  const numbers = d.match(/-?[\d.]+(e-?\d+)?/g)?.map(Number) ?? [];
  const points = numbers.flatMap((x, i): Point[] => i % 2 === 0 ? [{ x, y: numbers[i + 1] }] : []);
  const lengths = points.slice(1).map(({ x, y }, i) => Math.hypot(x - points[i].x, y - points[i].y));
  return {
    length: lengths.reduce((sum, length) => sum + length, 0),
    pointAt(length) {
      let left = Math.max(0, length);
      for (const [i, own] of lengths.entries()) {
        if (left <= own && own > 0) {
          const [from, to] = [points[i], points[i + 1]];
          return { x: from.x + left / own * (to.x - from.x), y: from.y + left / own * (to.y - from.y) };
        }
        left -= own;
      }
      return points[points.length - 1];
    },
  };
}
