/// <reference lib="dom" />
/**
 * The page: its three parts, the choice of the backend, and the choice of the images.
 * @module
 */
import { LAB_BACKENDS, type LabBackend } from "../protocol.ts";
import { ITERATIONS } from "../settings.ts";
import { byId, fillSelect, make } from "./dom.ts";
import { Explore } from "./explore.ts";
import { Race } from "./race.ts";
import { RangeTestPart } from "./range.ts";
import { anotherTabTrains, brokenOff, Trainer } from "./trainer.ts";

const images = byId<HTMLSelectElement>("images-choice");
const backends = byId<HTMLSelectElement>("backend-choice");
const madeUp = () => images.value === "made-up";

/** Shows a notice above the parts, with a button if the user can do something about it. */
function notice(text: string, action?: { label: string; run: () => void }): void {
  const element = make("div", { class: "notice" }, make("p", {}, text));
  const close = make("button", { type: "button", class: "quiet" }, action?.label ?? "Close");
  close.addEventListener("click", () => {
    action?.run();
    element.remove();
    // else a keyboard would start at the top of the page again
    (document.querySelector<HTMLElement>("#notices button") ?? byId("explore")).focus({ preventScroll: true });
  });
  element.append(close);
  byId("notices").append(element);
}

const trainer = new Trainer(showState, (message) => {
  byId("backend").textContent = message;
});
const explore: Explore = new Explore(ITERATIONS, {
  length: (iterations) => race.setLength(iterations),
  race: (values) => race.add(values),
});
const range = new RangeTestPart(trainer, madeUp, (bounds) => {
  explore.setBounds(bounds);
  race.setBounds(bounds);
});
const race: Race = new Race(trainer, ITERATIONS, { madeUp, length: (iterations) => explore.setLength(iterations) });

function showState(): void {
  const { ready, busy } = trainer;
  if (ready) byId("backend").textContent = `TensorFlow.js trains on ${ready.backend}, ${ready.reason}.`;
  for (const select of [images, backends]) select.disabled = busy;
  range.show();
  race.show();
}

const BACKEND_NAMES: Record<LabBackend, string> = {
  ...{ auto: "the fastest", webgpu: "WebGPU", webgl: "WebGL", wasm: "WebAssembly" },
};
fillSelect(backends, LAB_BACKENDS.map((name) => [name, BACKEND_NAMES[name]]), "auto");
backends.addEventListener("change", () => {
  byId("backend").textContent = `Starting ${backends.selectedOptions[0].textContent} …`;
  trainer.start(backends.value as LabBackend);
});
trainer.start("auto");

/** What stands in the way of training on CIFAR-10; empty if nothing does. */
async function imagesProblem(): Promise<string> {
  const response = await fetch("/images");
  return response.ok ? (await response.json()).message : await response.text();
}

const problem = await imagesProblem();
if (problem) {
  notice(`${problem} Everything works with made-up images, too: stripes of ten directions.`, {
    label: "Use made-up images",
    run: () => images.value = "made-up",
  });
}
if (await anotherTabTrains()) {
  notice("Another tab of the laboratory is training. Look around here meanwhile; only one training runs at a time.");
}
const left = await brokenOff();
if (left) {
  notice(`A ${left} was under way when its tab was closed, so its training is lost. To repeat it, use the same seed.`);
}
