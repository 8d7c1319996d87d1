/** Bits that depend on chance: a constant xor some symbols. */
import { lowestBit } from "./bits.ts";

/** `constant` xor every symbol whose bit in `symbols` is 1. */
export interface Affine {
  constant: number;
  readonly symbols: Uint32Array;
}

export function constantOf(constant: number, words: number): Affine {
  return { constant, symbols: new Uint32Array(words) };
}

/**
 * The value of an affine bit in every shot.
 *
 * @param columns  for each symbol its values, one bit a shot.
 * @returns        one bit a shot; bits past the last shot are arbitrary.
 */
export function evaluate(bit: Affine, columns: readonly Uint32Array[], words: number): Uint32Array {
  const out = new Uint32Array(words).fill(bit.constant ? 0xffffffff : 0);
  for (let s = 0; s < bit.symbols.length; s++)
    for (let rest = bit.symbols[s] as number; rest !== 0; rest &= rest - 1) {
      const column = columns[32 * s + lowestBit(rest)] as Uint32Array;
      for (let w = 0; w < words; w++) out[w] = (out[w] as number) ^ (column[w] as number);
    }
  return out;
}
