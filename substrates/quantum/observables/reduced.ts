/** Reduced density matrices. */
import { ArqonError } from "@arqon/core/base";
import type { Matrix } from "@arqon/core/math";
import type { Amplitudes } from "./expectation.ts";

/** Most qubits kept: a matrix of 1,024 x 1,024. */
export const REDUCED_QUBITS = 10;

/**
 * The density matrix of some qubits of a pure state, all others traced out.
 *
 * @param qubits  bit k of the matrix's index is `qubits[k]`.
 * @throws ArqonError `LIMIT_EXCEEDED` above 10 qubits; `USAGE` for qubits the state has not, or twice.
 * @cost  O(4^kept * 2^rest).
 */
export function reducedDensity({ re, im }: Amplitudes, qubits: readonly number[]): Matrix {
  const all = Math.round(31 - Math.clz32(re.length));
  if (qubits.length > REDUCED_QUBITS)
    throw new ArqonError(
      "LIMIT_EXCEEDED",
      `a density matrix of ${qubits.length} qubits; the limit is ${REDUCED_QUBITS}`,
      {
        details: { qubits: qubits.length, limitQubits: REDUCED_QUBITS },
      },
    );
  for (const [k, qubit] of qubits.entries())
    if (!Number.isInteger(qubit) || qubit < 0 || qubit >= all || qubits.indexOf(qubit) !== k)
      throw new ArqonError("USAGE", `qubit ${qubit} of ${all}, each once`);
  const n = 1 << qubits.length;
  const spread = new Uint32Array(n);
  for (let local = 0; local < n; local++)
    for (const [k, qubit] of qubits.entries())
      if ((local >> k) & 1) spread[local] = (spread[local] as number) | (1 << qubit);
  const kept = spread[n - 1] as number;
  const out = new Float64Array(2 * n * n);
  for (let rest = 0; rest < re.length; rest++) {
    if ((rest & kept) !== 0) continue;
    for (let r = 0; r < n; r++) {
      const [ar, ai] = [
        re[rest | (spread[r] as number)] as number,
        im[rest | (spread[r] as number)] as number,
      ];
      if (ar === 0 && ai === 0) continue;
      for (let c = 0; c < n; c++) {
        const [br, bi] = [
          re[rest | (spread[c] as number)] as number,
          im[rest | (spread[c] as number)] as number,
        ];
        const to = 2 * (r * n + c);
        out[to] = (out[to] as number) + ar * br + ai * bi;
        out[to + 1] = (out[to + 1] as number) + ai * br - ar * bi;
      }
    }
  }
  return out;
}
