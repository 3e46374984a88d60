/**
 * An experiment's model, compiled.
 * @module
 */
import { pathToFileURL } from "node:url";
import type * as tf from "@tensorflow/tfjs";
import { withWeightDecay } from "../optimizers/weight_decay.ts";
import { shown } from "../support/check.ts";
import { resolve } from "../support/path.ts";
import { isModule } from "./check_experiment.ts";
import type { RunPlan } from "./plan.ts";
import { type ModelRequest, MODELS } from "./registries/models.ts";
import { OPTIMIZERS } from "./registries/optimizers.ts";

/**
 * Builds and compiles a plan's model: categorical cross-entropy, or binary for two classes, and accuracy.
 *
 * @param plan The plan.
 * @throws {TypeError} If the model does not accept one of its options, or a user's module does not build a suitable
 * model.
 */
export async function compiledModel(plan: RunPlan): Promise<tf.LayersModel> {
  const { seed, data, model: { name, ...options } } = plan.experiment;
  const request = { ...options, inputShape: plan.shape, classes: data.classes.length, seed };
  const model = isModule(name) ? await fromModule(name, request) : MODELS[name].build(request);
  model.compile({
    optimizer: optimizerOf(plan),
    loss: data.classes.length === 2 ? "binaryCrossentropy" : "categoricalCrossentropy",
    metrics: ["accuracy"],
  });
  return model;
}

function optimizerOf({ experiment, schedule }: RunPlan): tf.Optimizer {
  const { name, momentum, nesterov = false, weightDecay = 0, coupledDecay = false } = experiment.optimizer;
  const optimizer = OPTIMIZERS[name].build({ learningRate: schedule(0).learningRate, momentum, nesterov });
  return weightDecay > 0 ? withWeightDecay(optimizer, { weightDecay, coupled: coupledDecay }) : optimizer;
}

/** Builds a model with the default export of a user's module. */
async function fromModule(path: string, request: ModelRequest): Promise<tf.LayersModel> {
  const verb = `Cannot use the model ${path}`;
  let model: tf.LayersModel;
  try {
    const { default: build } = await import(pathToFileURL(resolve(path)).href);
    model = await build(request);
  } catch (error) {
    throw new TypeError(`${verb}: its default export must build a model; it failed with: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const shapes = [model?.inputs?.[0]?.shape?.slice(1), model?.outputs?.[0]?.shape?.slice(1)];
  const wanted = [[...request.inputShape], [request.classes]];
  if (JSON.stringify(shapes) !== JSON.stringify(wanted)) {
    throw new TypeError(
      `${verb}: it must go from [${wanted[0]}] to [${wanted[1]}] probabilities, got ${shown(shapes)}`,
    );
  }
  return model;
}
