/// <reference lib="dom" />
/**
 * Range test: shows the curve while it grows, and the bounds read from it.
 * @module
 */
import { label } from "../../figures/axes.ts";
import { rangeTestFigure } from "../../figures/range_test.ts";
import type { RangeTest } from "../../finder/range_test.ts";
import { findLrCommand } from "../code.ts";
import type { RangeOrder } from "../protocol.ts";
import { byId, copies, enable, showCommand } from "./dom.ts";
import { numberField } from "./fields.ts";
import { Plot, throttled } from "./plot.ts";
import type { Trainer } from "./trainer.ts";

/** The curve so far. */
interface Curve {
  learningRates: number[];
  losses: number[];
  smoothedLosses: number[];
}

/** The page's section Range test. */
export class RangeTestPart {
  readonly #values = { startLr: 1e-5, endLr: 1, iterations: 100, seed: 42 };
  readonly #plot = new Plot(byId("range-figure"));
  readonly #trainer: Trainer;
  readonly #madeUp: () => boolean;
  #curve: Curve = { learningRates: [], losses: [], smoothedLosses: [] };
  #test?: RangeTest;
  /** Whether a test is under way now. */
  #testing = false;
  /** The ends of the axis of the curve, which stay while the fields change. */
  #ends: readonly [startLr: number, endLr: number] = [1, 1];

