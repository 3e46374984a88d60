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

/**
 * Enables the buttons that can be used now and disables the others. If the keyboard's focus is on one of those, it moves
 * to the first that can be used.
 */
export function enable(buttons: readonly (readonly [id: string, usable: boolean])[]): void {
  const button = (id: string) => byId<HTMLButtonElement>(id);
  const [usable, others] = [true, false].map((kind) => buttons.filter(([, can]) => can === kind).map(([id]) => id));
  for (const id of usable) button(id).disabled = false;
  // before the others are disabled, because some browsers then take the focus away at once
  if (usable.length > 0 && others.includes(document.activeElement?.id ?? "")) button(usable[0]).focus();
  for (const id of others) button(id).disabled = true;
}

/** Shows a command line that breaks only between its flags. */
export function showCommand(place: HTMLElement, command: string): void {
  const parts = command.split(/ (?=--)/);
  place.replaceChildren(...parts.flatMap((part, index) => [
    ...(index > 0 ? [" "] : []),
    make("span", { class: "whole" }, part),
  ]));
}
