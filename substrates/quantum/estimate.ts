/** What running a circuit would cost, before anything is allocated. */
import { ArqonError, formatBytes, formatCount, formatDuration } from "@arqon/core/base";
import { plan } from "./fast/engine.ts";
import { AMPLITUDE_BYTES, type Precision } from "./precision.ts";
import type { Program } from "./simulate/program.ts";

/** Bounds on a run. */
export interface QuantumLimits {
  /** Qubits that gates touch, of a statevector; the other engines have their own. */
  readonly maxQubits: number;
  readonly memoryBytes: number;
  /** Estimated time; `Infinity` for no bound. */
  readonly timeMs: number;
}

/** 26 qubits in f64 are 1 GiB; a circuit measured on the way may keep a second state. */
export const DEFAULT_LIMITS: QuantumLimits = {
  maxQubits: 26,
  memoryBytes: 3 * 2 ** 30,
  timeMs: Number.POSITIVE_INFINITY,
};

/** More shots than this are refused. */
export const MAX_SHOTS = 10_000_000;

/** What a run needs. */
export interface CircuitEstimate {
  /** Qubits that gates touch: the others stay |0> and cost nothing. */
  readonly qubits: number;
  readonly memoryBytes: number;
  /** For the fast engine on one core of a present-day machine; within a factor of a few. */
  readonly timeMs: number;
  /** Kept at once; 0 for engines that keep none. */
  readonly amplitudes: number;
}

/** Nanoseconds: per vector instruction of a plan, per amplitude and sweep over the state, per operation, per shot; per instruction, to plan it once. */
const INSTRUCTION_NS = 0.2;
const SWEEP_NS = 4;
const OPERATION_NS = 500;
const SHOT_NS = 400;
const PLANNING_NS = 8000;
/** Instructions that are planned for an estimate; the rest is taken to be like them. */
const PLANNED = 10_000;
/** The fast engine's masks hold no more positions; far above what any machine has memory for. */
const MOST_POSITIONS = 31;
/** A random number, and a key of its own in the worst case. */
const SHOT_BYTES = 160;
const SNAPSHOT_BUDGET_BYTES = 256 * 2 ** 20;

/** How many states a run may keep beside the running one. */
export function snapshotLimit(width: number, precision: Precision = "f64"): number {
  const bytes = AMPLITUDE_BYTES[precision] * 2 ** width;
  return Math.min(64, Math.max(1, Math.floor(SNAPSHOT_BUDGET_BYTES / bytes)));
}

export function estimateProgram(
  program: Program,
  shots: number,
  precision: Precision = "f64",
): CircuitEstimate {
  const { width, branchings } = program;
  const amplitudes = 2 ** width;
  const snapshots = Math.min(branchings, snapshotLimit(width, precision));
  const branches = Math.min(shots, 2 ** Math.min(branchings, 53));
  const passes = (2 + branchings) * amplitudes * SWEEP_NS;
  // Figures of thousands of qubits stay numbers that can be written down.
  const finite = (value: number): number => Math.min(value, Number.MAX_VALUE);
  return {
    qubits: width,
    amplitudes: finite(amplitudes),
    memoryBytes: finite(
      AMPLITUDE_BYTES[precision] * amplitudes * (1 + snapshots) + SHOT_BYTES * shots + 2 ** 20,
    ),
    timeMs: finite(
      (branches * (gatesNs(program, precision) + passes) +
        shots * SHOT_NS +
        program.circuit.length * PLANNING_NS) /
        1e6,
    ),
  };
}

/** Time of all gates once: as they would be fused and grouped, on the part of the state they reach. */
function gatesNs(program: Program, precision: Precision): number {
  let [ns, planned, active] = [0, 0, 0];
  for (const step of program.steps) {
    if (step.kind !== "gates") continue;
    const { instructions } = step;
    const budget = program.width > MOST_POSITIONS ? 0 : PLANNED - planned;
    const most = Math.max(0, Math.min(instructions.length, budget));
    planned += most;
    const next = plan(program, instructions, 0, most, active, precision);
    active = next.active;
    const stepNs = next.operations * OPERATION_NS + next.cost * INSTRUCTION_NS;
    const rest = instructions.length - most;
    ns += stepNs + rest * (OPERATION_NS + 2 ** program.width * 9 * INSTRUCTION_NS);
  }
  return ns;
}

/** @throws ArqonError `LIMIT_EXCEEDED` above {@link MAX_SHOTS}; `USAGE` unless `shots` is a positive integer. */
export function checkShots(shots: number): void {
  if (!Number.isInteger(shots) || shots < 1)
    throw new ArqonError("USAGE", `shots must be a positive integer, not ${shots}`);
  if (shots > MAX_SHOTS)
    throw new ArqonError("LIMIT_EXCEEDED", `${shots} shots asked for; the limit is ${MAX_SHOTS}`, {
      details: { shots, limitShots: MAX_SHOTS },
    });
}

/** @throws ArqonError `USAGE` for a seed that is not a bigint of at most 64 bits. */
export function checkSeed(seed: bigint): void {
  if (typeof seed !== "bigint" || BigInt.asUintN(64, seed) !== seed)
    throw new ArqonError("USAGE", `seed must be a bigint from 0 to 2^64 - 1, such as 42n, not ${seed}`);
}

/** @throws ArqonError `QUANTUM_TOO_LARGE` with the figures when the estimate is over a limit. */
export function checkEstimate(name: string, estimate: CircuitEstimate, limits: QuantumLimits): void {
  const { qubits, memoryBytes, timeMs } = estimate;
  const over: string[] = [];
  if (qubits > limits.maxQubits)
    over.push(`${formatCount(qubits, "qubit")} over the limit of ${limits.maxQubits}`);
  if (memoryBytes > limits.memoryBytes)
    over.push(`${formatBytes(memoryBytes)} over the limit of ${formatBytes(limits.memoryBytes)}`);
  if (timeMs > limits.timeMs)
    over.push(`${formatDuration(timeMs)} over the limit of ${formatDuration(limits.timeMs)}`);
  if (over.length === 0) return;
  throw new ArqonError(
    "QUANTUM_TOO_LARGE",
    `${name} would need ${formatCount(qubits, "qubit")}, ${formatBytes(memoryBytes)} and ${formatDuration(timeMs)}: ${over.join(", ")}`,
    { details: { qubits, memoryBytes, timeMs, ...namedLimits(limits) } },
  );
}

function namedLimits({ maxQubits, memoryBytes, timeMs }: QuantumLimits): Record<string, number> {
  const limits: Record<string, number> = { limitQubits: maxQubits, limitMemoryBytes: memoryBytes };
  if (Number.isFinite(timeMs)) limits["limitTimeMs"] = timeMs;
  return limits;
}
