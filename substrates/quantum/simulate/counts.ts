/** Counts by the outcomes' keys, in Qiskit's order. */
import type { Register } from "../circuit.ts";

/**
 * The key of classical bits: highest bit of a register left, last declared register leftmost, a space between registers.
 */
export function outcomeKey(registers: readonly Register[], bits: Uint8Array): string {
  const parts: string[] = [];
  for (let r = registers.length - 1; r >= 0; r--) {
    const { start, size } = registers[r] as Register;
    let part = "";
    for (let b = size - 1; b >= 0; b--) part += bits[start + b] ? "1" : "0";
    parts.push(part);
  }
  return parts.join(" ");
}

/** The same counts with keys in ascending order. */
export function sortedCounts(counts: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
