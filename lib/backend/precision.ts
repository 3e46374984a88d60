/**
 * How precise the numbers of a training are.
 * @module
 */

/** The precisions by the names a person gives them. */
export const PRECISIONS = ["float32", "bfloat16"] as const;
/** `"bfloat16"` is mixed precision: convolutions and what lies between them; weights and sums stay float32. */
export type Precision = typeof PRECISIONS[number];
