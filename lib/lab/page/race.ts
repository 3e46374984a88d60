/// <reference lib="dom" />
/**
 * Race: trains schedules side by side and shows them as they train.
 * @module
 */
import type { Trace } from "../../figures/figure.ts";
import { emptyHistory } from "../../history/history.ts";
import type { RacedRun, RaceOrder, RacerStep } from "../protocol.ts";
import { type DrawnRun, endedLines, raceFigure } from "../race_figure.ts";
import { openRecord, raceRecord, type Races, RECORD_NAME } from "../record.ts";
import { MOST_RACERS, racersOf } from "../racers.ts";
import type { ScheduleValues } from "../settings.ts";
import { byId, enable, make } from "./dom.ts";
import { checkIterations, LENGTH } from "./explore.ts";
import { type NumberField, numberField } from "./fields.ts";
import { onTheme, Plot, throttled } from "./plot.ts";
import { RaceForm } from "./race_form.ts";
import { type ScoredRun, showResults } from "./race_results.ts";
import type { Trainer } from "./trainer.ts";

const MOST_RACES = 10;

/** What is drawn: finished races and their lines, the current one, and how far the axis goes. */
interface Shown {
  ended: (DrawnRun & ScoredRun)[];
  lines: Trace[];
  running: DrawnRun[];
  iterations: number;
  order: string[];
}

/** The page's section Race. */
export class Race {
  readonly #trainer: Trainer;
  readonly #madeUp: () => boolean;
  readonly #form = new RaceForm();
  readonly #values: { iterations: number; races: number; seed: number };
  readonly #length: NumberField;
  readonly #plot = new Plot(byId("race-figure"));
  readonly #said = byId("race-status");
  readonly #at = byId("race-at");
  readonly #progress = byId<HTMLProgressElement>("race-progress");
  #shown: Shown;
  #races?: Races;
  /** Whether a race is training now. A stopped race stays in the figure, and the range test may be training. */
  #racing = false;
  #paused = false;
  /** Draws, but no more often than the eye can follow. */
  readonly #draw = throttled(() => this.#drawNow());

