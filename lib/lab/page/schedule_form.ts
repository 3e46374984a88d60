/// <reference lib="dom" />
/**
 * The form for one schedule: its kind and its numbers. The registry says which numbers a schedule takes.
 * @module
 */
import { SCHEDULES } from "../../experiments/registries/schedules.ts";
import { LABELS, type NumberName, type ScheduleValues, takenBy } from "../settings.ts";
import { fillSelect, make } from "./dom.ts";
import { type FieldSpec, type NumberField, numberField } from "./fields.ts";

const RATE = { unit: "learning rate", range: [-7, 0], step: 0.05, log: true } as const;
const MOMENTUM = { unit: "momentum", range: [0, 0.99], step: 0.01 } as const;

/** A field for each number that any schedule takes. */
const FIELDS: Readonly<Record<NumberName, Omit<FieldSpec, "label">>> = {
  baseLr: RATE,
  maxLr: RATE,
  stepSize: { unit: "iterations", range: [5, 500], step: 5 },
  left: { unit: "%", range: [1, 100], step: 1 },
  power: { unit: "exponent", range: [0.5, 6], step: 0.1 },
  peakAt: { unit: "% of the run", range: [5, 95], step: 1 },
  warmUp: { unit: "iterations", range: [0, 200], step: 5 },
  lowMomentum: MOMENTUM,
  highMomentum: MOMENTUM,
};

/** The schedules to choose from. */
export const scheduleOptions = (): [string, string][] => Object.keys(SCHEDULES).map((name) => [name, name]);

/** The form. */
export class ScheduleForm {
  /** The values in the form. */
  readonly values: ScheduleValues;
  readonly #fields = {} as Record<NumberName, NumberField>;
  readonly #rows = new Map<keyof ScheduleValues, HTMLElement>();
  readonly #select: HTMLSelectElement;
  readonly #about: HTMLElement;

  /**
   * @param place Where to put the form.
   * @param values The initial values. They change as the user changes the form.
   * @param onChange Called after each change.
   */
  constructor(place: HTMLElement, values: ScheduleValues, onChange: () => void) {
    this.values = values;
    this.#select = make("select", { id: "schedule", "aria-describedby": "schedule-about" });
    this.#about = make("p", { id: "schedule-about", class: "hint" });
    fillSelect(this.#select, scheduleOptions(), values.schedule);
    this.#select.addEventListener("change", () => {
      values.schedule = this.#select.value;
      this.#show();
      onChange();
    });
    place.append(
      make("div", { class: "field" }, make("label", { for: "schedule" }, "Schedule"), this.#select, this.#about),
    );
    for (const name of Object.keys(FIELDS) as NumberName[]) {
      if (name === "lowMomentum") {
        this.#add(place, "decays", this.#decays(onChange));
        this.#add(place, "mirrored", this.#mirrored(onChange));
      }
      const field = numberField(name, { label: LABELS[name], ...FIELDS[name] }, values[name], (value) => {
        values[name] = value;
        onChange();
      });
      this.#fields[name] = field;
      this.#add(place, name, field.element);
    }
    this.#show();
  }

  /** Sets the bounds in the form. */
  setBounds({ baseLr, maxLr }: { baseLr: number; maxLr: number }): void {
    Object.assign(this.values, { baseLr, maxLr });
    this.#fields.baseLr.value = baseLr;
    this.#fields.maxLr.value = maxLr;
  }

  #add(place: HTMLElement, name: keyof ScheduleValues, element: HTMLElement): void {
    this.#rows.set(name, element);
    place.append(element);
  }

  #decays(onChange: () => void): HTMLElement {
    const select = make("select", { id: "decays" });
    fillSelect(select, [["amplitude", "the height of the cycles"], ["bounds", "both bounds"]], this.values.decays);
    select.addEventListener("change", () => {
      this.values.decays = select.value as ScheduleValues["decays"];
      onChange();
    });
    return make("div", { class: "field" }, make("label", { for: "decays" }, "What shrinks"), select);
  }

  #mirrored(onChange: () => void): HTMLElement {
    const box = make("input", { type: "checkbox", id: "mirrored" });
    box.checked = this.values.mirrored;
    box.addEventListener("change", () => {
      this.values.mirrored = box.checked;
      this.#show();
      onChange();
    });
    return make("div", { class: "field check" }, box, make("label", { for: "mirrored" }, "Momentum mirrors the rate"));
  }

  /** Shows only the fields that the schedule takes. */
  #show(): void {
    const { schedule, mirrored } = this.values;
    const taken = takenBy(schedule);
    const { about } = SCHEDULES[schedule];
    this.#about.textContent = `${about[0].toUpperCase()}${about.slice(1)}.`;
    for (const [name, row] of this.#rows) {
      row.hidden = !taken.includes(name) || (/Momentum$/.test(name) && !mirrored);
    }
  }
}
