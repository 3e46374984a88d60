/**
 * Augmentation: small random changes that do not change an image's class.
 * @module
 */
export type { Augmentation } from "./augmentation/augmentation.ts";
export { cutout } from "./augmentation/cutout.ts";
export { randomFlip } from "./augmentation/random_flip.ts";
export { randomShift, type RandomShiftOptions } from "./augmentation/random_shift.ts";