  /**
   * @param trainer The trainer that runs the races.
   * @param iterations Optimizer updates of a race.
   * @param tell `madeUp`: whether the images are made up; `length`: called when the length changes.
   */
  constructor(
    trainer: Trainer,
    iterations: number,
    tell: { madeUp: () => boolean; length: (iterations: number) => void },
  ) {
    this.#trainer = trainer;
    this.#madeUp = tell.madeUp;
    this.#values = { iterations, races: 1, seed: 42 };
    this.#shown = { ended: [], lines: [], running: [], iterations, order: [] };
    this.#length = numberField("budget", { label: "Budget of each schedule", ...LENGTH }, iterations, (value) => {
      this.#values.iterations = value;
      tell.length(value);
    });
    const count = { label: "Races", unit: "one seed each", range: [1, MOST_RACES], step: 1 } as const;
    const seed = { label: "Seed of the first", unit: "decides weights and batches", range: [1, 99], step: 1 } as const;
    byId("race-fields").append(
      this.#length.element,
      numberField("races", count, 1, (value) => this.#values.races = value).element,
      numberField("seed", seed, 42, (value) => this.#values.seed = value).element,
    );
    byId("race-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#start();
    });
    byId("race-stop").addEventListener("click", () => trainer.stop());
    byId("race-pause").addEventListener("click", () => {
      this.#paused = !this.#paused;
      trainer.send({ kind: this.#paused ? "pause" : "resume" });
      this.#said.textContent = this.#paused ? "Paused." : "";
      this.show();
    });
    byId("download").addEventListener("click", () => this.#download());
    byId<HTMLInputElement>("open").addEventListener("change", (event) => void this.#open(event));
    onTheme(() => showResults(this.#shown.ended));
    this.#drawNow();
  }

  /** Sets the length of a race. */
  setLength(iterations: number): void {
    this.#values.iterations = iterations;
    this.#length.value = iterations;
  }

  /** Sets both bounds of all schedules. */
  setBounds(bounds: { baseLr: number; maxLr: number }): void {
    this.#form.setBounds(bounds);
  }

  /** Adds a schedule, and returns a message about the result. */
  add(values: ScheduleValues): string {
    return this.#form.add(values)
      ? `Schedule ${this.#form.racers.length} of the race.`
      : `The race already has ${MOST_RACERS} schedules, which is the most it can have: remove one first.`;
  }

  /** Enables the buttons that can be used now. */
  show(): void {
    const { busy, ready } = this.#trainer;
    enable([["race-start", !busy && ready !== undefined], ["race-pause", this.#racing], ["race-stop", this.#racing]]);
    byId("race-pause").textContent = this.#paused ? "Go on" : "Pause";
    byId<HTMLButtonElement>("download").disabled = busy || !this.#races || this.#races.runs.length === 0;
    byId<HTMLInputElement>("open").disabled = busy;
  }

  async #start(): Promise<void> {
    let order: RaceOrder;
    try {
      const { iterations, races, seed } = this.#values;
      checkIterations(iterations);
      if (!(Number.isInteger(races) && races >= 1 && races <= MOST_RACES)) {
        throw new RangeError(`The races must be a whole number from 1 to ${MOST_RACES}, got ${races}.`);
      }
      if (!Number.isSafeInteger(seed)) throw new RangeError(`The seed must be a whole number, got ${seed}.`);
      order = { racers: racersOf(this.#form.racers, iterations), iterations, races, seed, madeUp: this.#madeUp() };
    } catch (error) {
      this.#said.textContent = (error as Error).message;
      return;
    }
    const runs: RacedRun[] = [];
    this.#racing = true; // so that the focus moves from Start to Pause
    const started = await this.#trainer.train("race", { kind: "race", order }, (message) => {
      if (message.kind === "race-step") this.#step(order, message);
      else if (message.kind === "race-end") {
        runs.push(...message.runs);
        this.#shown.ended = [...runs];
        this.#shown.lines = endedLines(runs, this.#shown.order);
        this.#shown.running = emptyRuns(order);
        showResults(runs);
      } else if (message.kind === "failed") {
        this.#said.textContent = message.message;
        this.#at.textContent = "";
      } else if (message.kind === "done") this.#end(order, message);
      if (message.kind === "done" || message.kind === "failed") {
        this.#racing = this.#paused = false;
        // the curves of a stopped race stay in the figure
        this.#shown.running = this.#shown.running.filter(({ history }) => history.lr.length > 0);
      }
      this.#draw();
    });
    if (!started) {
      this.#racing = false;
      this.#said.textContent = "Another training is under way, in this tab or in another.";
      return;
    }
    const { hardware, tfjs } = this.#trainer.ready!;
    this.#races = { order, runs, hardware, versions: { tfjs, browser: navigator.userAgent } };
    const names = order.racers.map(({ name }) => name);
    this.#shown = { ended: [], lines: [], running: emptyRuns(order), iterations: order.iterations, order: names };
    showResults([]);
    byId("open-said").textContent = "";
    this.#progress.value = 0;
    this.#said.textContent = "";
    this.#at.textContent = "Fetching the images …";
    this.show();
  }

  #step(order: RaceOrder, { seed, iteration, steps }: { seed: number; iteration: number; steps: RacerStep[] }): void {
    for (const [index, { learningRate, loss, validation }] of steps.entries()) {
      const { history } = this.#shown.running[index];
      history.iterations.push(iteration - 1);
      history.lr.push(learningRate);
      history.loss.push(loss);
      if (validation) {
        const { loss: val_loss, accuracy: val_accuracy } = validation;
        (history.validations ??= []).push({ iteration, val_loss, val_accuracy });
      }
    }
    const race = seed - order.seed;
    this.#progress.value = (race + iteration / order.iterations) / order.races;
    const which = order.races > 1 ? `Race ${race + 1} of ${order.races}, iteration` : "Iteration";
    this.#at.textContent = `${which} ${iteration} of ${order.iterations}${
      iteration === order.iterations ? ": scoring the test images" : ""
    }`;
  }

  #end(order: RaceOrder, { stopped, tensors }: { stopped: boolean; tensors: number }): void {
    const done = this.#shown.ended.length / order.racers.length;
    const at = this.#shown.running[0]?.history.iterations.length ?? 0;
    this.#at.textContent = tensors === 0 ? "No tensor is left in memory." : `${tensors} tensors are left in memory.`;
    this.#said.textContent = stopped
      ? `Stopped after ${at} of ${order.iterations} iterations; only races that finish are scored.`
      : `${done === 1 ? "The race has" : `All ${done} races have`} ended.`;
    if (!stopped) this.#progress.value = 1;
  }

  #drawNow(): void {
    const { ended, lines, running, iterations, order } = this.#shown;
    const updates = running[0]?.history.iterations.length ?? 0;
    const words = order.length === 0
      ? "Loss, accuracy and learning rate of a race: empty until one has started."
      : `Loss, validation accuracy and learning rate of ${order.join(", ")}: ${
        ended.length / order.length
      } races ended, ${updates} iterations of the next.`;
    this.#plot.draw(raceFigure(lines, running, { iterations, order }), words);
  }

  #download(): void {
    const blob = new Blob([`${JSON.stringify(raceRecord(this.#races!))}\n`], { type: "application/json" });
    const url = URL.createObjectURL(blob);
    make("a", { href: url, download: RECORD_NAME }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }

  async #open(event: Event): Promise<void> {
    const input = event.target as HTMLInputElement;
    const [file] = input.files ?? [];
    if (!file) return;
    const said = byId("open-said");
    try {
      const { runs, about } = openRecord(await file.text());
      const order = [...new Set(runs.map(({ name }) => name))];
      const iterations = Math.max(...runs.map((run) => run.iterations));
      this.#races = undefined;
      this.#shown = { ended: [...runs], lines: endedLines(runs, order), running: [], iterations, order };
      showResults(runs);
      said.textContent = `${file.name}: ${about}`;
      this.#drawNow();
    } catch (error) {
      said.textContent = (error as Error).message;
    }
    input.value = ""; // so that the same file can be opened again
    this.show();
  }
}

function emptyRuns({ racers }: RaceOrder): DrawnRun[] {
  return racers.map(({ name }) => ({ name, history: emptyHistory() }));
}
