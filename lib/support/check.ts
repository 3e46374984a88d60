/**
 * Checks arguments, and words the errors alike: `Cannot <verb>: <name> must be <rule>, got <value>`.
 * @module
 */

/** Shows a value in an error: strings quoted, `NaN` and `Infinity` as they are. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return `a function${value.name ? ` named ${JSON.stringify(value.name)}` : ""}`;
  if (typeof value === "object" && value !== null) {
    if (ArrayBuffer.isView(value)) return kindOf(value);
    const text = asJson(value) ?? `an object (${value.constructor?.name})`;
    return text.length > 80 ? `${text.slice(0, 77)}...` : text;
  }
  return String(value);
}

const kindOf = (array: ArrayBufferView) => `${array.constructor.name} of ${array.byteLength} bytes`;

/** JSON in which typed arrays are named, not spelled out; undefined for what JSON cannot hold, such as a cycle. */
function asJson(value: object): string | undefined {
  try {
    return JSON.stringify(value, (_key, one) => ArrayBuffer.isView(one) ? kindOf(one) : one);
  } catch {
    return undefined;
  }
}

/**
 * Throws unless `value` is a finite number that satisfies the rule.
 *
 * @param verb What could not be done, such as `"create a cyclical schedule"`.
 * @param name The option's name.
 * @param value The option's value.
 * @param rule The rule in words, such as `"above 0"`.
 * @param holds Whether a finite number satisfies the rule.
 * @throws {TypeError} If the value is not a number.
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

/** A rule for numbers: the rule in words, and a function that tells whether a finite number satisfies it. */
export type Rule = readonly [words: string, holds: (value: number) => boolean];

/** Rules that many options share. */
export const rules = {
  notNegative: ["0 or more", (value: number) => value >= 0],
  positive: ["above 0", (value: number) => value > 0],
  count: ["a whole number of 1 or more", (value: number) => Number.isInteger(value) && value >= 1],
  whole: ["a whole number of 0 or more", (value: number) => Number.isInteger(value) && value >= 0],
  belowOne: ["0 or more and below 1", (value: number) => value >= 0 && value < 1],
  decay: ["above 0 and at most 1", (value: number) => value > 0 && value <= 1],
  fraction: ["from 0 to 1", (value: number) => value >= 0 && value <= 1],
} as const satisfies Record<string, Rule>;

/** Checks the value of one option and returns it, or returns the option's default if it was left out. */
export type OptionCheck<T> = (verb: string, name: string, value: unknown) => T;

/** A check for each option of an interface. TypeScript rejects a table with a check missing or a check too many. */
export type OptionChecks<O> = { readonly [K in keyof Required<O>]: OptionCheck<O[K]> };

/** The options that a table of checks reads. */
export type OptionsOf<C> = { readonly [K in keyof C]: C[K] extends OptionCheck<infer T> ? T : never };

/**
 * Reads options with a table of checks, the only place that lists the options' names, rules and defaults.
 *
 * @param verb What could not be done, such as `"create a step decay"`.
 * @param options The options as the caller gave them.
 * @param checks A check for each option.
 * @returns The options, with defaults for those that were left out.
 * @throws {TypeError} If `options` is not an object, an option is unknown, or a value is of the wrong kind.
 * @throws {RangeError} If a value breaks its rule.
 */
export function readOptions<O extends object, C extends OptionChecks<O>>(
  verb: string,
  options: O,
  checks: C & { readonly [K in Exclude<keyof C, keyof O>]: never },
): OptionsOf<C> {
  checkOptions(verb, options, Object.keys(checks));
  const entries = Object.entries<OptionCheck<unknown>>(checks);
  return Object.fromEntries(
    entries.map(([name, check]) => [name, check(verb, name, options[name as keyof O])]),
  ) as OptionsOf<C>;
}

/** A number that satisfies a rule; required if there is no default. */
export function numeric(rule: Rule, byDefault?: number): OptionCheck<number> {
  return (verb, name, value = byDefault) => {
    checkNumber(verb, name, value, ...rule);
    return value;
  };
}

/** One of several strings; required if there is no default. */
export function oneOf<const T extends string>(choices: readonly T[], byDefault?: T): OptionCheck<T> {
  return (verb, name, value = byDefault) => {
    checkChoice(verb, name, value, choices);
    return value;
  };
}

/** True or false. */
export function flag(byDefault: boolean): OptionCheck<boolean> {
  return (verb, name, value = byDefault) => {
    if (typeof value !== "boolean") {
      throw new TypeError(`Cannot ${verb}: ${name} must be true or false, got ${shown(value)}`);
    }
    return value;
  };
}

/** An option that may be left out and has no default. */
export function optional<T>(check: OptionCheck<T>): OptionCheck<T | undefined> {
  return (verb, name, value) => value === undefined ? undefined : check(verb, name, value);
}
