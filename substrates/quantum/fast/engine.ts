/** The fast engine, in WebAssembly SIMD: layers of rotations where they pay, fused gates grouped by cache blocks elsewhere. */
import type { Circuit } from "../circuit.ts";
import type { Precision, RealArray, RealsOf } from "../precision.ts";
import { executeShear, planShear, type ShearPlan } from "../shear/index.ts";
import type { Program } from "../simulate/program.ts";
import type { Engine, State } from "../simulate/state.ts";
import type { Crew } from "./crew.ts";
import { Fusion } from "./fuse.ts";
import { Kernel } from "./kernel.ts";
import { roughCost } from "./rough.ts";
import { type Group, schedule } from "./schedule.ts";

/** Instructions planned at a time: bounds the memory of plans, which are kept only for steps that fit into one. */
const CHUNK = 50_000;
/** States of fewer positions fit into the nearest cache, where layers cost more to plan than they save. */
const LEAST_WIDTH = 12;
/** Smaller states are done before others could help. */
const CREW_WIDTH = 18;
/**
 * Measured in vector instructions of layers: what a sweep over the whole state costs beyond its instructions, what
 * gathering blocks adds to it, and an instruction of a fused gate, whose operands stay in registers less.
 */
const SWEEP = 12;
const GATHER = 24;
const FUSED = 2;
/** Layers that are this much cheaper than fused gates roughly are, are taken without planning the other way. */
const CLEARLY = 2;

/** How instructions are carried out, with what it costs: vector instructions in all. */
export type Plan = {
  readonly cost: number;
  /** Operations or layers. */
  readonly operations: number;
  /** Amplitudes from 2^active on are 0 afterwards. */
  readonly active: number;
} & (
  | { readonly kind: "groups"; readonly groups: readonly Group[] }
  | { readonly kind: "shear"; readonly shear: ShearPlan }
);

/**
 * The work on instructions `from` to `to` of a list, on a state whose amplitudes from 2^active on are 0. Depends on the
 * circuit and the precision alone.
 */
export function plan(
  { circuit, positions, width }: Program,
  instructions: readonly number[],
  from: number,
  to: number,
  start: number,
  precision: Precision,
): Plan {
  const end = Math.min(to, instructions.length);
  const chosen = instructions.slice(from, end);
  const place = (qubit: number): number => positions[qubit] as number;
  const shear = width < LEAST_WIDTH ? undefined : shearPlan(circuit, chosen, place, width, start, precision);
  if (shear && CLEARLY * shear.cost < roughCost(circuit, chosen, place) * FUSED * vectors(width, precision))
    return shear;
  const fused = fusedPlan(circuit, chosen, place, width, start, precision);
  return shear && shear.cost < fused.cost ? shear : fused;
}

type Place = (qubit: number) => number;

const vectors = (active: number, precision: Precision): number =>
  2 ** (active - (precision === "f32" ? 2 : 1));

function shearPlan(
  circuit: Circuit,
  instructions: readonly number[],
  place: Place,
  width: number,
  start: number,
  precision: Precision,
): Plan | undefined {
  const shear = planShear(circuit, instructions, place, { width, active: start, precision });
  if (!shear) return undefined;
  const { sweeps, frame, active } = shear;
  let cost = frame === 0 ? 0 : SWEEP * vectors(active, precision);
  for (const sweep of sweeps) cost += (sweep.cost + SWEEP) * vectors(sweep.active, precision);
  return { kind: "shear", shear, cost, operations: sweeps.length, active };
}

function fusedPlan(
  circuit: Circuit,
  instructions: readonly number[],
  place: Place,
  width: number,
  start: number,
  precision: Precision,
): Plan {
  const fusion = new Fusion(precision === "f32" ? 2 : 1);
  for (const i of instructions) fusion.add(circuit, i, place);
  const groups = schedule(fusion.finish(), width);
  let [cost, active, count] = [0, start, 0];
  for (const { operations, top, high } of groups) {
    active = Math.max(active, top);
    count += operations.length;
    let perVector = SWEEP + (high.length > 0 ? GATHER : 0);
    for (const operation of operations) perVector += FUSED * operation.cost;
    cost += perVector * vectors(active, precision);
  }
  return { kind: "groups", groups, cost, operations: count, active };
}

/** A state on the kernel. */
export interface FastState<R extends RealArray> extends State<R> {
  /** Ends its use: helpers go home, and the memory may become that of another state. */
  release(): void;
}

/** The engine of one precision, alone or with a crew. */
export function fastEngine<P extends Precision>(
  precision: P,
  crew?: Crew,
): (program: Program) => FastState<RealsOf<P>> {
  return (program) => {
    const kernel = new Kernel(program.width, precision, program.width < CREW_WIDTH ? undefined : crew);
    const plans = new Map<readonly number[], { readonly start: number; readonly plan: Plan }>();
    kernel.re[0] = 1;
    return {
      re: kernel.re as RealsOf<P>,
      im: kernel.im as RealsOf<P>,
      active: 0,
      release: () => kernel.release(),
      apply(instructions, tick) {
        const all = instructions.length;
        for (let from = 0; from < all; from += CHUNK) {
          const start = this.active;
          const kept = plans.get(instructions);
          const next =
            kept?.start === start
              ? kept.plan
              : plan(program, instructions, from, from + CHUNK, start, precision);
          if (all <= CHUNK) plans.set(instructions, { start, plan: next });
          const share = Math.min(CHUNK, all - from) / all;
          const part = (done: number): void => tick(from / all + share * done);
          if (next.kind === "shear") {
            executeShear(kernel, next.shear, part);
            this.active = Math.max(this.active, next.shear.active);
          } else
            for (const [done, group] of next.groups.entries()) {
              this.active = Math.max(this.active, group.top);
              kernel.apply(group, this.active, (some) => part((done + some) / next.groups.length));
            }
        }
      },
    };
  };
}

/** In f64, on the caller's own thread. */
export const fast: Engine = fastEngine("f64");
