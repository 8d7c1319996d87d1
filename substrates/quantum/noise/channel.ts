/** Quantum channels as Kraus operators: what noise does to some qubits. */
import { ArqonError } from "@arqon/core/base";
import { adjoint, embed, identity, type Matrix, multiply } from "@arqon/core/math";
import { eigenHermitian } from "./hermitian.ts";

/** A completely positive, trace-preserving map: rho becomes the sum of K rho K^dagger. */
export interface Channel {
  readonly qubits: number;
  /** Each 2^qubits square, interleaved re/im; bit k of an index is the channel's k-th qubit. */
  readonly kraus: readonly Matrix[];
}

/** How far the Kraus operators may be from keeping the trace. */
export const COMPLETENESS_TOLERANCE = 1e-9;
/** Channels of more qubits are refused: their matrices grow as 16^qubits. */
export const MAX_CHANNEL_QUBITS = 3;

/** The largest entry of |sum of K^dagger K - 1|; 0 for a channel that keeps the trace. */
export function incompleteness(kraus: readonly Matrix[], qubits: number): number {
  const n = 1 << qubits;
  const sum = new Float64Array(2 * n * n);
  for (const k of kraus)
    for (const [i, value] of multiply(adjoint(k, n), k, n).entries()) (sum[i] as number) += value;
  const one = identity(n);
  return sum.reduce((most, value, i) => Math.max(most, Math.abs(value - (one[i] as number))), 0);
}

/**
 * A channel from its Kraus operators.
 *
 * @throws ArqonError `NOISE_INVALID` when sizes differ, a number is not finite, or the trace is not kept within 1e-9.
 */
export function krausChannel(kraus: readonly Matrix[]): Channel {
  const entries = (kraus[0]?.length ?? 0) / 2;
  const qubits = [1, 2, 3].find((k) => entries === 1 << (2 * k));
  if (qubits === undefined)
    throw invalid(`a channel needs matrices on 1 to ${MAX_CHANNEL_QUBITS} qubits, not ${entries} entries`);
  for (const [k, matrix] of kraus.entries()) {
    if (matrix.length !== 2 * entries)
      throw invalid(`Kraus operator ${k} has ${matrix.length / 2} entries, not ${entries}`);
    if (!matrix.every(Number.isFinite)) throw invalid(`Kraus operator ${k} has an entry that is not finite`);
  }
  const off = incompleteness(kraus, qubits);
  if (off > COMPLETENESS_TOLERANCE)
    throw invalid(`the Kraus operators do not keep the trace: sum of K†K is off by ${off.toExponential(3)}`);
  return { qubits, kraus };
}

/**
 * A channel from its Choi matrix, of index row + 2^qubits * column of the vectorised operator (Qiskit's order).
 *
 * @throws ArqonError `NOISE_INVALID` when it is not positive within 1e-9 or does not keep the trace.
 */
export function choiChannel(choi: Matrix): Channel {
  const size = Math.sqrt(choi.length / 2);
  const n = Math.sqrt(size);
  if (!Number.isInteger(n) || n < 2) throw invalid(`a Choi matrix cannot have ${choi.length / 2} entries`);
  if (!choi.every(Number.isFinite)) throw invalid("the Choi matrix has an entry that is not finite");
  const { values, vectors } = eigenHermitian(choi, size);
  if ((values[0] as number) < -COMPLETENESS_TOLERANCE)
    throw invalid(
      `the channel is not completely positive: eigenvalue ${(values[0] as number).toExponential(3)}`,
    );
  const kraus: Matrix[] = [];
  for (let k = size - 1; k >= 0; k--) {
    const value = values[k] as number;
    if (value <= 1e-14) continue;
    const matrix = new Float64Array(2 * n * n);
    for (let r = 0; r < n; r++)
      for (let c = 0; c < n; c++)
        for (const part of [0, 1])
          matrix[2 * (r * n + c) + part] =
            Math.sqrt(value) * (vectors[2 * ((r + n * c) * size + k) + part] as number);
    kraus.push(matrix);
  }
  return krausChannel(kraus);
}

/** First `first`, then `second`. @throws ArqonError `USAGE` for different numbers of qubits. */
export function composeChannels(first: Channel, second: Channel): Channel {
  if (first.qubits !== second.qubits)
    throw new ArqonError(
      "USAGE",
      `channels on ${first.qubits} and ${second.qubits} qubits cannot follow each other`,
    );
  const n = 1 << first.qubits;
  return {
    qubits: first.qubits,
    kraus: nonZero(second.kraus.flatMap((b) => first.kraus.map((a) => multiply(b, a, n)))),
  };
}

/** Both at once: `low` on the first qubits, `high` on the ones after. */
export function tensorChannels(low: Channel, high: Channel): Channel {
  const qubits = low.qubits + high.qubits;
  if (qubits > MAX_CHANNEL_QUBITS)
    throw invalid(`a channel of ${qubits} qubits is over ${MAX_CHANNEL_QUBITS}`);
  const below = Array.from({ length: low.qubits }, (_, q) => q);
  const above = Array.from({ length: high.qubits }, (_, q) => low.qubits + q);
  const kraus = high.kraus.flatMap((b) =>
    low.kraus.map((a) => multiply(embed(b, above, qubits), embed(a, below, qubits), 1 << qubits)),
  );
  return { qubits, kraus };
}

function nonZero(kraus: Matrix[]): Matrix[] {
  const kept = kraus.filter((matrix) => matrix.some((value) => value !== 0));
  return kept.length > 0 ? kept : kraus.slice(0, 1);
}

export function invalid(message: string): ArqonError {
  return new ArqonError("NOISE_INVALID", message);
}
