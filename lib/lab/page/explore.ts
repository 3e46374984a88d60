/// <reference lib="dom" />
/**
 * Explore: a schedule, its shape, and the code that makes it.
 * @module
 */
import { label } from "../../figures/axes.ts";
import { learningRateFigure } from "../../figures/learning_rate.ts";
import { codeLines, trainCommand } from "../code.ts";
import { DEFAULTS, scheduleOf, scheduleSettings, type ScheduleValues } from "../settings.ts";
import { byId, copies, showCommand } from "./dom.ts";
import { type NumberField, numberField } from "./fields.ts";
import { Plot } from "./plot.ts";
import { ScheduleForm } from "./schedule_form.ts";

/** The field for the length of a run. */
export const LENGTH = { unit: "iterations", range: [20, 1000], step: 20 } as const;

/** The page's section Explore. */
export class Explore {
  readonly #form: ScheduleForm;
  readonly #length: NumberField;
  readonly #plot = new Plot(byId("explore-figure"));
  #iterations: number;

  /**
   * @param iterations Optimizer updates of a run.
   * @param tell `length`: called when the length of the run changes; `race`: called with a schedule to race, returns a
   * message about it.
   */
  constructor(
    iterations: number,
    tell: { length: (iterations: number) => void; race: (values: ScheduleValues) => string },
  ) {
    this.#iterations = iterations;
    const place = byId("explore-form");
    this.#form = new ScheduleForm(place, { ...DEFAULTS }, () => this.#draw());
    this.#length = numberField("length", { label: "Length of the run", ...LENGTH }, iterations, (value) => {
      this.#iterations = value;
      this.#draw();
      tell.length(value);
    });
    place.append(this.#length.element);
    place.addEventListener("submit", (event) => event.preventDefault());
    for (const name of ["code", "command"]) copies(byId(`copy-${name}`), () => byId(name).textContent ?? "");
    byId("to-race").addEventListener("click", () => {
      byId("to-race-said").textContent = tell.race({ ...this.#form.values });
    });
    this.#draw();
  }

  /** Sets the length of the run. */
  setLength(iterations: number): void {
    this.#iterations = iterations;
    this.#length.value = iterations;
    this.#draw();
  }

  /** Sets both bounds. */
  setBounds(bounds: { baseLr: number; maxLr: number }): void {
    this.#form.setBounds(bounds);
    this.#draw();
  }

  #draw(): void {
    const { values } = this.#form;
    const error = byId("explore-error");
    try {
      checkIterations(this.#iterations);
      const schedule = scheduleOf(values, this.#iterations);
      const rates = Array.from({ length: this.#iterations + 1 }, (_, i) => schedule(i).learningRate);
      const highest = rates.reduce((one, other) => Math.max(one, other));
      this.#plot.draw(
        learningRateFigure(schedule, { iterations: this.#iterations }),
        `${values.schedule}: the learning rate starts at ${label(rates[0])}, reaches ` +
          `${label(highest)}, and ends at ${label(rates.at(-1)!)} after ${this.#iterations} iterations.`,
      );
      byId("code").textContent = codeLines(schedule);
      showCommand(byId("command"), trainCommand(scheduleSettings(values, this.#iterations), this.#iterations));
      error.hidden = true;
    } catch (problem) {
      error.textContent = (problem as Error).message;
      error.hidden = false;
    }
    for (const id of ["to-race", "copy-code", "copy-command"]) {
      byId<HTMLButtonElement>(id).disabled = !error.hidden; // code and command are still the last ones that were right
    }
  }
}

/** @throws {RangeError} If a run's length is not a whole number of 1 or more, and at most 100,000. */
export function checkIterations(iterations: number): void {
  if (Number.isInteger(iterations) && iterations >= 1 && iterations <= 100_000) return;
  throw new RangeError(`The length must be a whole number of iterations from 1 to 100,000, got ${iterations}.`);
}