  /**
   * @param trainer The trainer that runs the test.
   * @param madeUp Whether the images are made up.
   * @param useBounds Called with bounds to use.
   */
  constructor(trainer: Trainer, madeUp: () => boolean, useBounds: (bounds: { baseLr: number; maxLr: number }) => void) {
    this.#trainer = trainer;
    this.#madeUp = madeUp;
    const fields = byId("range-fields");
    const rate = { unit: "learning rate", range: [-8, 1], step: 0.25, log: true } as const;
    const specs = {
      startLr: { label: "From", ...rate },
      endLr: { label: "To", ...rate },
      iterations: { label: "Length of the test", unit: "iterations", range: [40, 300], step: 10 },
      seed: { label: "Seed", unit: "decides weights and batches", range: [1, 99], step: 1 },
    } as const;
    for (const name of Object.keys(specs) as (keyof typeof specs)[]) {
      const field = numberField(`range-${name}`, specs[name], this.#values[name], (value) => {
        this.#values[name] = value;
        this.#showCommand();
        if (this.#curve.losses.length === 0) this.#draw();
      });
      fields.append(field.element);
    }
    byId("range-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#start();
    });
    byId("range-stop").addEventListener("click", () => trainer.stop());
    byId("use-bounds").addEventListener("click", () => {
      const { bounds } = this.#test ?? {};
      if (!bounds) return;
      useBounds({ baseLr: tidy(bounds.baseLr), maxLr: tidy(bounds.maxLr) });
      byId("range-status").textContent = "Explore and Race now have these bounds.";
    });
    copies(byId("copy-range-command"), () => byId("range-command").textContent ?? "");
    this.#showCommand();
    this.#draw();
  }

  /** Enables the buttons that can be used now. */
  show(): void {
    const { busy, ready } = this.#trainer;
    enable([["range-start", !busy && ready !== undefined], ["range-stop", this.#testing]]);
  }

  async #start(): Promise<void> {
    const [said, at] = [byId("range-status"), byId("range-at")];
    const order: RangeOrder = { ...this.#values, madeUp: this.#madeUp() };
    const wrong = problemOf(order);
    if (wrong) return void (said.textContent = wrong);
    const progress = byId<HTMLProgressElement>("range-progress");
    const draw = throttled(() => this.#draw());
    this.#testing = true; // so that the focus moves from Start to Stop
    const started = await this.#trainer.train("range test", { kind: "range-test", order }, (message) => {
      const curve = this.#curve;
      if (message.kind === "range-step") {
        curve.learningRates.push(message.learningRate);
        curve.losses.push(message.loss);
        curve.smoothedLosses.push(message.smoothed);
        progress.value = curve.losses.length / order.iterations;
        at.textContent = `Update ${curve.losses.length} of ${order.iterations}`;
      } else if (message.kind === "range-end") {
        this.#test = message.test;
        progress.value = 1;
        said.textContent = message.test.stoppedEarly
          ? `Ended after ${message.test.losses.length} updates, as the loss had grown beyond four times its best.`
          : `Ended after ${message.test.losses.length} updates.`;
        this.#read(message.test);
      } else if (message.kind === "failed") {
        said.textContent = message.message;
        at.textContent = "";
      } else if (message.kind === "done" && message.stopped && !this.#test) {
        said.textContent = `Stopped after ${curve.losses.length} updates: no bounds are read off half a curve.`;
      }
      if (message.kind === "done") {
        at.textContent = message.tensors === 0
          ? "No tensor is left in memory."
          : `${message.tensors} tensors are left.`;
      }
      if (message.kind === "done" || message.kind === "failed") this.#testing = false;
      draw();
    });
    if (!started) {
      this.#testing = false;
      said.textContent = "Another training is under way, in this tab or in another.";
      return;
    }
    this.#curve = { learningRates: [], losses: [], smoothedLosses: [] };
    this.#test = undefined;
    this.#ends = [order.startLr, order.endLr];
    byId("range-reading").textContent = "";
    byId<HTMLButtonElement>("use-bounds").disabled = true;
    said.textContent = "";
    at.textContent = "Fetching the images …";
  }

  #read({ bounds, suggestions, reason = "" }: RangeTest): void {
    byId<HTMLButtonElement>("use-bounds").disabled = bounds === undefined;
    if (!bounds) {
      byId("range-reading").textContent = `No bounds: ${reason}. Try a wider range, or another seed.`;
      return;
    }
    const others = Object.entries(suggestions).filter(([, rate]) => rate !== undefined)
      .map(([name, rate]) => `${name} ${label(rate)}`);
    byId("range-reading").textContent = `Base ${tidy(bounds.baseLr)}, maximum ${tidy(bounds.maxLr)} (${reason}). ` +
      `For one rate instead of two bounds, fastai's rules suggest: ${others.join(", ")}.`;
  }

  #draw(): void {
    const curve = this.#test ?? this.#curve;
    const empty = curve.losses.length === 0;
    const figure = rangeTestFigure(curve);
    const { xaxis, yaxis } = figure.layout as Record<string, Record<string, unknown>>;
    if (!this.#test && !(empty && problemOf(this.#values))) {
      // the axis does not move while the curve grows along it
      xaxis.range = (empty ? [this.#values.startLr, this.#values.endLr] : this.#ends).map(Math.log10);
    }
    const [first = 2] = curve.smoothedLosses;
    // wide enough that the noise of the first updates does not look like a mountain range
    if (!this.#test) yaxis.range = [Math.min(first, ...curve.smoothedLosses) - 0.4, first + 0.6];
    const words = this.#test
      ? byId("range-reading").textContent!
      : `The loss against the learning rate, after ${curve.losses.length} updates.`;
    this.#plot.draw(figure, words);
  }

  #showCommand(): void {
    const wrong = problemOf(this.#values);
    showCommand(byId("range-command"), wrong ?? findLrCommand(this.#values));
    byId<HTMLButtonElement>("copy-range-command").disabled = wrong !== undefined;
  }
}

/** Rounds a bound to two digits, because a range test is no more precise. */
const tidy = (rate: number) => Number(rate.toPrecision(2));

/** Returns a sentence that says what is wrong with a test's numbers, or undefined if nothing is. */
function problemOf({ startLr, endLr, iterations, seed }: Omit<RangeOrder, "madeUp">): string | undefined {
  if (!(startLr > 0 && endLr > startLr && endLr < Infinity)) {
    return `The rates must be above 0 and rise, got ${startLr} to ${endLr}.`;
  }
  if (!(Number.isInteger(iterations) && iterations >= 2 && iterations <= 10_000)) {
    return `The length must be a whole number of iterations from 2 to 10,000, got ${iterations}.`;
  }
  if (!Number.isSafeInteger(seed)) return `The seed must be a whole number, got ${seed}.`;
}
