/** Running a circuit: counts for shots, or the whole statevector. */
import { ArqonError } from "@arqon/core/base";
import { chooseEngine, type EngineChoice } from "./auto.ts";
import { type Buildable, type Circuit, circuitOf } from "./circuit.ts";
import type { EngineName, SimulatorName } from "./engine-name.ts";
import {
  checkEstimate,
  checkSeed,
  DEFAULT_LIMITS,
  estimateProgram,
  type QuantumLimits,
  snapshotLimit,
} from "./estimate.ts";
import type { Crew } from "./fast/crew.ts";
import { fastEngine } from "./fast/engine.ts";
import { turnAll } from "./global-phase.ts";
import { MPS_DEFAULTS, MPS_SNAPSHOTS, Mps, type MpsOptions } from "./mps/index.ts";
import type { Precision, RealArray } from "./precision.ts";
import { sortedCounts } from "./simulate/counts.ts";
import { oracle } from "./simulate/oracle.ts";
import { type Program, prepare } from "./simulate/program.ts";
import { runBranches, runShots } from "./simulate/shots.ts";
import type { State } from "./simulate/state.ts";
import { inOrder } from "./snapshots.ts";
import { runStabilizer } from "./stabilizer/index.ts";

/** Version of what a run means, with noise or without: equal circuits, noise, seeds, methods and semantics give equal counts. */
export const QUANTUM_SEMANTICS = "3";

/** How to run a circuit. */
export interface RunOptions {
  readonly shots: number;
  /** 64 bits; fixes every outcome. */
  readonly seed: bigint;
  /** "auto", the default, chooses by circuit and limits; see {@link chooseEngine}. */
  readonly engine?: "auto" | SimulatorName;
  readonly limits?: Partial<QuantumLimits>;
  /** Of a statevector; "f64" by default. A part of what the result is. */
  readonly precision?: Precision;
  /** Threads that help the caller's; no result depends on them. */
  readonly crew?: Crew;
  /** Of the mps engine: how large bonds may be and how much may be lost; see {@link MPS_DEFAULTS}. */
  readonly mps?: Partial<MpsOptions>;
  /** Asked between pieces of work, some tenths of a second apart at most. */
  readonly isCancelled?: () => boolean;
  /** Told the part of the work done, in [0, 1], never falling. */
  readonly onProgress?: (fraction: number) => void;
}

/** What a run gives. */
export interface RunResult {
  /** How often each outcome came, in ascending order of the key (Qiskit's form). */
  readonly counts: ReadonlyMap<string, number>;
  readonly engine: SimulatorName;
  /** Of the amplitudes; the other engines have none of their own and say "f64". */
  readonly precision: Precision;
  /** Why this engine. */
  readonly reason: string;
  /** What a matrix product state lost: an estimate of 1 - fidelity, and the largest bond there was. */
  readonly truncation?: { readonly discarded: number; readonly largestBond: number };
  readonly warnings: readonly string[];
}

/**
 * Simulates a circuit for a number of shots. A circuit without measurements is measured as a whole at its end, into a
 * register "meas", and a warning says so.
 *
 * @throws ArqonError `QUANTUM_TOO_LARGE` when the estimate is over `limits` (by default {@link DEFAULT_LIMITS}),
 *   `QASM_UNSUPPORTED` when a named engine cannot run the circuit, `LIMIT_EXCEEDED` for too many shots, `USAGE` for options of another form, `CANCELLED` when `isCancelled` says so.
 * @cost see {@link estimateProgram}; synchronous.
 */
export function runCircuit(circuit: Circuit | Buildable, options: RunOptions): RunResult {
  checkSeed(options.seed);
  return runChosen(
    chooseEngine(
      circuitOf(circuit),
      options.shots,
      options.engine,
      options.limits,
      options.precision,
      options.mps,
    ),
    options,
  );
}

/** The same for a circuit whose engine was chosen before. */
export function runChosen(
  choice: EngineChoice,
  options: Omit<RunOptions, "engine" | "mps" | "precision">,
): RunResult {
  const { engine, reason, program, estimate, maxQubits } = choice;
  const { circuit } = program;
  checkEstimate(circuit.name, estimate, { ...DEFAULT_LIMITS, ...options.limits, maxQubits });
  const { shots, seed, crew } = options;
  const progress = watcher(circuit.name, options);
  const { counts, truncation } = countsOf(choice, { shots, seed, crew, progress });
  return {
    counts: sortedCounts(counts),
    engine,
    precision: choice.precision,
    reason,
    ...(truncation && { truncation }),
    warnings: [...circuit.warnings, ...doubts(program), ...(truncation ? losses(truncation) : [])],
  };
}

