/**
 * Cyclical learning rates for TensorFlow.js: everything that a notebook imports. This module is `core.ts`, which runs
 * anywhere, plus the parts that need Deno: files, backends, and the notebook's kernel.
 * @module
 */
export * from "./core.ts";
export type { Precision } from "./backend/precision.ts";
export { type BackendChoice, type BackendName, selectBackend, type SelectedBackend } from "./backend/select.ts";
export { loadSnapshots, type SnapshotDirectoryOptions, snapshots } from "./callbacks/snapshots_in_directory.ts";
export { stopOnInterrupt } from "./callbacks/stop_on_sigint.ts";
export { tensorBoard } from "./callbacks/tensor_board.ts";
export { type Cifar10Options, loadCifar10 } from "./data/cifar10/mod.ts";
export { type FolderOptions, imagesFromFolder } from "./data/folder.ts";
export { imagesToFolder } from "./data/folder_write.ts";
export type { Experiment } from "./experiments/experiment.ts";
export { presetExperiment } from "./experiments/presets.ts";
export { type ExperimentOptions, runExperiment, type RunResult } from "./experiments/trainer.ts";
export { loadModel, saveModel } from "./models/storage.ts";
export { show } from "./notebook/show.ts";
export { liveFigure, progress, startNotebook } from "./notebook/start.ts";
export { saveFigure } from "./rendering/save.ts";
