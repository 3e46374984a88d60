/// <reference lib="dom" />
/**
 * A figure on the page, drawn again when its place or the page's theme changes.
 * @module
 */
import type { Figure } from "../../figures/figure.ts";
import { onPage } from "../look.ts";

/** What is used of plotly.js, which the page loads. */
interface Plotly {
  react(element: HTMLElement, data: unknown, layout: unknown, config: unknown): Promise<unknown>;
}
const plotly = () => (globalThis as unknown as { Plotly: Plotly }).Plotly;

const DARK = matchMedia("(prefers-color-scheme: dark)");

/** Whether the page is dark. */
export const isDark = (): boolean => DARK.matches;

/** Tells of a change of the theme. */
export function onTheme(listener: () => void): void {
  DARK.addEventListener("change", listener);
}

/** A place for figures. */
export class Plot {
  readonly #element: HTMLElement;
  #figure?: Figure;
  #words = "";
  #waiting = false;
  #width = 0;

  /** @param element Where the figure goes, an element with the role of an image. */
  constructor(element: HTMLElement) {
    this.#element = element;
    onTheme(() => this.#ask());
    new ResizeObserver(() => {
      if (element.clientWidth !== this.#width) this.#ask();
    }).observe(element);
  }

  /**
   * Draws a figure, with the next frame; of several in one frame, the last.
   *
   * @param figure The figure.
   * @param words What a screen reader says in its place.
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

/** Calls a function at most so often: at once, and once more after calls that came too early. */
export function throttled(everyMs: number, call: () => void): () => void {
  let last = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    const wait = last + everyMs - performance.now();
    clearTimeout(timer);
    if (wait > 0) {
      timer = setTimeout(run, wait);
    } else run();
  };
  function run(): void {
    last = performance.now();
    call();
  }
}
