/**
 * How numbers go into convolutions.
 * @module
 */

/** The precisions by the names a person gives them. */
export const PRECISIONS = ["float32", "bfloat16"] as const;
/** `"bfloat16"` is mixed precision: only convolutions' inputs are rounded. */
export type Precision = typeof PRECISIONS[number];
