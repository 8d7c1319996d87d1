/** The channels noise models are made of. */
import type { Matrix } from "@arqon/core/math";
import { embed, identity, multiply } from "@arqon/core/math";
import { type Channel, invalid, krausChannel, MAX_CHANNEL_QUBITS } from "./channel.ts";

const PAULIS: Readonly<Record<string, Matrix>> = {
  I: identity(2),
  X: Float64Array.of(0, 0, 1, 0, 1, 0, 0, 0),
  Y: Float64Array.of(0, 0, 0, -1, 0, 1, 0, 0),
  Z: Float64Array.of(1, 0, 0, 0, 0, 0, -1, 0),
};

export const scaled = (matrix: Matrix, factor: number): Matrix => matrix.map((value) => value * factor);

/** A number in [0, most], by name. @throws ArqonError `NOISE_INVALID` */
export function checkWeight(name: string, value: number, most = 1): number {
  if (!(value >= 0 && value <= most)) throw invalid(`${name} must be in [0, ${most}], not ${value}`);
  return value;
}

/** Before anything of size 4^qubits is made. */
function checkQubits(qubits: number): void {
  if (!Number.isInteger(qubits) || qubits < 1 || qubits > MAX_CHANNEL_QUBITS)
    throw invalid(`a channel is on 1 to ${MAX_CHANNEL_QUBITS} qubits, not ${qubits}`);
}

/** The product of Pauli matrices of a label such as "XI": the leftmost letter is the last qubit. */
export function pauliMatrix(label: string): Matrix {
  const qubits = label.length;
  let out = identity(1 << qubits);
  for (let q = 0; q < qubits; q++) {
    const one = PAULIS[label[qubits - 1 - q] as string];
    if (one === undefined) throw invalid(`"${label}" is no product of I, X, Y, Z`);
    out = multiply(embed(one, [q], qubits), out, 1 << qubits);
  }
  return out;
}

/** Pauli products with the probabilities given; what is missing to 1 is the identity. */
export function pauliChannel(probabilities: Readonly<Record<string, number>>): Channel {
  const labels = Object.keys(probabilities);
  const qubits = labels[0]?.length ?? 1;
  checkQubits(qubits);
  let rest = 1;
  const kraus: Matrix[] = [];
  for (const label of labels) {
    if (label.length !== qubits) throw invalid(`"${label}" is not on ${qubits} qubits`);
    const p = checkWeight(`the probability of ${label}`, probabilities[label] as number);
    if (/^I+$/.test(label)) continue;
    rest -= p;
    if (p > 0) kraus.push(scaled(pauliMatrix(label), Math.sqrt(p)));
  }
  if (rest < -1e-12) throw invalid(`probabilities of errors sum to ${1 - rest}, over 1`);
  if (rest > 0) kraus.unshift(scaled(identity(1 << qubits), Math.sqrt(rest)));
  return krausChannel(kraus);
}

/** Every product of I, X, Y, Z on some qubits, the identity first. */
export function pauliLabels(qubits: number): string[] {
  checkQubits(qubits);
  let labels = [""];
  for (let q = 0; q < qubits; q++)
    labels = labels.flatMap((label) => ["I", "X", "Y", "Z"].map((p) => label + p));
  return labels;
}

/**
 * rho becomes (1 - p) rho + p tr(rho) 1 / 2^qubits (Aer's convention).
 *
 * @param p  in [0, 4^qubits / (4^qubits - 1)].
 */
export function depolarizing(p: number, qubits: number): Channel {
  checkQubits(qubits);
  const terms = 1 << (2 * qubits);
  checkWeight("the depolarising parameter", p, terms / (terms - 1));
  return pauliChannel(
    Object.fromEntries(
      pauliLabels(qubits)
        .slice(1)
        .map((label) => [label, p / terms]),
    ),
  );
}

/** |1> decays to |0> with probability `gamma`; in equilibrium |1> has weight `excited`. */
export function amplitudeDamping(gamma: number, excited = 0): Channel {
  checkWeight("the damping", gamma);
  checkWeight("the excited population", excited);
  const keep = Math.sqrt(1 - gamma);
  const [down, up] = [Math.sqrt(1 - excited), Math.sqrt(excited)];
  const jump = Math.sqrt(gamma);
  return krausChannel(
    withoutZeros([
      Float64Array.of(down, 0, 0, 0, 0, 0, keep * down, 0),
      Float64Array.of(0, 0, jump * down, 0, 0, 0, 0, 0),
      Float64Array.of(keep * up, 0, 0, 0, 0, 0, up, 0),
      Float64Array.of(0, 0, 0, 0, jump * up, 0, 0, 0),
    ]),
  );
}

/** Off-diagonal elements shrink by sqrt(1 - lambda). */
export function phaseDamping(lambda: number): Channel {
  checkWeight("the damping", lambda);
  return pauliChannel({ Z: (1 - Math.sqrt(1 - lambda)) / 2 });
}

/** With the probabilities given the qubit is set to |0> or to |1>. */
export function resetChannel(toZero: number, toOne = 0): Channel {
  checkWeight("the probability of a reset", toZero + toOne);
  const [keep, zero, one] = [
    1 - toZero - toOne,
    checkWeight("reset to 0", toZero),
    checkWeight("reset to 1", toOne),
  ];
  return krausChannel(
    withoutZeros([
      scaled(identity(2), Math.sqrt(keep)),
      Float64Array.of(Math.sqrt(zero), 0, 0, 0, 0, 0, 0, 0),
      Float64Array.of(0, 0, Math.sqrt(zero), 0, 0, 0, 0, 0),
      Float64Array.of(0, 0, 0, 0, Math.sqrt(one), 0, 0, 0),
      Float64Array.of(0, 0, 0, 0, 0, 0, Math.sqrt(one), 0),
    ]),
  );
}

/** A unitary that happens beside what was asked, e.g. an over-rotation. */
export function coherentError(unitary: Matrix): Channel {
  return krausChannel([unitary]);
}

export function withoutZeros(kraus: readonly Matrix[]): Matrix[] {
  return kraus.filter((matrix) => matrix.some((value) => value !== 0));
}
