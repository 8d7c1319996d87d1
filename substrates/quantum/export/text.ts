/** What both exporters write alike: names and numbers. */
import type { Circuit, Register } from "../circuit.ts";
import { decimal } from "../duration.ts";

/** Denominators under which an angle is written as a fraction of pi. */
const PARTS = [1, 2, 3, 4, 6, 8, 16, 32];

/** A number as text that reads back to the same bits; fractions of pi by name. @throws `TypeError` unless finite */
export function number(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`${value} has no form in OpenQASM`);
  for (const part of PARTS) {
    const times = Math.round((value * part) / Math.PI);
    if (times === 0 || Math.abs(times) > 64 || (times * Math.PI) / part !== value) continue;
    const over = part === 1 ? "" : `/${part}`;
    return `${times === 1 ? "" : times === -1 ? "-" : `${times}*`}pi${over}`;
  }
  return decimal(value);
}

/** Names of registers that the language can read: each once, none of them taken. */
export class Names {
  readonly #taken: Set<string>;

  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  /** The name itself where it can stand, or one like it. */
  name(wanted: string): string {
    const letters = wanted.replace(/[^A-Za-z0-9_]/g, "_");
    const base = /^[a-z]/.test(letters) ? letters : `r_${letters}`;
    let name = base;
    for (let i = 2; this.#taken.has(name); i++) name = `${base}_${i}`;
    this.#taken.add(name);
    return name;
  }
}

/** Text of every qubit or bit by its number, e.g. "q[3]"; `undefined` for a bit of no register. */
export function elements(
  registers: readonly Register[],
  names: readonly string[],
  count: number,
): (string | undefined)[] {
  const out = new Array<string | undefined>(count).fill(undefined);
  registers.forEach(({ start, size }, r) => {
    for (let i = 0; i < size; i++) out[start + i] = `${names[r]}[${i}]`;
  });
  return out;
}

/** The register whose bits these are, all of them and in order, or -1. */
export function wholeRegister({ cregs }: Circuit, bits: readonly number[]): number {
  return cregs.findIndex(
    ({ start, size }) => size === bits.length && bits.every((bit, i) => bit === start + i),
  );
}
