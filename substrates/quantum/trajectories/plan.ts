/** A noisy program laid out for trajectories: layers in a row, noise in a row, and blocks of layers that run as one. */
import { log } from "@arqon/core/math";
import type { Channel } from "../noise/channel.ts";
import type { NoisyProgram, Site } from "../noise/program.ts";
import { type Unravelling, unravel } from "./unravel.ts";

/** Layers of more than this many doublings are never fused into one block. */
const MOST_LEVELS = 6;

/** Noise at its place, taken apart. */
export interface NoisePlace extends Unravelling {
  readonly positions: readonly number[];
  /** Highest position, plus 1. */
  readonly top: number;
}

/** Everything trajectories need to know. */
export class TrajectoryPlan {
  readonly program: NoisyProgram;
  readonly places: readonly NoisePlace[];
  /** For each step of layers its first layer among all; noise of layer l is `placeAt[l]` to `placeAt[l + 1]`. */
  readonly firstLayer: Int32Array;
  readonly placeAt: Int32Array;
  /** The layer of each place. */
  readonly layerOf: Int32Array;
  /** Mean number of events of a shot. */
  readonly events: number;
  readonly #layers: (readonly number[])[] = [];
  readonly #blocks = new Map<number, readonly number[]>();
  /** Sums of -log(chance of nothing) before each place, and the next place where something happens for certain. */
  readonly #hazard: Float64Array;
  readonly #certain: Int32Array;

  constructor(program: NoisyProgram) {
    this.program = program;
    this.firstLayer = new Int32Array(program.steps.length);
    const known = new Map<Channel, Unravelling>();
    const places: NoisePlace[] = [];
    const [placeAt, layerOf] = [[0], [] as number[]];
    for (const [s, step] of program.steps.entries()) {
      this.firstLayer[s] = this.#layers.length;
      if (step.kind !== "layers") continue;
      for (const { instructions, sites } of step.layers) {
        for (const site of sites) {
          layerOf.push(this.#layers.length);
          places.push(placeOf(site, known));
        }
        this.#layers.push(instructions);
        placeAt.push(places.length);
      }
    }
    this.places = places;
    this.placeAt = Int32Array.from(placeAt);
    this.layerOf = Int32Array.from(layerOf);
    this.#hazard = new Float64Array(places.length + 1);
    this.#certain = new Int32Array(places.length + 1).fill(places.length);
    let events = 0;
    for (const [k, { identity }] of places.entries()) {
      events += 1 - identity;
      this.#hazard[k + 1] = (this.#hazard[k] as number) - (identity > 0 ? log(identity) : 0);
    }
    for (let k = places.length - 1; k >= 0; k--)
      this.#certain[k] = (places[k] as NoisePlace).identity > 0 ? (this.#certain[k + 1] as number) : k;
    this.events = events;
  }

  /**
   * The next place, from `from` on, where something happens; the number of places when nothing does any more.
   *
   * @param uniform  in [0, 1): one number decides about all places in between.
   */
  nextEvent(from: number, uniform: number): number {
    const certain = this.#certain[from] as number;
    const wanted = (this.#hazard[from] as number) - log(1 - uniform);
    // The first place whose sum after it is above; sums never fall.
    let [low, high] = [from, certain];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#hazard[middle + 1] as number) > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /**
   * How many layers from `layer` on run as one for a shot whose next event is in layer `event` (or later): a power of two
   * that `layer`, counted in its step, is a multiple of. It depends on this shot alone, so that grouping cannot change a bit.
   */
  blockSize(layer: number, first: number, end: number, event: number): number {
    const most = Math.min(end, event) - layer;
    let size = 1;
    for (
      let level = 0;
      level < MOST_LEVELS && 2 * size <= most && (layer - first) % (2 * size) === 0;
      level++
    )
      size *= 2;
    return size;
  }

  /** Instructions of layers `layer` to `layer + size`; the same list each time, so that engines can keep its plan. */
  instructions(layer: number, size: number): readonly number[] {
    const key = layer * 64 + 31 - Math.clz32(size);
    let list = this.#blocks.get(key);
    if (list === undefined) {
      list = this.#layers.slice(layer, layer + size).flat();
      this.#blocks.set(key, list);
    }
    return list;
  }
}

function placeOf({ channel, positions }: Site, known: Map<Channel, Unravelling>): NoisePlace {
  const parts = known.get(channel) ?? unravel(channel);
  known.set(channel, parts);
  return { ...parts, positions, top: Math.max(...positions) + 1 };
}
