/** Which engine runs a circuit, why, and what it will cost. */
import { ArqonError } from "@arqon/core/base";
import { type Buildable, type Circuit, circuitOf } from "./circuit.ts";
import type { SimulatorName } from "./engine-name.ts";
import {
  type CircuitEstimate,
  checkShots,
  DEFAULT_LIMITS,
  estimateProgram,
  type QuantumLimits,
} from "./estimate.ts";
import { estimateMps, MPS_DEFAULTS, MPS_QUBITS, type MpsOptions } from "./mps/index.ts";
import type { Precision } from "./precision.ts";
import { type Program, prepare } from "./simulate/program.ts";
import {
  type CliffordStep,
  cliffordCircuit,
  estimateStabilizer,
  STABILIZER_QUBITS,
} from "./stabilizer/index.ts";

/** A circuit made ready for the engine that will run it. */
export interface EngineChoice {
  readonly engine: SimulatorName;
  /** For people. */
  readonly reason: string;
  readonly program: Program;
  readonly estimate: CircuitEstimate;
  /** Tableau operations, for the stabiliser engine. */
  readonly clifford: readonly (readonly CliffordStep[])[] | undefined;
  /** Qubits this engine takes. */
  readonly maxQubits: number;
  readonly precision: Precision;
  /** Of a matrix product state. */
  readonly mps?: MpsChoice;
}

/** How a matrix product state is kept, and what is known of it before. */
export interface MpsChoice {
  readonly options: MpsOptions;
  /** Whether gates could make bonds that are larger than allowed; then a run may be refused for its losses. */
  readonly mayTruncate: boolean;
  /** Time of the gates once, and of one expectation value. */
  readonly onceMs: number;
  readonly termMs: number;
}

/** A Clifford circuit that would keep a statevector busy for longer than this goes to the tableau. */
const PATIENCE_MS = 50;

/**
 * Chooses by circuit and budget. Stabiliser and statevector engines give the same counts for a seed, so which of the two
 * runs is no part of a result; every other choice depends on the circuit alone.
 */
export function chooseEngine(
  circuit: Circuit,
  shots: number,
  asked: "auto" | SimulatorName = "auto",
  given: Partial<QuantumLimits> = {},
  precision: Precision = "f64",
  mps: Partial<MpsOptions> = {},
): EngineChoice {
  const choice = choose(circuit, shots, asked, given, precision, { ...MPS_DEFAULTS, ...mps });
  if (precision === "f32" && choice.engine === "oracle")
    throw new ArqonError("QASM_UNSUPPORTED", "the oracle engine has no single precision");
  return { ...choice, precision: choice.engine === "fast" ? precision : "f64" };
}

function choose(
  circuit: Circuit,
  shots: number,
  asked: "auto" | SimulatorName,
  given: Partial<QuantumLimits>,
  precision: Precision,
  mps: MpsOptions,
): Omit<EngineChoice, "precision"> {
  checkShots(shots);
  if (!["auto", "oracle", "fast", "stabilizer", "mps"].includes(asked))
    throw new ArqonError("USAGE", `engine ${asked} is none of auto, oracle, fast, stabilizer and mps`);
  const limits = { ...DEFAULT_LIMITS, ...given };
  const program = prepare(circuit);
  const estimate = estimateProgram(program, shots, precision);
  const statevector = { program, estimate, clifford: undefined, maxQubits: limits.maxQubits };
  const named = "it was asked for";
  if (asked === "oracle" || asked === "fast") return { ...statevector, engine: asked, reason: named };
  const { width } = program;
  // In f32 roundings could show in counts, so there the machine's own limits must not decide.
  const { maxQubits, memoryBytes } = precision === "f32" ? DEFAULT_LIMITS : limits;
  const over = width > maxQubits || estimate.memoryBytes > memoryBytes;
  if (asked === "stabilizer" || (asked === "auto" && (over || estimate.timeMs > PATIENCE_MS))) {
    const clifford = cliffordCircuit(circuit);
    if (clifford) {
      const cost = estimateStabilizer(program, clifford, shots);
      const reason = asked === "stabilizer" ? named : `every gate on its ${width} qubits is a Clifford gate`;
      return {
        engine: "stabilizer",
        reason,
        program,
        estimate: { ...cost, amplitudes: 0 },
        clifford,
        maxQubits: STABILIZER_QUBITS,
      };
    }
    if (asked === "stabilizer")
      throw new ArqonError("QASM_UNSUPPORTED", `${circuit.name} has gates that are not Clifford gates`);
  }
  // What a matrix product state gives depends on the engine, so here the machine's own limits must not decide.
  if (asked === "mps" || width > DEFAULT_LIMITS.maxQubits) {
    const { mayTruncate, onceMs, termMs, ...cost } = estimateMps(program, shots, mps.maxBond);
    const reason =
      asked === "mps"
        ? named
        : `${width} qubits are too many for a statevector, and not all gates are Clifford gates`;
    return {
      engine: "mps",
      reason,
      program,
      estimate: { ...cost, amplitudes: 0 },
      clifford: undefined,
      maxQubits: MPS_QUBITS,
      mps: { options: mps, mayTruncate, onceMs, termMs },
    };
  }
  return { ...statevector, engine: "fast", reason: `${width} qubits fit into a statevector` };
}

/**
 * Qubits, bytes and time of a run of `shots` shots, on the engine that "auto" would choose. Plans the first 10,000 gates;
 * linear in the rest; allocates no state.
 *
 * @throws ArqonError `LIMIT_EXCEEDED` above the largest number of shots; `USAGE` unless `shots` is a positive integer.
 */
export function estimateCircuit(
  circuit: Circuit | Buildable,
  shots: number,
  precision: Precision = "f64",
): CircuitEstimate & Pick<EngineChoice, "engine" | "reason"> {
  const { engine, reason, estimate } = chooseEngine(circuitOf(circuit), shots, "auto", {}, precision);
  return { ...estimate, engine, reason };
}
