/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Finds, makes and labels the page's elements.
 * @module
 */

/** The page's element with this id. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page must have an element ${id}`);
  return element as T;
}

/** Makes an element. */
export function make<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Fills a list of choices. */
export function fillSelect(
  select: HTMLSelectElement,
  options: readonly (readonly [value: string, text: string])[],
  chosen: string,
): void {
  select.replaceChildren(...options.map(([value, text]) => make("option", { value }, text)));
  select.value = chosen;
}

/** Makes a button copy a text to the clipboard, and say so. */
export function copies(button: HTMLButtonElement, text: () => string): void {
  const label = button.textContent;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text());
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select and copy by hand";
    }
    setTimeout(() => button.textContent = label, 2000);
  });
}

/** Moves the keyboard's focus to another element if it is on a button that can no longer be pressed. */
export function handOver(from: HTMLElement, to: HTMLElement): void {
  if (document.activeElement === from && (from as HTMLButtonElement).disabled) to.focus();
}

/** Shows a command line that breaks only between its flags. */
export function showCommand(place: HTMLElement, command: string): void {
  const parts = command.split(/ (?=--)/);
  place.replaceChildren(...parts.flatMap((part, index) => [
    ...(index > 0 ? [" "] : []),
    make("span", { class: "whole" }, part),
  ]));
}

/** Formats a number for the page: 0.006, 1e-7, 2,000. */
export function written(value: number): string {
  if (value >= 1000) return value.toLocaleString("en");
  return String(Number(value.toPrecision(3)));
}
