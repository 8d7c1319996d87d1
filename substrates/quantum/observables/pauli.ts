/** Products of Pauli operators, written as in Qiskit: the right letter is for qubit 0. */
import { ArqonError } from "@arqon/core/base";

/** A Pauli string as bits: on qubit q there is X, Y or Z as (x, z) = (1, 0), (1, 1), (0, 1). */
export interface PauliString {
  readonly label: string;
  /** Bit masks of the amplitude index. */
  readonly x: number;
  readonly z: number;
  /** How many Y. */
  readonly ys: number;
}

/** Qubits a mask can have. */
const MOST_QUBITS = 31;

/** @throws ArqonError `USAGE` for other letters than I, X, Y, Z, or more than 31. */
export function pauliString(label: string): PauliString {
  if (!/^[IXYZ]+$/.test(label) || label.length > MOST_QUBITS)
    throw new ArqonError(
      "USAGE",
      `"${label.slice(0, 64)}" is no product of up to ${MOST_QUBITS} of I, X, Y, Z`,
    );
  let [x, z, ys] = [0, 0, 0];
  for (let q = 0; q < label.length; q++) {
    const letter = label[label.length - 1 - q];
    if (letter === "X" || letter === "Y") x |= 1 << q;
    if (letter === "Z" || letter === "Y") z |= 1 << q;
    if (letter === "Y") ys++;
  }
  return { label, x, z, ys };
}

/** Gates that turn the eigenbasis of a Pauli string into the computational one, to be appended before measuring. */
export function basisChange(label: string): { readonly gate: "h" | "sdg"; readonly qubit: number }[] {
  if (!/^[IXYZ]+$/.test(label))
    throw new ArqonError("USAGE", `"${label.slice(0, 64)}" is no product of I, X, Y, Z`);
  return Array.from(label)
    .reverse()
    .flatMap((letter, qubit) => {
      if (letter === "X") return [{ gate: "h" as const, qubit }];
      if (letter === "Y")
        return [
          { gate: "sdg" as const, qubit },
          { gate: "h" as const, qubit },
        ];
      return [];
    });
}

/** 1 when an odd number of bits is 1. */
export function oddBits(word: number): number {
  let w = word ^ (word >>> 16);
  w ^= w >>> 8;
  w ^= w >>> 4;
  return (0x6996 >>> (w & 15)) & 1;
}
