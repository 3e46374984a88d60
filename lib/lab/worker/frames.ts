/**
 * Animation frames for a worker that draws nothing. A browser gives no frames to a tab in the background, so code that
 * waits for a frame, such as the range test between its updates, would stall. Import this module before tfjs, which
 * looks for `requestAnimationFrame` only once.
 * @module
 */
Object.assign(globalThis, { requestAnimationFrame: (call: () => void) => setTimeout(call) });
