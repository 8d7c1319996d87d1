/** Runs noisy shots on statevectors: each shot draws what happens to it; shots stay together until chance parts them. */
import type { NoisyMeasurement, NoisyProgram, NoisyStep } from "../noise/program.ts";
import { readBit, Tally } from "../noise/tally.ts";
import { PURPOSE, ShotUniforms } from "../noise/uniform.ts";
import { holds, type Program } from "../simulate/program.ts";
import {
  clear,
  type Engine,
  load,
  lower,
  project,
  type State,
  save,
  type Tick,
  weights,
} from "../simulate/state.ts";
import { applyMatrix, jumpWeights } from "./jump.ts";
import type { NoisePlace, TrajectoryPlan } from "./plan.ts";

/** How trajectories are run. */
export interface TrajectoryOptions {
  readonly shots: number;
  readonly seed: bigint;
  readonly engine: Engine;
  readonly progress: Tick;
}

/** Shots that have everything in common so far, and where they are. */
interface Group {
  readonly shots: Uint32Array;
  readonly step: number;
  /** Within a step of layers: the next layer, or, with `place` set, the layer whose noise from that place on is due. */
  readonly layer: number;
  readonly place: number;
  readonly bits: Uint8Array;
}

/** A part of a group that goes another way: what happens to the state first, and where it goes on. */
interface Part extends Group {
  readonly change: (() => void) | undefined;
}

/**
 * Counts by key. Everything about a shot follows from its own random numbers, so neither grouping nor the number of shots
 * beside it changes its outcome. Parts of a group run smallest first, so that at most log2(shots) states are kept.
 */
export function runTrajectories(plan: TrajectoryPlan, options: TrajectoryOptions): Map<string, number> {
  return new Trajectories(plan, options).run();
}

/** The program as the engines of noiseless circuits know it; its gates come by lists of instructions. */
function bare({ circuit, width, positions, bits }: NoisyProgram): Program {
  return { circuit, width, positions, bits, steps: [], sampled: [], branchings: 0 };
}

class Trajectories {
  readonly #plan: TrajectoryPlan;
  readonly #options: TrajectoryOptions;
  readonly #uniforms: ShotUniforms;
  readonly #tally: Tally;
  readonly #state: State;
  readonly #scratch: Float64Array;
  /** Of each shot, the place where something happens to it next. */
  readonly #next: Int32Array;

  constructor(plan: TrajectoryPlan, options: TrajectoryOptions) {
    const { program } = plan;
    this.#plan = plan;
    this.#options = options;
    this.#uniforms = new ShotUniforms(options.seed);
    this.#tally = new Tally(program, this.#uniforms);
    this.#state = options.engine(bare(program));
    this.#scratch = new Float64Array(2 ** program.width);
    this.#next = new Int32Array(options.shots);
  }

