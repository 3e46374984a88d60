/**
 * Keeps track of the callback that sets a fit's rate: there can be at most one.
 * @module
 */

/** Marks a fit's parameters, which tfjs gives to each callback of that fit, with the callback that sets the rate. */
const RATE_SETTER = Symbol("rate setter");
interface Marked {
  [RATE_SETTER]?: object;
}

/**
 * Registers a callback as the one that sets the rate in a fit.
 *
 * @param params The fit's parameters, as tfjs passes them to `setParams`.
 * @param callback The callback.
 * @throws {TypeError} If another callback of that fit already sets the rate.
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

/** The callback that sets the rate in a fit; undefined if there is none. */
export function rateSetterOfFit(params: object | undefined): object | undefined {
  return (params as Marked | undefined)?.[RATE_SETTER];
}
