/** The coupling graph of a target, without directions. */
import type { Target } from "./target.ts";

/** Neighbours and distances of a machine's qubits. */
export interface Graph {
  readonly qubits: number;
  readonly neighbours: readonly (readonly number[])[];
  /** Steps between qubits, row by row; 65535 where there is no way. */
  readonly distance: Uint16Array;
  /** Loss of the pair's gate, in the better direction. */
  loss(a: number, b: number): number;
}

export const FAR = 65_535;

/** @cost O(qubits (qubits + pairs)). */
export function graphOf({ coupling = [] }: Target, qubits: number): Graph {
  const losses = new Map<number, number>();
  const neighbours: number[][] = Array.from({ length: qubits }, () => []);
  for (const { from, to, loss } of coupling) {
    const key = Math.min(from, to) * qubits + Math.max(from, to);
    const known = losses.get(key);
    losses.set(key, Math.min(known ?? Number.POSITIVE_INFINITY, loss));
    if (known !== undefined) continue;
    neighbours[from]?.push(to);
    neighbours[to]?.push(from);
  }
  for (const list of neighbours) list.sort((a, b) => a - b);
  const distance = new Uint16Array(qubits * qubits).fill(FAR);
  const queue = new Uint32Array(qubits);
  for (let start = 0; start < qubits; start++) {
    const row = distance.subarray(start * qubits, (start + 1) * qubits);
    let [head, tail] = [0, 1];
    queue[0] = start;
    row[start] = 0;
    while (head < tail) {
      const at = queue[head++] as number;
      for (const next of neighbours[at] as number[]) {
        if (row[next] !== FAR) continue;
        row[next] = (row[at] as number) + 1;
        queue[tail++] = next;
      }
    }
  }
  const loss = (a: number, b: number): number => losses.get(Math.min(a, b) * qubits + Math.max(a, b)) ?? 0;
  return { qubits, neighbours, distance, loss };
}
