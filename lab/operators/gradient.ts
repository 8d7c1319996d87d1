/** Differentiates a circuit, in a thread. The same on any machine for equal requests. */
import type { JsonObject } from "@arqon/core/base";
import { circuitGradient, type Estimated } from "@arqon/substrates/quantum";
import { type GradientParameters, gradientTask } from "../scheduler/index.ts";

/** One gradient to compute. */
export interface GradientRequest {
  readonly program: Uint8Array;
  /** For error messages. */
  readonly fileName: string;
  readonly asked: GradientParameters;
  readonly seed: bigint;
  /** Largest memory a circuit may take, bytes. */
  readonly memoryBytes: number;
}

/** What came out: `results/gradient.json`. */
export interface GradientAnswer {
  readonly gradient: JsonObject;
  readonly warnings: readonly string[];
}

/** @throws ArqonError what {@link gradientTask} and simulating a circuit throw. */
export function differentiate(
  { program, fileName, asked, seed, memoryBytes }: GradientRequest,
  progress: (fraction: number, note: string) => void,
): GradientAnswer {
  const { circuit, parameters, observable } = gradientTask(program, fileName, asked);
  const { value, derivatives, evaluations, warnings } = circuitGradient(circuit, parameters, observable, {
    shots: asked.shots,
    seed,
    level: asked.level,
    limits: { memoryBytes },
    onProgress: (fraction) => progress(fraction, "differentiating"),
  });
  return {
    gradient: {
      evaluations,
      expectation: estimateJson(value),
      gradient: parameters.map(({ name, at, uses }, k) => ({
        ...estimateJson(derivatives[k] as Estimated),
        at,
        parameter: name,
        uses: uses.length,
      })),
      isExact: asked.shots === 0,
      level: asked.level,
      observable: observable.map(([label, coefficient]) => ({ coefficient, label })),
      qubits: circuit.qubits,
    },
    warnings: [...circuit.warnings, ...warnings],
  };
}

function estimateJson({ value, standardError, low, high }: Estimated): JsonObject {
  return { high, low, standardError, value };
}
