/**
 * Checks of arguments, and how an error shows a value: `Cannot <verb>: <name> must be <rule>, got <value>`.
 * @module
 */

/** Shows a value in an error: strings quoted, `NaN` and `Infinity` as they are. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return `a function${value.name ? ` named ${JSON.stringify(value.name)}` : ""}`;
  if (typeof value === "object" && value !== null) {
    const text = JSON.stringify(value) ?? String(value);
    return text.length > 80 ? `${text.slice(0, 77)}...` : text;
  }
  return String(value);
}

/**
 * Throws unless `value` is a finite number that keeps the rule.
 *
 * @param verb What could not be done, such as `"create a cyclical schedule"`.
 * @param name The option's name.
 * @param value The option's value.
 * @param rule Words for the rule, such as `"above 0"`.
 * @param holds Whether a finite number keeps the rule.
 * @throws {TypeError} If the value is no number.
 * @throws {RangeError} If it is not finite or breaks the rule.
 */
export function checkNumber(
  verb: string,
  name: string,
  value: unknown,
  rule = "a finite number",
  holds: (value: number) => boolean = () => true,
): asserts value is number {
  if (typeof value !== "number") {
    throw new TypeError(`Cannot ${verb}: ${name} must be a number, got ${shown(value)}`);
  }
  if (!Number.isFinite(value) || !holds(value)) {
    throw new RangeError(`Cannot ${verb}: ${name} must be ${rule}, got ${value}`);
  }
}

/** Throws a RangeError unless `value` is one of `choices`. */
export function checkChoice<T extends string>(
  verb: string,
  name: string,
  value: unknown,
  choices: readonly T[],
): asserts value is T {
  if (!choices.includes(value as T)) {
    const list = choices.map((choice) => JSON.stringify(choice)).join(", ");
    throw new RangeError(`Cannot ${verb}: ${name} must be one of ${list}, got ${shown(value)}`);
  }
}

/** Throws a TypeError unless `options` is an object whose keys are all among `known`. */
export function checkOptions(verb: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(`Cannot ${verb}: the options must be an object, got ${shown(options)}`);
  }
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) {
      throw new TypeError(`Cannot ${verb}: ${known.join(", ")} are its options, got ${shown(key)}`);
    }
  }
}

/** Rules with their words, shared by the schedules' doors. */
export const rules = {
  notNegative: ["0 or more", (value: number) => value >= 0],
  positive: ["above 0", (value: number) => value > 0],
  count: ["a whole number of 1 or more", (value: number) => Number.isInteger(value) && value >= 1],
  fraction: ["from 0 to 1", (value: number) => value >= 0 && value <= 1],
} as const satisfies Record<string, readonly [string, (value: number) => boolean]>;
