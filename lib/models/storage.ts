/**
 * Saves and loads models on disk in the tfjs format, on every backend.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { fileError, isFileError, writeWhole } from "../support/files.ts";
import { join } from "../support/path.ts";
import "./local_response_normalization.ts"; // tfjs must know the layer to load a model that has it

/**
 * Saves a model as model.json and weights.bin. tfjs itself can save to disk only on the native backend.
 *
 * @param model The model. Its optimizer, loss and metrics are not saved.
 * @param directory The directory for the two files, which is created if it does not exist.
 * @throws {Deno.errors.PermissionDenied | Error} If a file cannot be written.
 * @example
 * ```ts ignore
 * import { loadModel, miniGoogLeNet, saveModel } from "../lib/mod.ts";
 *
 * await saveModel(miniGoogLeNet(), "output/model");
 * const model = await loadModel("output/model");
 * ```
 */
export async function saveModel(model: tf.LayersModel, directory: string): Promise<void> {
  await model.save({
    async save({ modelTopology, weightSpecs, weightData, format, generatedBy }) {
      const bytes = tf.io.CompositeArrayBuffer.join(weightData);
      const weightsManifest = [{ paths: ["weights.bin"], weights: weightSpecs }];
      await writeWhole(join(directory, "weights.bin"), new Uint8Array(bytes));
      // written last, so that a model.json always has its weights
      await writeWhole(
        join(directory, "model.json"),
        JSON.stringify({ format, generatedBy, convertedBy: null, modelTopology, weightsManifest }),
      );
      return {
        modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON", weightDataBytes: bytes.byteLength },
      };
    },
  });
}

/**
 * Loads a model in the tfjs format.
 *
 * @param directory The directory with model.json.
 * @throws {Deno.errors.NotFound} If a file does not exist.
 * @throws {Deno.errors.InvalidData} If the files are not a model.
 * @example
 * ```ts ignore
 * import { loadModel } from "../lib/mod.ts";
 *
 * const model = await loadModel("output/model");
 * ```
 */
export async function loadModel(directory: string): Promise<tf.LayersModel> {
  const read = async (name: string) => {
    const path = join(directory, name);
    return await Deno.readFile(path).catch((error) => {
      throw fileError("read", path, error);
    });
  };
  const json = await read("model.json");
  try {
    const { modelTopology, weightsManifest, format, generatedBy } = JSON.parse(new TextDecoder().decode(json));
    const groups = weightsManifest as { paths: string[]; weights: tf.io.WeightsManifestEntry[] }[];
    const files: Uint8Array[] = [];
    for (const path of groups.flatMap(({ paths }) => paths)) {
      if (/[\\/]/.test(path)) {
        throw new TypeError(`weights must be in the same directory as model.json, got ${JSON.stringify(path)}`);
      }
      files.push(await read(path));
    }
    const weightData = await new Blob(files as Uint8Array<ArrayBuffer>[]).arrayBuffer();
    const weightSpecs = groups.flatMap(({ weights }) => weights);
    return await tf.loadLayersModel({
      load: () => Promise.resolve({ modelTopology, weightSpecs, weightData, format, generatedBy }),
    });
  } catch (error) {
    if (error instanceof Error && isFileError(error)) throw error;
    throw new Deno.errors.InvalidData(
      `Cannot load a model from ${directory}: it must hold a tfjs layers model, got ${(error as Error).message}`,
      { cause: error },
    );
  }
}
