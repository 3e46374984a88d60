/**
 * Makes the schedules of a race from the form's values.
 * @module
 */
import { scheduleFromSettings } from "../experiments/schedule.ts";
import type { Racer } from "./protocol.ts";
import { BATCHES_PER_EPOCH, scheduleSettings, type ScheduleValues, takenBy } from "./settings.ts";

/** The fewest schedules in a race. */
export const FEWEST_RACERS = 2;
/** The most schedules in a race. */
export const MOST_RACERS = 4;

/**
 * A unique name for each schedule of a race. If the schedule's own name is not unique, its maximum is added, and then a
 * number.
 */
export function racerNames(all: readonly Pick<ScheduleValues, "schedule" | "maxLr">[]): string[] {
  const twice = (names: readonly string[], name: string) => names.filter((other) => other === name).length > 1;
  const plain = all.map(({ schedule }) => schedule);
  const bounded = plain.map((name, index) => twice(plain, name) ? `${name} to ${all[index].maxLr}` : name);
  return bounded.map((name, index) => {
    const before = bounded.slice(0, index).filter((other) => other === name).length;
    return before > 0 ? `${name} (${before + 1})` : name;
  });
}

/**
 * The schedules of a race.
 *
 * @param all The form's values for each schedule.
 * @param iterations Optimizer updates of each schedule.
 * @throws {RangeError} If a number is wrong; the message begins with the schedule's name.
 */
export function racersOf(all: readonly ScheduleValues[], iterations: number): Racer[] {
  const names = racerNames(all);
  return all.map((values, index) => {
    try {
      const settings = scheduleSettings(values, iterations);
      scheduleFromSettings(settings, iterations, BATCHES_PER_EPOCH); // the schedule has rules of its own
      return { name: names[index], settings };
    } catch (error) {
      throw new RangeError(`${names[index]}: ${(error as Error).message}`, { cause: error });
    }
  });
}

/** Describes a schedule's settings other than its bounds: "half a cycle 60 iterations, momentum 0.95 to 0.85". */
export function detailsOf(values: ScheduleValues): string {
  const taken = takenBy(values.schedule);
  const { stepSize, left, decays, power, peakAt, warmUp, mirrored, lowMomentum, highMomentum } = values;
  const shrinks = taken.includes("decays") && decays === "bounds" ? "both bounds" : "the height";
  return [
    taken.includes("stepSize") && `half a cycle ${stepSize} iterations`,
    taken.includes("left") && `${left} % of ${shrinks} left at the end`,
    taken.includes("power") && `power ${power}`,
    taken.includes("peakAt") && `rise over ${peakAt} % of the run`,
    warmUp > 0 && `warm-up of ${warmUp} iterations`,
    taken.includes("mirrored") && mirrored && `momentum ${highMomentum} to ${lowMomentum}`,
  ].filter(Boolean).join(", ");
}
