/**
 * Prints every name that an experiment may use, for `--list`.
 * @module
 */
import { PRESETS } from "../experiments/presets.ts";
import { DATASETS } from "../experiments/registries/datasets.ts";
import { MODELS } from "../experiments/registries/models.ts";
import { OPTIMIZERS } from "../experiments/registries/optimizers.ts";
import { SCHEDULES } from "../experiments/registries/schedules.ts";
import type { Flag } from "./flags.ts";

/** The flag itself. */
export const LIST_FLAG = {
  list: { help: "list the presets, data sets, models, optimizers and schedules by name" },
} as const satisfies Record<string, Flag>;

/** The registries as text, with one line per entry. */
export function listText(): string {
  const registries: Record<string, Readonly<Record<string, { about: string }>>> = {
    "--preset": PRESETS,
    "--dataset": DATASETS,
    "--model": MODELS,
    "--optimizer": OPTIMIZERS,
    "--schedule": SCHEDULES,
  };
  const width = Math.max(...Object.values(registries).flatMap((entries) => Object.keys(entries).map((n) => n.length)));
  return Object.entries(registries).map(([flag, entries]) =>
    [flag, ...Object.entries(entries).map(([name, { about }]) => `  ${name.padEnd(width)}  ${about}`)].join("\n")
  ).join("\n\n");
}
