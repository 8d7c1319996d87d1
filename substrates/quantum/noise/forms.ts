/** Other forms of a channel: superoperator, Choi matrix, Pauli transfer matrix, and its fidelity. */
import type { Matrix } from "@arqon/core/math";
import type { Channel } from "./channel.ts";

/**
 * The matrix that acts on vec(rho), columns stacked: entry (i + n j, a + n b) is the sum of K_ia conj(K_jb).
 *
 * @returns  16^qubits complex entries, row-major.
 */
export function superoperator({ qubits, kraus }: Channel): Matrix {
  return pairs(kraus, 1 << qubits, (i, j, a, b, n) => (i + n * j) * n * n + a + n * b);
}

/** The Choi matrix: entry (i + n a, j + n b) is the sum of K_ia conj(K_jb). Positive for every channel; its trace is n. */
export function choi({ qubits, kraus }: Channel): Matrix {
  return pairs(kraus, 1 << qubits, (i, j, a, b, n) => (i + n * a) * n * n + j + n * b);
}

type Place = (i: number, j: number, a: number, b: number, n: number) => number;

function pairs(kraus: readonly Matrix[], n: number, place: Place): Matrix {
  const out = new Float64Array(2 * n * n * n * n);
  for (const k of kraus)
    for (let i = 0; i < n; i++)
      for (let a = 0; a < n; a++) {
        const [xr, xi] = [k[2 * (i * n + a)] as number, k[2 * (i * n + a) + 1] as number];
        if (xr === 0 && xi === 0) continue;
        for (let j = 0; j < n; j++)
          for (let b = 0; b < n; b++) {
            const [yr, yi] = [k[2 * (j * n + b)] as number, k[2 * (j * n + b) + 1] as number];
            const at = 2 * place(i, j, a, b, n);
            (out[at] as number) += xr * yr + xi * yi;
            (out[at + 1] as number) += xi * yr - xr * yi;
          }
      }
  return out;
}

/** 4 x 4: from (i + 2 j) of |i><j| to I, X, Y, Z by tr(P |i><j|) = P_ji; columns re, im. */
const TO_PAULI: readonly (readonly [number, number])[][] = [
  [
    [1, 0],
    [0, 0],
    [0, 0],
    [1, 0],
  ],
  [
    [0, 0],
    [1, 0],
    [1, 0],
    [0, 0],
  ],
  [
    [0, 0],
    [0, -1],
    [0, 1],
    [0, 0],
  ],
  [
    [1, 0],
    [0, 0],
    [0, 0],
    [-1, 0],
  ],
];

/**
 * How the expectation values of Pauli products change: entry (P, Q) is tr(P E(Q)) / 2^qubits.
 * Digit k of an index in base 4 is the Pauli (I, X, Y, Z) of qubit k.
 *
 * @param kraus  on `qubits` qubits; need not keep the trace.
 * @returns      16^qubits real numbers, row-major.
 * @cost         O(qubits 16^qubits) beyond the superoperator.
 */
export function pauliTransfer(kraus: readonly Matrix[], qubits: number): Float64Array {
  const size = 1 << (2 * qubits);
  const digits = Array.from({ length: 1 << qubits }, (_, index) => {
    let spread = 0;
    for (let q = 0; q < qubits; q++) spread += ((index >> q) & 1) << (2 * q);
    return spread;
  });
  const at = (i: number, j: number): number => (digits[i] as number) + 2 * (digits[j] as number);
  const m = pairs(kraus, 1 << qubits, (i, j, a, b) => at(i, j) * size + at(a, b));
  for (let q = 0; q < qubits; q++) {
    turn(
      m,
      size << (2 * q),
      1,
      (p, ij) => (TO_PAULI[p] as readonly (readonly [number, number])[])[ij] as readonly [number, number],
    );
    // Columns: |a><b| enters as the half of conj(tr(Q |a><b|)) = Q_ab.
    turn(m, 1 << (2 * q), 0.5, (p, ab) => {
      const [re, im] = (TO_PAULI[p] as readonly (readonly [number, number])[])[ab] as readonly [
        number,
        number,
      ];
      return [re, -im];
    });
  }
  return Float64Array.from({ length: size * size }, (_, k) => m[2 * k] as number);
}

/** Along the axis of stride `stride`: four entries become combinations of themselves. */
function turn(
  m: Matrix,
  stride: number,
  scale: number,
  weight: (to: number, from: number) => readonly [number, number],
): void {
  const table = [0, 1, 2, 3].map((to) => [0, 1, 2, 3].map((from) => weight(to, from)));
  const old = new Float64Array(8);
  for (let base = 0; base < m.length / 2; base++) {
    if (Math.floor(base / stride) % 4 !== 0) continue;
    for (let k = 0; k < 4; k++) {
      old[2 * k] = m[2 * (base + k * stride)] as number;
      old[2 * k + 1] = m[2 * (base + k * stride) + 1] as number;
    }
    for (let to = 0; to < 4; to++) {
      let [re, im] = [0, 0];
      for (let from = 0; from < 4; from++) {
        const [wr, wi] = (table[to] as (readonly [number, number])[])[from] as readonly [number, number];
        re += wr * (old[2 * from] as number) - wi * (old[2 * from + 1] as number);
        im += wr * (old[2 * from + 1] as number) + wi * (old[2 * from] as number);
      }
      m[2 * (base + to * stride)] = scale * re;
      m[2 * (base + to * stride) + 1] = scale * im;
    }
  }
}

/** Fidelity with doing nothing, of entangled states: the sum of |tr K|^2 / 4^qubits. */
export function processFidelity({ qubits, kraus }: Channel): number {
  const n = 1 << qubits;
  let sum = 0;
  for (const k of kraus) {
    let [re, im] = [0, 0];
    for (let i = 0; i < n; i++) {
      re += k[2 * i * (n + 1)] as number;
      im += k[2 * i * (n + 1) + 1] as number;
    }
    sum += re * re + im * im;
  }
  return sum / (n * n);
}

/** Fidelity with doing nothing, averaged over pure states: (n F_process + 1) / (n + 1). */
export function averageGateFidelity(channel: Channel): number {
  const n = 1 << channel.qubits;
  return (n * processFidelity(channel) + 1) / (n + 1);
}
