/**
 * Frames for a worker that draws nothing. A browser gives a tab in the background none, and what waits for one, such as
 * the range test between its updates, would stand still. This module comes before tfjs, which looks once.
 * @module
 */
Object.assign(globalThis, { requestAnimationFrame: (call: () => void) => setTimeout(call) });
