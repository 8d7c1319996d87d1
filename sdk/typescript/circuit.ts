/** Running a quantum circuit: a job on "quantum.jobs". */
import { ArqonError, type Entropy, type JsonObject, type LabelsInit, qasmMediaType } from "@arqon/core/base";
import type { JobState } from "@arqon/core/wire";
import { requireList, requireText } from "./argument.ts";
import { ask } from "./ask.ts";
import type { Client } from "./client.ts";
import { RunResult } from "./run-result.ts";
import { seedText } from "./seed.ts";
import type { WaitOptions } from "./wait.ts";

/** How to run a circuit. Tags and note go into the record of the run, and into no id but the record's. */
export interface CircuitOptions extends WaitOptions, LabelsInit {
  /** Default 1024. */
  readonly shots?: number;
  /** 64 bits; a fresh one is drawn, and recorded, when none is given. */
  readonly seed?: bigint | number | string;
  /** Backend id; default: the scheduler's choice. */
  readonly backend?: string;
  /** Default "auto". */
  readonly engine?: "auto" | "statevector" | "density" | "trajectories" | "stabilizer" | "mps";
  /** Of a statevector. Default "f64". */
  readonly precision?: "f64" | "f32";
  /** Values of an OpenQASM 3 text's `input` declarations. */
  readonly inputs?: Readonly<Record<string, number | boolean>>;
  /** Noise of a device: `calibration` is JSON of schema `calibration.v1`; `device`, where given, must be its device; `policy` is "warn", "repair" or "refuse". */
  readonly noise?: JsonObject;
  /** With noise: compile the circuit for the device first. Default true. */
  readonly transpile?: boolean;
  /** Of the mps engine: the largest bond (default 64), and the estimated loss above which a run is refused (default 1e-6). */
  readonly mps?: { readonly maxBond?: number; readonly maxLoss?: number };
  /** Pauli strings (the right letter is for qubit 0) or weighted sums of them; their exact values come as `expectations`. */
  readonly observables?: readonly (string | Readonly<Record<string, number>>)[];
  /** Name for people, e.g. the file name. */
  readonly name?: string;
  /** What the program's working copy was, as `captureSource` gives it; for the record, not identity. */
  readonly source?: JsonObject;
  /** Message id of the job; the same id again is the same run. */
  readonly id?: string;
  /** W3C Trace Context of whoever asks; the job, and what comes of it, continues that trace. */
  readonly trace?: Readonly<Record<string, string>>;
  /** Told every state of the job. */
  readonly onState?: (state: JobState) => void;
}

/**
 * Runs OpenQASM 2 or 3 source and waits, an hour unless told otherwise, until it has counts and is sealed. Aborting the
 * wait cancels the job.
 * @throws ArqonError what refused or failed it, e.g. `QASM_SYNTAX`, `QUANTUM_TOO_LARGE`, `BACKEND_UNKNOWN`.
 */
export async function runCircuit(
  client: Client,
  entropy: Entropy,
  qasm: string,
  options: CircuitOptions,
): Promise<RunResult> {
  const { backend, name = "circuit.qasm", id, trace, source } = options;
  const { timeoutMs, signal, onState, tags, note } = options;
  const wait = { ...(timeoutMs !== undefined && { timeoutMs }), ...(signal && { signal }) };
  const output = await ask(
    client,
    "quantum.jobs",
    {
      schema: "arqonbus.quantum.job.v1",
      program: qasm,
      programMediaType: qasmMediaType(requireText("circuit", qasm)),
      name,
      parameters: { ...parametersOf(options), seed: seedText(options.seed, entropy) },
      constraints: backend === undefined ? {} : { backend },
      ...(trace && { trace }),
      ...(source && { source }),
    },
    { ...wait, tags, note, ...(id && { id }), ...(onState && { onState }) },
  );
  return RunResult.of(client, output, name, wait);
}

/** What a job's parameters say but for the seed. @throws ArqonError `USAGE` */
export function parametersOf({
  shots = 1024,
  engine,
  precision,
  inputs,
  noise,
  transpile,
  mps,
  observables,
}: CircuitOptions): JsonObject {
  if (!Number.isSafeInteger(shots) || shots < 1)
    throw new ArqonError("USAGE", `shots is ${String(shots)}, needs 1 or more`);
  return {
    shots,
    ...(engine !== undefined && { engine }),
    ...(precision !== undefined && { precision }),
    ...(inputs !== undefined && { inputs: { ...inputs } }),
    ...(noise !== undefined && { noise }),
    ...(transpile !== undefined && { transpile }),
    ...(mps !== undefined && { mps: { ...mps } }),
    ...(observables !== undefined && {
      observables: requireList("observables", observables).map((each) =>
        typeof each === "string" ? each : { ...each },
      ),
    }),
  };
}