function countsOf(
  { engine, program, clifford, precision, mps: chain }: EngineChoice,
  {
    crew,
    ...options
  }: {
    readonly shots: number;
    readonly seed: bigint;
    readonly crew: Crew | undefined;
    readonly progress: (part: number) => void;
  },
): { readonly counts: Map<string, number>; readonly truncation?: RunResult["truncation"] } {
  if (engine === "stabilizer") return { counts: runStabilizer(program, clifford ?? [], options) };
  if (engine === "mps") {
    const mps = new Mps(program, chain?.options ?? MPS_DEFAULTS);
    const counts = runBranches(program, mps, { ...options, maxSnapshots: MPS_SNAPSHOTS });
    return { counts, truncation: { discarded: mps.mostDiscarded, largestBond: mps.largestBond } };
  }
  const maxSnapshots = snapshotLimit(program.width, precision);
  if (engine === "oracle")
    return { counts: runShots(program, oracle(program), { ...options, maxSnapshots }) };
  const state = fastEngine(precision, crew)(program);
  try {
    return { counts: runShots(program, state, { ...options, maxSnapshots }) };
  } finally {
    state.release();
  }
}

/** What thousands of gates lose by roundings stays below. */
const LOSS_TOLD = 1e-10;

/** Losses that are more than roundings are told. */
export function losses({ discarded, largestBond }: NonNullable<RunResult["truncation"]>): string[] {
  if (discarded < LOSS_TOLD) return [];
  return [
    `truncation to bonds of ${largestBond} lost about ${discarded.toExponential(1)} of the state, by estimate`,
  ];
}

function watcher(
  name: string,
  { isCancelled, onProgress }: Pick<RunOptions, "isCancelled" | "onProgress">,
): (fraction: number) => void {
  let most = -1;
  return (fraction) => {
    if (isCancelled?.()) throw new ArqonError("CANCELLED", `the run of ${name} was cancelled`);
    if (fraction <= most) return;
    most = fraction;
    onProgress?.(Math.min(1, fraction));
  };
}

function doubts({ circuit, bits }: Program): string[] {
  if (bits === circuit.bits) return [];
  return [
    `the circuit measures nothing: every qubit (${circuit.qubits}) was measured at its end, into 'meas'`,
  ];
}

/**
 * The final state of a circuit without branchings or conditions, with its global phase; measurements at the end are left out.
 *
 * @returns  2^qubits amplitudes, split; qubit q is bit q of the index.
 * @throws   ArqonError `QUANTUM_TOO_LARGE`; `QASM_UNSUPPORTED` when the state depends on a measurement.
 */
export function statevector(
  given: Circuit | Buildable,
  engine: EngineName = "fast",
  { precision = "f64", crew }: { readonly precision?: Precision; readonly crew?: Crew } = {},
): { re: Float64Array; im: Float64Array } {
  const circuit = circuitOf(given);
  const program = prepare(circuit);
  checkEstimate(circuit.name, { ...estimateProgram(program, 1), qubits: circuit.qubits }, DEFAULT_LIMITS);
  checkFinalState(program);
  const state = finalState(program, engine, { precision, ...(crew && { crew }) });
  turnAll(state, circuit.phase);
  return state;
}

/** @throws ArqonError `QASM_UNSUPPORTED` when the final state depends on a measurement. */
export function checkFinalState({ circuit, steps }: Program): void {
  if (steps.some(({ condition, kind }) => condition || kind !== "gates"))
    throw new ArqonError("QASM_UNSUPPORTED", `${circuit.name} has no one final state: it depends on chance`);
}

/** The program as if it had only the qubits that gates touch, numbered by their positions. */
function compact(program: Program): Program {
  const { circuit, width } = program;
  return {
    ...program,
    circuit: { ...circuit, qubits: width },
    positions: Int32Array.from({ length: width }, (_, position) => position),
  };
}

/** The final state of a program that was checked, without its global phase; by its positions it has no amplitudes for qubits that stay |0>. */
export function finalState(
  program: Program,
  engine: EngineName,
  {
    precision,
    crew,
    byPosition = false,
  }: { readonly precision: Precision; readonly crew?: Crew; readonly byPosition?: boolean },
): { re: Float64Array; im: Float64Array } {
  const quick = engine === "fast" ? fastEngine(precision, crew)(program) : undefined;
  const state: State<RealArray> = quick ?? oracle(program);
  try {
    for (const step of program.steps) if (step.kind === "gates") state.apply(step.instructions, () => {});
    return inOrder(byPosition ? compact(program) : program, state);
  } finally {
    quick?.release();
  }
}
