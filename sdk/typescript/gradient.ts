/** Derivatives of an expectation value: a gradient job on "quantum.jobs". */
import { type Json, type JsonObject, qasmMediaType } from "@arqon/core/base";
import { requireText } from "./argument.ts";
import { type AnswerIds, type AskOptions, answerOf, ask, idsIn, textsIn } from "./ask.ts";
import type { Client } from "./client.ts";
import { seedText } from "./seed.ts";

/** Of what, where, and how surely. */
export interface GradientOptions extends AskOptions {
  /** A sum of Pauli strings, e.g. "0.5*ZZ - XI"; the right letter is for qubit 0. */
  readonly observable: string;
  /** Inputs of OpenQASM 3 and where they stand, or every angle of every gate. Default "all". */
  readonly parameters?: "all" | Readonly<Record<string, number>>;
  /** For each term and shifted circuit. Default 0: exact. */
  readonly shots?: number;
  /** Confidence of the intervals. Default 0.95. */
  readonly level?: number;
  /** 64 bits; default: it follows from the job's id. */
  readonly seed?: bigint | number | string;
  /** Backend id; default: the scheduler's choice. */
  readonly backend?: string;
  /** Name for people, e.g. the file name. */
  readonly name?: string;
}

/** A number and the interval it lies in; low and high are the value itself when it is exact. */
export interface Estimate {
  readonly value: number;
  readonly standardError: number;
  readonly low: number;
  readonly high: number;
}

/** The derivative in one parameter. */
export interface Derivative extends Estimate {
  readonly parameter: string;
  /** Value of the parameter. */
  readonly at: number;
  /** Gates it turns. */
  readonly uses: number;
}

/** A gradient, as `results/gradient.json` of its artifact has it. */
export interface GradientResult extends AnswerIds {
  readonly expectation: Estimate;
  readonly gradient: readonly Derivative[];
  readonly observable: readonly { readonly label: string; readonly coefficient: number }[];
  readonly isExact: boolean;
  readonly level: number;
  readonly qubits: number;
  /** Circuits that were run. */
  readonly evaluations: number;
  readonly shots: number;
  readonly seed: string;
  readonly backend: string;
  readonly warnings: readonly string[];
}

/** @throws ArqonError e.g. `QASM_SYNTAX`, `USAGE` for an observable of another size. */
export async function gradient(
  client: Client,
  qasm: string,
  options: GradientOptions,
): Promise<GradientResult> {
  const { observable, parameters, shots = 0, level, seed, backend, name = "circuit.qasm", ...how } = options;
  const asked: Record<string, Json> = { observable };
  if (parameters !== undefined) asked["parameters"] = parameters as JsonObject | "all";
  if (options.shots !== undefined) asked["shots"] = shots;
  if (level !== undefined) asked["level"] = level;
  if (seed !== undefined) asked["seed"] = seedText(seed, () => new Uint8Array(8));
  const output = await ask(
    client,
    "quantum.jobs",
    {
      schema: "arqonbus.gradient.job.v1",
      program: qasm,
      programMediaType: qasmMediaType(requireText("circuit", qasm)),
      name,
      parameters: asked,
      constraints: backend === undefined ? {} : { backend },
    },
    how,
  );
  const answer = await answerOf(client, output, ["gradient.json"], how);
  const { evaluations, expectation, gradient, isExact, qubits } = answer as unknown as GradientResult;
  return {
    expectation,
    gradient,
    observable: answer["observable"] as unknown as GradientResult["observable"],
    isExact,
    level: Number(answer["level"]),
    qubits,
    evaluations,
    shots,
    seed: String(answer["seed"] ?? ""),
    backend: String(answer["backend"] ?? ""),
    warnings: textsIn(answer, "warnings"),
    ...idsIn(output),
  };
}