  run(): Map<string, number> {
    const shots = Uint32Array.from({ length: this.#options.shots }, (_, shot) => shot);
    this.#draw(shots, 0);
    clear(this.#state);
    this.#follow({ shots, step: 0, layer: 0, place: -1, bits: new Uint8Array(this.#plan.program.bits) });
    return this.#tally.counts;
  }

  /** Draws for each shot where, from `place` on, something happens to it next. */
  #draw(shots: Uint32Array, place: number): void {
    for (const shot of shots)
      this.#next[shot] = this.#plan.nextEvent(place, this.#uniforms.at(shot, PURPOSE.event, place));
  }

  #follow(start: Group): void {
    let group: Group | undefined = start;
    while (group) {
      const step: NoisyStep | undefined = this.#plan.program.steps[group.step];
      if (step === undefined) {
        this.#end(group);
        return;
      }
      const parts = this.#advance(group, step);
      group = parts.length === 1 ? this.#enter(parts[0] as Part) : this.#fork(parts);
    }
  }

  /** Runs all parts but the largest to their ends; gives the largest, with its state. */
  #fork(parts: Part[]): Group {
    parts.sort((a, b) => a.shots.length - b.shots.length);
    const saved = save(this.#state);
    for (const part of parts.slice(0, -1)) {
      this.#follow(this.#enter(part));
      load(this.#state, saved);
    }
    return this.#enter(parts.at(-1) as Part);
  }

  #enter(part: Part): Group {
    part.change?.();
    return part;
  }

  #end({ shots, bits }: Group): void {
    this.#tally.end(shots, bits.slice(), () => {
      const size = 2 ** this.#state.active;
      const { re, im } = this.#state;
      const out = this.#scratch.subarray(0, size);
      for (let i = 0; i < size; i++)
        out[i] = (re[i] as number) * (re[i] as number) + (im[i] as number) * (im[i] as number);
      return out;
    });
    this.#options.progress(this.#tally.finished / this.#options.shots);
  }

  #advance(group: Group, step: NoisyStep): Part[] {
    const { shots, bits } = group;
    const onward = { ...group, step: group.step + 1, layer: 0, place: -1, change: undefined };
    if (!holds(step.condition, bits)) {
      if (step.kind === "layers") this.#skip(shots, group.step);
      return [onward];
    }
    if (step.kind === "layers") return this.#layers(group, step.layers.length);
    if (step.kind === "measure") return this.#measure(group, step);
    return this.#outcomes(group, step.position).map(([part, outcome, weight]) => ({
      ...onward,
      shots: part,
      change: () => {
        project(this.#state, step.position, outcome, weight);
        if (outcome === 1) lower(this.#state, step.position);
      },
    }));
  }

  /** Noise of a step that does not happen does not happen either. */
  #skip(shots: Uint32Array, step: number): void {
    const first = this.#plan.firstLayer[step] as number;
    const layers = this.#plan.program.steps[step];
    const end = this.#plan.placeAt[first + (layers?.kind === "layers" ? layers.layers.length : 0)] as number;
    this.#draw(
      shots.filter((shot) => (this.#next[shot] as number) < end),
      end,
    );
  }

  #layers(group: Group, count: number): Part[] {
    const { shots } = group;
    const plan = this.#plan;
    const first = plan.firstLayer[group.step] as number;
    const end = first + count;
    const layer = first + group.layer;
    if (group.place >= 0) return this.#noise(group, layer);
    if (layer >= end) return [{ ...group, step: group.step + 1, layer: 0, change: undefined }];
    const bySize = new Map<number, number[]>();
    for (const shot of shots) {
      const next = this.#next[shot] as number;
      // Shots that meet noise in this very layer run it alone, then its noise: marked by 0.
      const event = next < plan.places.length ? (plan.layerOf[next] as number) : end;
      const size = event === layer ? 0 : plan.blockSize(layer, first, end, event);
      const same = bySize.get(size);
      if (same) same.push(shot);
      else bySize.set(size, [shot]);
    }
    return [...bySize].map(([size, part]) => ({
      ...group,
      shots: part.length === shots.length ? shots : Uint32Array.from(part),
      layer: group.layer + size,
      place: size === 0 ? (plan.placeAt[layer] as number) : -1,
      change: () =>
        this.#state.apply(plan.instructions(layer, Math.max(1, size)), () => this.#options.progress(0)),
    }));
  }

  /** Noise after a layer, from one place on: shots it happens to leave those it does not. */
  #noise(group: Group, layer: number): Part[] {
    const plan = this.#plan;
    const end = plan.placeAt[layer + 1] as number;
    let place = end;
    for (const shot of group.shots) place = Math.min(place, this.#next[shot] as number);
    if (place >= end) return [{ ...group, layer: group.layer + 1, place: -1, change: undefined }];
    const here = group.shots.filter((shot) => this.#next[shot] === place);
    const rest = group.shots.filter((shot) => this.#next[shot] !== place);
    const after = { ...group, place: place + 1 };
    const parts = this.#events(after, plan.places[place] as NoisePlace, place, here);
    if (rest.length > 0) parts.push({ ...after, shots: rest, change: undefined });
    return parts;
  }

  /** What happens at a place to shots to whom something happens. */
  #events(after: Group, place: NoisePlace, number: number, shots: Uint32Array): Part[] {
    const some = 1 - place.identity;
    const { unitaries } = place;
    const chosen = unitaries.map((): number[] => []);
    const jumping: number[] = [];
    for (const shot of shots) {
      let left = this.#uniforms.at(shot, PURPOSE.branch, number) * some;
      let k = 0;
      while (k < unitaries.length && left >= (unitaries[k]?.probability as number))
        left -= unitaries[k++]?.probability as number;
      if (k < unitaries.length) chosen[k]?.push(shot);
      else if (place.jumps.length > 0) jumping.push(shot);
      else chosen.at(-1)?.push(shot);
    }
    const parts: Part[] = [];
    const add = (part: number[], change: () => void): void => {
      if (part.length === 0) return;
      const list = Uint32Array.from(part);
      this.#draw(list, number + 1);
      parts.push({ ...after, shots: list, change });
    };
    for (const [k, { matrix }] of unitaries.entries())
      add(chosen[k] as number[], () => applyMatrix(this.#state, place, matrix));
    if (jumping.length > 0) {
      const chances = jumpWeights(this.#state, place);
      const total = chances.reduce((sum, chance) => sum + chance, 0);
      const jumps = chances.reduce((last, chance, k) => (chance > 0 ? k : last), 0);
      const groups = place.jumps.map((): number[] => []);
      for (const shot of jumping) {
        let left = this.#uniforms.at(shot, PURPOSE.jump, number) * total;
        let k = 0;
        while (k < jumps && left >= (chances[k] as number)) left -= chances[k++] as number;
        groups[k]?.push(shot);
      }
      for (const [k, matrix] of place.jumps.entries()) {
        const scale = 1 / Math.sqrt(chances[k] as number);
        add(groups[k] as number[], () =>
          applyMatrix(
            this.#state,
            place,
            matrix.map((value) => value * scale),
          ),
        );
      }
    }
    return parts;
  }

  /** Splits shots by the outcome of a measurement of a position. */
  #outcomes(
    { shots, step }: Group,
    position: number,
  ): [shots: Uint32Array, outcome: 0 | 1, weight: number][] {
    const [zero, one] = weights(this.#state, position);
    const part = zero / (zero + one);
    const isZero = (shot: number): boolean => this.#uniforms.at(shot, PURPOSE.measure, step) < part;
    const all: [Uint32Array, 0 | 1, number][] = [
      [shots.filter(isZero), 0, zero],
      [shots.filter((shot) => !isZero(shot)), 1, one],
    ];
    return all.filter(([list]) => list.length > 0);
  }

  #measure(group: Group, { position, bit, wrong }: NoisyMeasurement): Part[] {
    const parts: Part[] = [];
    const outcomes = position < 0 ? [[group.shots, 0, 1] as const] : this.#outcomes(group, position);
    for (const [shots, outcome, weight] of outcomes) {
      const read = Uint8Array.from(shots, (shot) =>
        wrong ? readBit(wrong, outcome, this.#uniforms.at(shot, PURPOSE.read, -1 - group.step)) : outcome,
      );
      for (const value of [0, 1]) {
        const same = shots.filter((_, k) => read[k] === value);
        if (same.length === 0) continue;
        const bits = group.bits.slice();
        bits[bit] = value;
        const change = position < 0 ? undefined : () => project(this.#state, position, outcome, weight);
        parts.push({ shots: same, step: group.step + 1, layer: 0, place: -1, bits, change });
      }
    }
    return parts;
  }
}
