/// <reference lib="dom" />
/**
 * A figure on the page. It is redrawn when its size or the page's theme changes.
 * @module
 */
import type { Figure } from "../../figures/figure.ts";
import { onPage } from "../look.ts";

/** The parts of plotly.js, which the page loads, that are used here. */
interface Plotly {
  react(element: HTMLElement, data: unknown, layout: unknown, config: unknown): Promise<unknown>;
}
const plotly = () => (globalThis as unknown as { Plotly: Plotly }).Plotly;

const DARK = matchMedia("(prefers-color-scheme: dark)");

/** Whether the page has its dark theme. */
export const isDark = (): boolean => DARK.matches;

/** Calls a listener when the theme changes. */
export function onTheme(listener: () => void): void {
  DARK.addEventListener("change", listener);
}

/** A place on the page for figures. */
export class Plot {
  readonly #element: HTMLElement;
  #figure?: Figure;
  #words = "";
  #waiting = false;
  #width = 0;

  /** @param element Where to draw, an element with the role of an image. */
  constructor(element: HTMLElement) {
    this.#element = element;
    onTheme(() => this.#ask());
    new ResizeObserver(() => {
      if (element.clientWidth !== this.#width) this.#ask();
    }).observe(element);
  }

  /**
   * Draws a figure in the next frame. If several figures come within a frame, only the last is drawn.
   *
   * @param figure The figure.
   * @param words A description for screen readers.
   */
  draw(figure: Figure, words: string): void {
    this.#figure = figure;
    this.#words = words;
    this.#ask();
  }

  #ask(): void {
    if (this.#waiting || !this.#figure) return;
    this.#waiting = true;
    requestAnimationFrame(() => {
      this.#waiting = false;
      this.#width = this.#element.clientWidth;
      const { data, layout } = onPage(this.#figure!, { width: this.#width, dark: isDark() });
      void plotly().react(this.#element, data, layout, { displayModeBar: false });
      this.#element.setAttribute("aria-label", this.#words);
    });
  }
}

/** The shortest time between two drawings of a training, in milliseconds. */
const DRAW_MS = 250;

/**
 * Limits how often a function draws. The first call happens at once; calls that come too early are combined into one
 * later call.
 */
export function throttled(draw: () => void): () => void {
  let last = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    const wait = last + DRAW_MS - performance.now();
    clearTimeout(timer);
    if (wait > 0) {
      timer = setTimeout(run, wait);
    } else run();
  };
  function run(): void {
    last = performance.now();
    draw();
  }
}
