/**
 * Which callback of a fit sets the rate: there is one at most.
 * @module
 */

/** Marks a fit's parameters, which tfjs hands to each callback of that fit, with the callback that sets the rate. */
const RATE_SETTER = Symbol("rate setter");
interface Marked {
  [RATE_SETTER]?: object;
}

/**
 * Makes a callback the one that sets the rate on a fit.
 *
 * @param params The fit's parameters, as tfjs hands them to `setParams`.
 * @param callback The callback.
 * @throws {TypeError} If another callback of that fit sets the rate.
 */
export function claimRate(params: object, callback: object): void {
  const marked = params as Marked;
  const other = marked[RATE_SETTER];
  if (other && other !== callback) {
    throw new TypeError(
      `Cannot train: one fit takes one learning-rate scheduler, got two (${other.constructor.name}, ` +
        `${callback.constructor.name})`,
    );
  }
  marked[RATE_SETTER] = callback;
}

/** The callback that sets the rate on a fit; undefined where there is none. */
export function rateSetterOfFit(params: object | undefined): object | undefined {
  return (params as Marked | undefined)?.[RATE_SETTER];
}
