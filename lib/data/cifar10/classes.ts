/**
 * CIFAR-10's classes.
 * @module
 */

/** The ten classes, by label. */
export const CIFAR10_CLASSES: readonly string[] = Object.freeze([
  ...["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
]);
