/**
 * Writes a schedule as text: the code that makes it, and the command that trains with it.
 * @module
 */
import type { ScheduleSettings } from "../experiments/experiment.ts";
import type { Schedule, ScheduleConfig } from "../schedules/schedule.ts";
import { BATCH_SIZE, BATCHES_PER_EPOCH, DATA } from "./settings.ts";

/**
 * The code that makes a schedule in a notebook: its import and its call.
 *
 * @param schedule A schedule of the library.
 * @throws {TypeError} If it is a function of your own, which has no config.
 */
export function codeLines(schedule: Schedule): string {
  if (!schedule.config) throw new TypeError("Cannot write a schedule as code: it must have a config, got none");
  const names = new Set<string>();
  const call = callOf(schedule.config, names);
  return `import { ${[...names].sort().join(", ")} } from "../lib/mod.ts";\nconst schedule = ${call};`;
}

/** Writes a config as the call that makes the schedule. The names of the functions it needs are added to `names`. */
function callOf({ schedule: name, ...options }: ScheduleConfig, names: Set<string>): string {
  names.add(name);
  const inner = (config: unknown) => callOf(config as ScheduleConfig, names);
  if (name === "join") {
    const stages = options.stages as { schedule: unknown; iterations?: number }[];
    const parts = stages.map(({ schedule, ...rest }) => [`schedule: ${inner(schedule)}`, fields(rest)].filter(Boolean));
    return `join([${parts.map((part) => `{ ${part.join(", ")} }`).join(", ")}])`;
  }
  if (name === "product") return `product(${(options.of as unknown[]).map(inner).join(", ")})`;
  const { of, ...rest } = options;
  return `${name}(${of === undefined ? "" : `${inner(of)}, `}{ ${fields(rest)} })`;
}

const fields = (options: object): string =>
  Object.entries(options).map(([name, value]) => `${name}: ${JSON.stringify(value).replaceAll(",", ", ")}`).join(", ");

/**
 * The command that trains the laboratory's network under a schedule, on the same number of images.
 *
 * @param settings The schedule's settings; lengths in iterations.
 * @param iterations Optimizer updates of the run.
 */
export function trainCommand(settings: ScheduleSettings, iterations: number): string {
  const { name, stepSize, warmUp, momentumRange, ...numbers } = settings;
  const epochs = (length: typeof stepSize) =>
    typeof length === "object" ? Number((length.iterations / BATCHES_PER_EPOCH).toPrecision(10)) : length;
  const flags = {
    model: "small-cnn",
    schedule: name,
    "base-lr": numbers.baseLr,
    "max-lr": numbers.maxLr,
    "step-size": epochs(stepSize),
    gamma: numbers.gamma,
    decays: numbers.decays,
    power: numbers.power,
    "peak-at": numbers.peakAt,
    "warm-up": epochs(warmUp),
    "momentum-range": momentumRange?.join(","),
    iterations,
    ...imageFlags(),
  };
  return `deno task train ${flagged(flags)} --no-augment`;
}

/**
 * The command that runs the laboratory's range test.
 *
 * @param test `startLr` and `endLr`, the first and the last rate; `iterations`, optimizer updates; `seed`.
 */
export function findLrCommand(
  test: { startLr: number; endLr: number; iterations: number; seed: number },
): string {
  const { startLr, endLr, iterations, seed } = test;
  const flags = { model: "small-cnn", "start-lr": startLr, "end-lr": endLr, iterations, ...imageFlags(), seed };
  return `deno task find-lr ${flagged(flags)} --no-augment`;
}

const imageFlags = () => ({
  "batch-size": BATCH_SIZE,
  "train-size": DATA.trainSize,
  "validation-size": DATA.validationSize,
  "test-size": DATA.testSize,
});

const flagged = (flags: Record<string, string | number | undefined>): string =>
  Object.entries(flags).filter(([, value]) => value !== undefined).map(([name, value]) => `--${name} ${value}`)
    .join(" ");
