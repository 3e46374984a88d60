/**
 * Groups a network's layers into blocks, and places them in a drawing.
 * @module
 */
import { shown } from "../support/check.ts";
import type { LayerDescription } from "./model_description.ts";

/** Layers drawn as one box. */
export interface Block {
  /** The layers' common prefix, or the name of the only layer. */
  readonly name: string;
  /** The block's layers, in the model's order. */
  readonly layers: readonly LayerDescription[];
  /** The names of the blocks that feed into it. */
  readonly inputs: readonly string[];
}

/**
 * Groups the layers of a network into blocks, each after its inputs. Layers belong together if their names are the same
 * up to and including a number (`inception_1_3x3`, `inception_1_pool`), or begin with the name of another layer
 * (`conv`, `conv_bn`, `conv_relu`). Every other layer, and every input, is a block of its own. If these blocks would
 * form a circle, every layer becomes a block of its own.
 *
 * @param layers The layers of a model.
 * @throws {TypeError} If two layers have the same name, an input is missing, or the layers form a circle.
 */
export function blocksOf(layers: readonly LayerDescription[]): Block[] {
  const verb = "draw a model";
  const names = layers.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) {
    throw new TypeError(`Cannot ${verb}: each layer needs a name of its own, got ${shown(twice)} twice`);
  }
  const missing = layers.flatMap(({ inputs }) => inputs).find((name) => !names.includes(name));
  if (missing !== undefined) {
    throw new TypeError(`Cannot ${verb}: all inputs must be among its layers, got ${shown(missing)}`);
  }
  const single = ordered(grouped(layers, ({ name }) => name));
  if (!single) {
    throw new TypeError(`Cannot ${verb}: its layers must not take from each other in a circle, got ${shown(names)}`);
  }
  const sorted = single.flatMap((block) => block.layers);
  return ordered(grouped(sorted, (layer) => prefixOf(layer, names))) ?? single;
}

/** The name of a layer's block. */
function prefixOf({ name, className }: LayerDescription, names: readonly string[]): string {
  if (className === "InputLayer") return name;
  return name.match(/^.*?_\d+(?=_|$)/)?.[0] ?? names.find((other) => name.startsWith(`${other}_`)) ?? name;
}

function grouped(layers: readonly LayerDescription[], blockOf: (layer: LayerDescription) => string): Block[] {
  const blockOfName = new Map(layers.map((layer) => [layer.name, blockOf(layer)]));
  return [...groupBy(layers, blockOf)].map(([name, own]) => ({
    name,
    layers: own,
    inputs: [...new Set(own.flatMap(({ inputs }) => inputs.map((input) => blockOfName.get(input)!)))]
      .filter((input) => input !== name),
  }));
}

/** Groups items by a key, in order, like `Map.groupBy`, which Node 20 lacks. */
export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...groups.get(keyOf(item)) ?? [], item]);
  return groups;
}

/** Orders blocks so that each comes after its inputs. Returns undefined if they form a circle. */
function ordered(blocks: readonly Block[]): Block[] | undefined {
  const done = new Map<string, Block>();
  while (done.size < blocks.length) {
    const next = blocks.find(({ name, inputs }) => !done.has(name) && inputs.every((input) => done.has(input)));
    if (!next) return undefined;
    done.set(next.name, next);
  }
  return [...done.values()];
}

/** A place in a drawing. Rows are counted from the top, and lanes from left to right, with lane 0 in the middle. */
export interface Place {
  readonly row: number;
  readonly lane: number;
}

/**
 * Decides where to draw nodes. A node's row is one below its lowest input. Its lane is that of its input, or between
 * those of several inputs. Nodes with the same input spread to both sides of it.
 *
 * @param nodes The nodes, each after its inputs.
 */
export function placesOf(nodes: readonly { name: string; inputs: readonly string[] }[]): Map<string, Place> {
  const rows = new Map<string, number>();
  for (const { name, inputs } of nodes) rows.set(name, 1 + Math.max(-1, ...inputs.map((input) => rows.get(input)!)));
  const places = new Map<string, Place>();
  for (let row = 0; row <= Math.max(...rows.values()); row++) {
    const wanted = nodes.filter(({ name }) => rows.get(name) === row).map(({ name, inputs }) => {
      const lanes = inputs.map((input) => {
        const children = nodes.filter((node) => node.inputs.includes(input)).map((node) => node.name);
        return places.get(input)!.lane + children.indexOf(name) - (children.length - 1) / 2;
      });
      return { name, lane: lanes.length > 0 ? lanes.reduce((sum, lane) => sum + lane, 0) / lanes.length : 0 };
    }).sort((a, b) => a.lane - b.lane);
    // boxes in a row are at least one lane apart
    let last = -Infinity;
    const apart = wanted.map(({ lane }) => last = Math.max(lane, last + 1));
    const shift = wanted.reduce((sum, { lane }, i) => sum + lane - apart[i], 0) / wanted.length;
    wanted.forEach(({ name }, i) => places.set(name, { row, lane: apart[i] + shift }));
  }
  return places;
}
