/**
 * Describes a network as plain data.
 * @module
 */

/** One layer, as {@linkcode describeModel} describes it. */
export interface LayerDescription {
  /** The layer's name. */
  readonly name: string;
  /** Its kind, such as `"Conv2D"`. */
  readonly className: string;
  /** The shape of its output. The size of the batch comes first, and is null if it is open. */
  readonly outputShape: readonly (number | null)[];
  /** The names of the layers that feed into it. */
  readonly inputs: readonly string[];
  /** Other details of interest, such as `"3×3, 48 filters"`. */
  readonly detail?: string;
  /** How many weights it has. */
  readonly parameters?: number;
}

/** A network as plain JSON. */
export interface ModelDescription {
  /** The network's name. */
  readonly name: string;
  /** Its layers, each after its inputs. */
  readonly layers: readonly LayerDescription[];
}

/** What {@linkcode describeModel} needs of a layer. tfjs's layers have it. */
export interface LayerLike {
  readonly name: string;
  /** Where it was applied: to the outputs of which layers, and with what shapes of its own. */
  readonly inboundNodes: readonly { readonly inboundLayers: readonly LayerLike[]; readonly outputShapes: unknown }[];
  /** The layers of a nested model. */
  readonly layers?: readonly LayerLike[];
  getClassName(): string;
  getConfig(): Record<string, unknown>;
  countParams(): number;
}

/** What {@linkcode describeModel} needs of a network. A tf.LayersModel has it. */
export interface ModelLike {
  readonly name: string;
  readonly layers: readonly LayerLike[];
}

/**
 * Describes a network as plain JSON, which `modelFigure` can draw and a file can store. A nested model counts as one
 * layer.
 *
 * @param model A tf.LayersModel, functional or sequential, that knows the shape of its input.
 * @returns Its layers with kinds, shapes and connections.
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { describeModel } from "./model_description.ts";
 *
 * const { layers } = describeModel(tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [2] })] }));
 * if (layers.map(({ className }) => className).join() !== "InputLayer,Dense") throw new Error("input and layer");
 * ```
 */
export function describeModel(model: ModelLike): ModelDescription {
  const owners = ownersOf(model.layers);
  // a nested model has a first node of its own without inputs, and a shared layer has nodes in other models
  const nodeOf = ({ inboundNodes }: LayerLike) => {
    const fed = inboundNodes.filter(({ inboundLayers }) => inboundLayers.length > 0);
    return fed.find(({ inboundLayers }) => inboundLayers.every((layer) => owners.has(layer))) ?? fed[0] ??
      inboundNodes[0];
  };
  const before = (layer: LayerLike) =>
    (nodeOf(layer)?.inboundLayers ?? []).map((input) => owners.get(input) ?? input).filter((input) => input !== layer);
  // a sequential model does not list its input
  const inputs = model.layers.flatMap(before).filter((layer) => !model.layers.includes(layer));
  return {
    name: model.name,
    layers: [...new Set([...inputs, ...model.layers])].map((layer) => ({
      name: layer.name,
      className: layer.getClassName(),
      outputShape: firstShape(nodeOf(layer)?.outputShapes),
      inputs: before(layer).map(({ name }) => name),
      ...detailOf(layer.getConfig()),
      parameters: layer.countParams(),
    })),
  };
}

/** The model's own layer to which each layer belongs: itself, or the nested model that it is in. */
function ownersOf(layers: readonly LayerLike[]): Map<LayerLike, LayerLike> {
  const owners = new Map(layers.map((layer) => [layer, layer]));
  const claim = (owner: LayerLike, inner: readonly LayerLike[] = []) => {
    for (const layer of inner) {
      if (!owners.has(layer)) owners.set(layer, owner);
      claim(owner, layer.layers);
    }
  };
  for (const layer of layers) claim(layer, layer.layers);
  return owners;
}

/** A layer with several outputs has a list of shapes, of which the first is used. */
function firstShape(shape: unknown): (number | null)[] {
  return Array.isArray(shape) ? Array.isArray(shape[0]) ? shape[0] : shape : [];
}

/** The settings that distinguish layers of the same kind. */
function detailOf(config: Record<string, unknown>): { detail?: string } {
  const { filters, units, rate, activation } = config;
  const window = config.kernelSize ?? config.poolSize;
  const stride = [config.strides].flat()[0];
  const parts = [
    Array.isArray(window) && window.join("×"),
    typeof filters === "number" && `${filters} filters`,
    typeof units === "number" && `${units} units`,
    typeof rate === "number" && `rate ${rate}`,
    typeof stride === "number" && stride !== 1 && `stride ${stride}`,
    typeof activation === "string" && activation !== "linear" && activation,
  ].filter((part) => typeof part === "string");
  return parts.length > 0 ? { detail: parts.join(", ") } : {};
}
