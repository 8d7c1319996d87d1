/** What a noisy run would cost by each method, before anything is allocated. */
import { exp } from "@arqon/core/math";
import type { Circuit } from "./circuit.ts";
import { Transfers, workOf } from "./density/index.ts";
import { checkShots } from "./estimate.ts";
import type { NoiseModel } from "./noise/index.ts";
import { type NoisyProgram, prepareNoisy } from "./noise/program.ts";
import { TrajectoryPlan } from "./trajectories/index.ts";

/** How noise is simulated: whole density matrices, or single trajectories of statevectors. */
export type NoisyMethod = "density" | "trajectories";

/** Density matrices of more qubits are refused: 12 are 128 MiB. */
export const MAX_DENSITY_QUBITS = 12;

/** Cost of one method. */
export interface MethodEstimate {
  readonly memoryBytes: number;
  /** On one core of a present-day machine; within a factor of a few. */
  readonly timeMs: number;
}

/** What a noisy run needs. */
export interface NoisyEstimate {
  /** Qubits that gates or noise touch. */
  readonly qubits: number;
  readonly density: MethodEstimate;
  readonly trajectories: MethodEstimate;
  /** Mean number of times noise does something to a shot. */
  readonly eventsPerShot: number;
  /** Measurements on the way that tell shots apart. */
  readonly measurements: number;
}

/** Nanoseconds: a multiplication per entry, an entry swept over, a shot. Measured on the reference machine. */
const WORK_NS = 0.9;
const SWEEP_NS = 2;
const SHOT_NS = 1500;
const CALL_NS = 3000;
/** A gate of a fused block: of its own, per amplitude, and to plan in one block. */
const GATE_NS = 80;
const GATE_AMPLITUDE_NS = 0.25;
const PLAN_NS = 2000;
/** To compile at all, for each gate and each place of noise, and for each bit of a shot that may be read wrongly. */
const START_NS = 5e6;
const PLACE_NS = 10_000;
const READ_NS = 500;
const SHOT_BYTES = 200;
/** Layers of a step that are planned for an estimate; the rest is taken to be like them. */
const PLANNED = 200;
/** A gate in its blocks, or noise at its place. */
const PLACE_BYTES = 400;

/**
 * Bytes and time of both methods. Plans the circuit; allocates no state.
 *
 * @throws ArqonError `LIMIT_EXCEEDED` for too many shots, and what {@link prepareNoisy} throws.
 */
export function estimateNoisyCircuit(circuit: Circuit, noise: NoiseModel, shots: number): NoisyEstimate {
  checkShots(shots);
  return estimateNoisy(new TrajectoryPlan(prepareNoisy(circuit, noise)), shots);
}

export function estimateNoisy(plan: TrajectoryPlan, shots: number): NoisyEstimate {
  const { program } = plan;
  const misread = program.sampled.filter(({ wrong }) => wrong !== undefined).length;
  // The same for both methods, so that it decides nothing.
  const sharedMs =
    (START_NS + PLACE_NS * (program.circuit.length + program.sites) + READ_NS * misread * shots) / 1e6;
  const whole = ({ memoryBytes, timeMs }: MethodEstimate): MethodEstimate => ({
    memoryBytes,
    timeMs: finite(timeMs + sharedMs),
  });
  return {
    qubits: program.width,
    density: whole(densityCost(program, shots)),
    trajectories: whole(trajectoryCost(plan, shots)),
    eventsPerShot: plan.events,
    measurements: program.measurements,
  };
}

const finite = (value: number): number => Math.min(value, Number.MAX_VALUE);

function densityCost(program: NoisyProgram, shots: number): MethodEstimate {
  const { width, measurements } = program;
  const entries = finite(2 ** (2 * width));
  let work = 0;
  if (width <= MAX_DENSITY_QUBITS) {
    const transfers = new Transfers(program);
    for (const step of program.steps) {
      if (step.kind !== "layers") work += 2 * SWEEP_NS;
      else {
        const planned = step.layers.slice(0, PLANNED);
        let part = 0;
        for (const transfer of transfers.plan(planned)) part += SWEEP_NS + WORK_NS * workOf(transfer);
        work += (part * step.layers.length) / planned.length;
      }
    }
  } else work = program.circuit.length * (SWEEP_NS + 16 * WORK_NS);
  const branches = Math.min(shots, 2 ** Math.min(measurements, 53));
  const kept = Math.min(measurements, bitsOf(shots));
  return {
    memoryBytes: finite(8 * entries * (1 + kept) + 24 * finite(2 ** width) + SHOT_BYTES * shots + 2 ** 20),
    timeMs: finite((branches * entries * work + shots * SHOT_NS) / 1e6),
  };
}

function trajectoryCost(plan: TrajectoryPlan, shots: number): MethodEstimate {
  const { program } = plan;
  const { width } = program;
  const amplitudes = finite(2 ** width);
  let gates = 0;
  for (const step of program.steps)
    if (step.kind === "layers") for (const { instructions } of step.layers) gates += instructions.length;
  const once = gates * (GATE_NS + GATE_AMPLITUDE_NS * amplitudes) + 3 * SWEEP_NS * amplitudes;
  const stops = program.measurements + program.resets;
  // Shots part at their first event and at measurements; after an event each runs the rest alone.
  const alone = 1 + Math.min(shots, shots * (1 - exp(-plan.events)) + 2 ** Math.min(stops, 53));
  const planned = gates * PLAN_NS * Math.min(alone, 7);
  const part = plan.events > 1 || stops > 0 ? 1 : 0.6;
  const events = plan.events * shots * (amplitudes * SWEEP_NS * 2 + CALL_NS);
  const kept = bitsOf(shots);
  return {
    memoryBytes: finite(
      16 * amplitudes * (1 + kept) +
        8 * amplitudes +
        SHOT_BYTES * shots +
        PLACE_BYTES * (gates + program.sites) +
        2 ** 20,
    ),
    timeMs: finite(
      (planned + alone * (part * once + stops * amplitudes * SWEEP_NS) + events + shots * SHOT_NS) / 1e6,
    ),
  };
}

/** Halvings of a group of shots until one is left. */
function bitsOf(shots: number): number {
  return 32 - Math.clz32(shots);
}
