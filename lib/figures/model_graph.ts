/**
 * The blocks that a network's layers form, and where in a drawing each has its place.
 * @module
 */
import { shown } from "../support/check.ts";
import type { LayerDescription } from "./model_description.ts";

/** Layers that are drawn as one box. */
export interface Block {
  /** The layers' common prefix, or the one layer's name. */
  readonly name: string;
  /** The block's layers, in the model's order. */
  readonly layers: readonly LayerDescription[];
  /** The names of the blocks that it takes from. */
  readonly inputs: readonly string[];
}

/**
 * The blocks of a network, each after those that it takes from. Layers belong together whose names begin alike up to a
 * number (`inception_1_3x3`, `inception_1_pool`), or with another layer's name (`conv`, `conv_bn`, `conv_relu`); every
 * other layer, and every input, is a block of its own. So is every layer where such blocks would take from each other
 * in a circle.
 *
 * @param layers The layers of a model.
 * @throws {TypeError} If two layers have one name, one takes from a layer that is not there, or they form a circle.
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

/** Items by a key, in order. `Map.groupBy` does the same, which Node 20 lacks. */
export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...groups.get(keyOf(item)) ?? [], item]);
  return groups;
}

/** The blocks, each after those that it takes from; undefined where they go in a circle. */
function ordered(blocks: readonly Block[]): Block[] | undefined {
  const done = new Map<string, Block>();
  while (done.size < blocks.length) {
    const next = blocks.find(({ name, inputs }) => !done.has(name) && inputs.every((input) => done.has(input)));
    if (!next) return undefined;
    done.set(next.name, next);
  }
  return [...done.values()];
}

/** A place in a drawing: rows from the top, lanes from left to right, 0 in the middle. */
export interface Place {
  readonly row: number;
  readonly lane: number;
}

/**
 * Where nodes are drawn. A node's row is one below the lowest that it takes from. Its lane is that of what it takes
 * from, or between; nodes that take from the same one spread to both sides of it.
 *
 * @param nodes The nodes, each after those that it takes from.
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
    // boxes of a row stand a lane apart at least
    let last = -Infinity;
    const apart = wanted.map(({ lane }) => last = Math.max(lane, last + 1));
    const shift = wanted.reduce((sum, { lane }, i) => sum + lane - apart[i], 0) / wanted.length;
    wanted.forEach(({ name }, i) => places.set(name, { row, lane: apart[i] + shift }));
  }
  return places;
}
