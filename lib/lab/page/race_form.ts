/// <reference lib="dom" />
/**
 * The list of a race's schedules: the kind of each, and its bounds.
 * @module
 */
import { coloursOf } from "../../figures/colours.ts";
import { onDark, onLight } from "../look.ts";
import { detailsOf, FEWEST_RACERS, MOST_RACERS, racerNames } from "../racers.ts";
import { DEFAULTS, type ScheduleValues, takenBy } from "../settings.ts";
import { byId, fillSelect, make } from "./dom.ts";
import { isDark, onTheme } from "./plot.ts";
import { scheduleOptions } from "./schedule_form.ts";

/** The rows of the list, and their values. */
export class RaceForm {
  /** The values of the schedules, in order. */
  readonly racers: ScheduleValues[] = [{ ...DEFAULTS }, { ...DEFAULTS, schedule: "fixed" }];
  readonly #place = byId("racers");
  readonly #add = byId<HTMLButtonElement>("add-racer");

  constructor() {
    this.#add.addEventListener("click", () => {
      this.add({ ...DEFAULTS, maxLr: this.racers[0].maxLr, baseLr: this.racers[0].baseLr, schedule: "one-cycle" });
      this.#place.querySelector<HTMLElement>(".racer:last-child select")?.focus();
    });
    onTheme(() => this.#colour());
    this.#build();
  }

  /** Adds a schedule, and returns whether there was room. */
  add(values: ScheduleValues): boolean {
    if (this.racers.length >= MOST_RACERS) return false;
    this.racers.push(values);
    this.#build();
    return true;
  }

  /** Sets both bounds of all schedules. */
  setBounds(bounds: { baseLr: number; maxLr: number }): void {
    for (const values of this.racers) Object.assign(values, bounds);
    this.#build();
  }

  #build(): void {
    this.#place.replaceChildren(...this.racers.map((values, index) => this.#row(values, index)));
    this.#add.disabled = this.racers.length >= MOST_RACERS;
    this.#colour();
  }

  #row(values: ScheduleValues, index: number): HTMLElement {
    const title = `Schedule ${index + 1}`;
    const select = make("select", { id: `racer-${index}` });
    fillSelect(select, scheduleOptions(), values.schedule);
    const [base, max] = [this.#box(values, "baseLr"), this.#box(values, "maxLr")];
    const [baseLabel, maxLabel] = [make("label", {}, "Base rate", base), make("label", {}, "Maximum rate", max)];
    const details = make("p", { class: "hint wide" });
    const show = () => {
      const taken = takenBy(values.schedule);
      baseLabel.hidden = !taken.includes("baseLr");
      maxLabel.classList.toggle("wide", baseLabel.hidden);
      details.textContent = detailsOf(values);
      details.hidden = details.textContent === "";
    };
    select.addEventListener("change", () => {
      values.schedule = select.value;
      show();
      this.#colour();
    });
    show();
    const remove = make("button", { type: "button", class: "quiet", "aria-label": `Remove ${title}` }, "Remove");
    remove.hidden = this.racers.length <= FEWEST_RACERS;
    remove.addEventListener("click", () => {
      this.racers.splice(index, 1);
      this.#build();
      this.#add.focus();
    });
    const label = make("label", { class: "wide" }, "Kind", select);
    const head = make("div", { class: "racer-head" }, title, remove);
    return make(
      "div",
      { class: "racer", role: "group", "aria-label": title },
      head,
      label,
      baseLabel,
      maxLabel,
      details,
    );
  }

  #box(values: ScheduleValues, name: "baseLr" | "maxLr"): HTMLInputElement {
    const box = make("input", { type: "number", min: "0", step: "any", inputmode: "decimal" });
    box.value = String(values[name]);
    box.addEventListener("input", () => {
      values[name] = box.value.trim() === "" ? NaN : Number(box.value);
      this.#colour();
    });
    return box;
  }

  /** Gives each row its schedule's colour in the figure. */
  #colour(): void {
    const colours = coloursOf(racerNames(this.racers));
    for (const [index, row] of [...this.#place.children].entries()) {
      // the page's policy forbids inline styles, but not a property set by script
      (row as HTMLElement).style.setProperty("--colour", (isDark() ? onDark : onLight)(colours[index]));
    }
  }
}
