/**
 * A training or an evaluation here and the same one in a peer, in alternation.
 * @module
 */
import { median } from "../../support/statistics.ts";
import type { Run } from "./bench_model.ts";
import { peakMemory } from "./machine.ts";
import type { Peer } from "./peer.ts";
import type { BenchRow } from "./table.ts";

/** The number of pairs. */
const PAIRS = 8;
/** How long each half of a pair should take, in milliseconds. */
const HALF = 3000;

/** The two halves of a pair, in milliseconds per step. */
export interface Pair {
  /** Our time. */
  readonly here: number;
  /** The peer's time. */
  readonly there: number;
}

/**
 * What {@linkcode alternate} found: milliseconds of a step, which is a batch trained on or scored, and peak memory on
 * both sides, and the ratio of speeds.
 */
export type Alternation = Required<Pick<BenchRow, "here" | "peer">>;

/**
 * Trains or scores here and in the peer in turn, eight times, with the same number of steps each time. Speeds are the
 * medians of the halves. The ratio is the median of the pairs' ratios, so that if something slows the machine for a
 * while, it slows both sides of a ratio.
 *
 * @param peer The peer.
 * @param parameters How many parameters the model has here.
 * @param run Does a number of steps here, and returns the mean milliseconds of one.
 * @param steps The number of steps in each half. By default about three seconds' worth, according to a first
 * measurement here.
 * @param onPair Called after each pair.
 * @throws {Error} If the peer's model has a different number of parameters.
 */
export async function alternate(
  peer: Peer,
  parameters: number,
  run: Run,
  { steps, onPair = () => {} }: { steps?: number; onPair?: (pair: Pair, number: number) => void } = {},
): Promise<Alternation> {
  if (peer.parameters !== parameters) {
    throw new Error(
      `Cannot bench against ${peer.name}: the models must have the same number of parameters, got ${parameters} here and ${peer.parameters} there`,
    );
  }
  await run(2); // not timed, because the first steps set things up and compile
  await peer.steps(2);
  const count = steps ?? Math.max(2, Math.round(HALF / await run(2)));
  const pairs: Pair[] = [];
  let peak = 0;
  for (let number = 1; number <= PAIRS; number++) {
    const here = await run(count);
    const answer = await peer.steps(count);
    peak = answer.peak;
    pairs.push({ here, there: answer.ms });
    onPair(pairs.at(-1)!, number);
  }
  return {
    here: { ms: median(pairs.map(({ here }) => here)), peak: peakMemory() },
    peer: {
      ms: median(pairs.map(({ there }) => there)),
      peak,
      ratio: median(pairs.map(({ here, there }) => there / here)),
    },
  };
}
