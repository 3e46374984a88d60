/// <reference lib="dom" />
/**
 * Fields for numbers. Each has a slider to play with and a box to type into, and both show the same value.
 * @module
 */
import { make } from "./dom.ts";

/** The description of a field. */
export interface FieldSpec {
  /** Its name, as shown on the page. */
  readonly label: string;
  /** Its unit, as shown on the page. */
  readonly unit: string;
  /** The slider's ends. */
  readonly range: readonly [low: number, high: number];
  /** The slider's step. For a logarithmic slider, it is in powers of ten. */
  readonly step: number;
  /** Whether the slider is logarithmic, in powers of ten. */
  readonly log?: boolean;
}

/** A field on the page. */
export interface NumberField {
  /** The field. */
  readonly element: HTMLElement;
  /** Its value; NaN if the box does not contain a number. */
  value: number;
}

/**
 * Makes a field.
 *
 * @param id The box's id; the slider's is `ID-slider`.
 * @param spec The field's description.
 * @param value Its initial value.
 * @param onInput Called after each change that the user makes.
 */
export function numberField(id: string, spec: FieldSpec, value: number, onInput: (value: number) => void): NumberField {
  const { label, unit, range, step, log = false } = spec;
  const toSlider = (number: number) => String(log ? Math.log10(Math.max(number, 10 ** range[0])) : number);
  const fromSlider = (text: string) => Number((log ? 10 ** Number(text) : Number(text)).toPrecision(log ? 2 : 10));
  const slider = make("input", {
    ...{ type: "range", id: `${id}-slider`, min: String(range[0]), max: String(range[1]), step: String(step) },
    "aria-label": `${label}, ${unit}: slider`,
  });
  const box = make("input", { type: "number", id, step: "any", min: "0", inputmode: "decimal" });
  const show = (number: number) => {
    box.setAttribute("aria-invalid", String(!(number >= 0)));
    if (!Number.isFinite(number)) return;
    slider.value = toSlider(number);
    slider.setAttribute("aria-valuetext", `${number} ${unit}`);
  };
  slider.addEventListener("input", () => {
    field.value = fromSlider(slider.value);
    onInput(field.value);
  });
  box.addEventListener("input", () => {
    show(field.value);
    onInput(field.value);
  });
  const field: NumberField = {
    element: make(
      "div",
      { class: "field" },
      make("label", { for: id }, label),
      make("span", { class: "box" }, box, make("span", { class: "unit" }, unit)),
      slider,
    ),
    get value() {
      return box.value.trim() === "" ? NaN : Number(box.value);
    },
    set value(number) {
      box.value = Number.isNaN(number) ? "" : String(number);
      show(number);
    },
  };
  field.value = value;
  return field;
}
