/**
 * The figures: pure functions that turn recorded data into Plotly figures, as plain JSON.
 * @module
 */
export type { Figure, FigureOptions, Trace } from "./figure.ts";
export type { HistorySource, TfjsHistory } from "./source.ts";
export { learningRateFigure, type LearningRateFigureOptions } from "./learning_rate.ts";
export { accuracyFigure, lossFigure, trainingFigure } from "./training.ts";
export { type ComparedRun, comparisonFigure, type ComparisonFigureOptions } from "./comparison.ts";
export { type ScoredRun, sensitivityFigure, type SensitivityFigureOptions } from "./sensitivity.ts";
export { confusionFigure } from "./confusion.ts";
export { imageGridFigure, type ImageGridOptions } from "./image_grid.ts";
export { type Descent, lossSurfaceFigure, type LossSurfaceOptions } from "./loss_surface.ts";
export { modelFigure } from "./model.ts";
export { describeModel, type LayerDescription, type ModelDescription } from "./model_description.ts";
export { rangeTestFigure } from "./range_test.ts";
export { scheduleExplorer, type ScheduleExplorerOptions } from "./schedule_explorer.ts";
