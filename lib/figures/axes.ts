/**
 * Axes in the common style, labelled with their units.
 * @module
 */
import { COLOURS } from "./figure.ts";

/** An axis with its name. */
export function axis(title: string, options: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    title: { text: title, standoff: 8 },
    ...(options.showgrid !== false && { gridcolor: COLOURS.grid }),
    zeroline: false,
    showline: true,
    linecolor: "#888888",
    ticks: "outside",
    tickcolor: "#888888",
    automargin: true,
    ...options,
  };
}

/** The axis of a rate. It shows powers of ten as 1e-4, never with SI prefixes. */
export function rateAxis(title = "learning rate", options: Record<string, unknown> = {}): Record<string, unknown> {
  return axis(title, { exponentformat: "e", ...options });
}

/** The axis of iterations, or of epochs if nothing finer is known of a training. */
export function timeAxis(byIteration: boolean, options: Record<string, unknown> = {}): Record<string, unknown> {
  const title = byIteration ? "iteration (optimizer updates)" : "epoch";
  return axis(title, { exponentformat: "none", separatethousands: true, ...options });
}

/**
 * A metric's axis, labelled in words: `val_accuracy` becomes "validation accuracy". Accuracies are shown in percent.
 */
export function metricAxis(metric: string, options: Record<string, unknown> = {}): Record<string, unknown> {
  return axis(metricWords(metric), { ...(isAccuracy(metric) && { tickformat: "~%" }), ...options });
}

/** Whether a metric is an accuracy, from 0 to 1. */
export function isAccuracy(metric: string): boolean {
  return /acc(uracy)?$/i.test(metric);
}

/** A metric's name in words. */
export function metricWords(metric: string): string {
  return metric.replace(/^val_/, "validation ").replaceAll("_", " ");
}

/** Formats a number for labels, with at most three digits: 0.006, 1e-7, 2,000. */
export function label(value: number): string {
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));
}
