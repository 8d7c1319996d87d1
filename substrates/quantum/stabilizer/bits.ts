/** Bits of 32-bit words. */

/** Number of the lowest bit that is 1; the word is not 0. */
export function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

/** 1 when an odd number of bits is 1. */
export function parity(word: number): 0 | 1 {
  let w = word ^ (word >>> 16);
  w ^= w >>> 8;
  w ^= w >>> 4;
  return ((0x6996 >>> (w & 15)) & 1) as 0 | 1;
}

/** Bit i of the result is the parity of bits 0 to i; negative (bit 31 set) when the whole word is odd. */
export function prefixParity(word: number): number {
  let w = word ^ (word << 1);
  w ^= w << 2;
  w ^= w << 4;
  w ^= w << 8;
  return w ^ (w << 16);
}
