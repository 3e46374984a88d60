/**
 * The figures: pure functions from what was recorded to Plotly figures, as plain JSON.
 * @module
 */
export type { Figure, Trace } from "./figure.ts";
export type { HistorySource, TfjsHistory } from "./source.ts";
export {
  accuracyFigure,
  type FigureOptions,
  learningRateFigure,
  type LearningRateFigureOptions,
  lossFigure,
  trainingFigure,
} from "./training.ts";
export { type ComparedRun, comparisonFigure } from "./comparison.ts";
export { confusionFigure } from "./confusion.ts";
export { imageGridFigure, type ImageGridOptions } from "./image_grid.ts";
export { type Descent, lossSurfaceFigure, type LossSurfaceOptions } from "./loss_surface.ts";
export { rangeTestFigure } from "./range_test.ts";
