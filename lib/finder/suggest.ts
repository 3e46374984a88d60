/**
 * Suggests a learning rate from a range test's curve, by pure functions of the rates and the losses.
 * @module
 */
import { shown } from "../support/check.ts";

function check(name: string, learningRates: readonly number[], losses: readonly number[], least: number): void {
  const verb = `suggest a learning rate by ${name}`;
  if (!Array.isArray(learningRates) || !Array.isArray(losses) || learningRates.length !== losses.length) {
    throw new TypeError(
      `Cannot ${verb}: there must be as many rates as losses, got ${learningRates?.length} and ${losses?.length}`,
    );
  }
  if (losses.length < least) {
    throw new RangeError(`Cannot ${verb}: there must be ${least} points or more, got ${losses.length}`);
  }
  const wrong = [...learningRates, ...losses].find((value) => !Number.isFinite(value));
  if (wrong !== undefined) throw new RangeError(`Cannot ${verb}: all numbers must be finite, got ${shown(wrong)}`);
}

/** Indexes as in Python, where negative indices count from the end. */
const at = (values: readonly number[], index: number) => values.at(index)!;

/**
 * The rate halfway (a third plus a sixth) along the longest fall of the loss: there the curve is steep, and its end is
 * not yet near.
 *
 * Source: fastai's `valley`, which takes the point (1/3 + 1/6) into the longest strictly falling subsequence.
 *
 * @param learningRates The rates, rising.
 * @param losses The loss at each, smoothed.
 * @throws {TypeError} If the two differ in length.
 * @throws {RangeError} If a number is not finite, or there are fewer than 2 points.
 */
function valley(learningRates: readonly number[], losses: readonly number[]): number {
  check("valley", learningRates, losses, 2);
  const lengths = losses.map(() => 1);
  let [start, end] = [0, 0];
  for (let i = 1; i < losses.length; i++) {
    for (let j = 0; j < i; j++) {
      if (losses[i] < losses[j] && lengths[i] < lengths[j] + 1) lengths[i] = lengths[j] + 1;
      if (lengths[end] < lengths[i]) [start, end] = [i - lengths[i], i];
    }
  }
  const section = (end - start) / 3;
  return at(learningRates, start + Math.floor(section) + Math.floor(section / 2));
}

/**
 * The rate at the foot of the final climb. Coming from the right, it is the last point whose slope still differs from
 * the slope 15 points to its right.
 *
 * Source: fastai's `slide`.
 *
 * @param learningRates The rates, rising.
 * @param losses The loss at each, smoothed.
 * @throws {TypeError} If the two differ in length.
 * @throws {RangeError} If a number is not finite, or there are fewer than 16 points.
 */
function slide(learningRates: readonly number[], losses: readonly number[]): number {
  const [width, threshold] = [15, 0.005];
  check("slide", learningRates, losses, width + 1);
  const n = losses.length;
  const slopes = losses.map((_, i) =>
    i === 0 ? losses[1] - losses[0] : i === n - 1 ? losses[n - 1] - losses[n - 2] : (losses[i + 1] - losses[i - 1]) / 2
  );
  let left = n - 1 - width;
  let suggestion = learningRates[left];
  for (let right = n - 1; left >= 0 && Math.abs(slopes[right] - slopes[left]) > threshold; right--, left--) {
    suggestion = learningRates[left];
  }
  return suggestion;
}

/**
 * A tenth of the rate at the lowest loss.
 *
 * Source: fastai's `minimum`.
 *
 * @param learningRates The rates, rising.
 * @param losses The loss at each, smoothed.
 * @throws {TypeError} If the two differ in length.
 * @throws {RangeError} If a number is not finite, or there is no point.
 */
function minimum(learningRates: readonly number[], losses: readonly number[]): number {
  check("minimum", learningRates, losses, 1);
  return learningRates[losses.indexOf(Math.min(...losses))] / 10;
}

/**
 * The rate at which the loss falls fastest, as a function of the logarithm of the rate.
 *
 * Source: fastai's `steep`.
 *
 * @param learningRates The rates, rising, above 0.
 * @param losses The loss at each, smoothed.
 * @throws {TypeError} If the two differ in length.
 * @throws {RangeError} If a number is not finite, or there are fewer than 2 points.
 */
function steepest(learningRates: readonly number[], losses: readonly number[]): number {
  check("steepest", learningRates, losses, 2);
  const slopes = losses.slice(1).map((loss, i) =>
    (loss - losses[i]) / (Math.log(learningRates[i + 1]) - Math.log(learningRates[i]))
  );
  return learningRates[slopes.indexOf(Math.min(...slopes))];
}

/**
 * fastai's four suggestions. These functions do not trim the curve; `findLearningRate` does that first.
 *
 * @example
 * ```ts
 * import { suggest } from "./suggest.ts";
 *
 * if (suggest.minimum([0.01, 0.1, 1], [2, 1, 3]).toFixed(3) !== "0.010") throw new Error("a tenth of 0.1");
 * ```
 */
export const suggest: {
  readonly valley: typeof valley;
  readonly slide: typeof slide;
  readonly minimum: typeof minimum;
  readonly steepest: typeof steepest;
} = Object.freeze({ valley, slide, minimum, steepest });
