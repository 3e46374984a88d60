/**
 * The numeric precision of a training.
 * @module
 */

/** The names of the precisions. */
export const PRECISIONS = ["float32", "bfloat16"] as const;
/**
 * `"bfloat16"` is mixed precision: it applies to convolutions and what lies between them; weights and sums stay
 * float32.
 */
export type Precision = typeof PRECISIONS[number];
