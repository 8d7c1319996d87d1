/** Samples as quantum states: the ZZ feature map. */
import type { Circuit } from "../circuit.ts";
import { type QuantumCircuit, quantumCircuit } from "../fluent/index.ts";
import type { Amplitudes } from "../observables/index.ts";
import { statevector } from "../run.ts";

/**
 * The angle of a pair: "havlicek" is (pi - x)(pi - y) of the paper, for features in (0, 2 pi]; "product" is x y, which is
 * small for small features, so that `bandwidth` spans from a classical, broad kernel to a narrow one.
 */
export type PairMap = "havlicek" | "product";

/** Qubits up to which preparing the fast engine costs more than it saves. */
const SMALL = 8;

/** How samples are encoded. */
export interface FeatureMap {
  readonly pairs: PairMap;
  /** Every feature is multiplied by it. */
  readonly bandwidth: number;
  /** Times that Hadamard gates and phases are applied. */
  readonly repetitions: number;
}

/**
 * Adds the map of one sample to a circuit on as many qubits as it has features: repetitions of H on every qubit, P(2 x_i) on qubit i,
 * and P(2 f(x_i, x_j)) on the parity of each pair.
 *
 * @source Havlicek et al. 2019, Supervised learning with quantum-enhanced feature spaces; the bandwidth: Shaydulin and Wild 2022
 */
export function addFeatureMap(
  circuit: QuantumCircuit,
  sample: readonly number[],
  { pairs, bandwidth, repetitions }: FeatureMap,
): QuantumCircuit {
  const x = sample.map((value) => bandwidth * value);
  const pairAngle = (a: number, b: number): number =>
    pairs === "havlicek" ? (Math.PI - a) * (Math.PI - b) : a * b;
  for (let round = 0; round < repetitions; round++) {
    for (let q = 0; q < x.length; q++) circuit.h(q).p(2 * (x[q] as number), q);
    for (let a = 0; a < x.length; a++)
      for (let b = a + 1; b < x.length; b++)
        circuit
          .cx(a, b)
          .p(2 * pairAngle(x[a] as number, x[b] as number), b)
          .cx(a, b);
  }
  return circuit;
}

/** The circuit that prepares the state of one sample. */
export function featureMapCircuit(sample: readonly number[], map: FeatureMap): Circuit {
  return addFeatureMap(quantumCircuit(sample.length, 0, "zz-feature-map"), sample, map).build();
}

/** The states of samples. */
export function featureStates(samples: readonly (readonly number[])[], map: FeatureMap): Amplitudes[] {
  return samples.map((sample) =>
    statevector(featureMapCircuit(sample, map), sample.length > SMALL ? "fast" : "oracle"),
  );
}
