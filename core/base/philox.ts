/** Philox4x32-10: a counter-based generator, so that the n-th number of a stream can be had without the ones before. */

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

function high(a: number, b: number): number {
  const al = a & 0xffff;
  const ah = a >>> 16;
  const bl = b & 0xffff;
  const bh = b >>> 16;
  const low = al * bl;
  const mid = ah * bl + (low >>> 16);
  const mid2 = al * bh + (mid & 0xffff);
  return (ah * bh + (mid >>> 16) + (mid2 >>> 16)) >>> 0;
}

/**
 * One block: four 32-bit words from a 128-bit counter and a 64-bit key, written to `out`.
 * @source Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3 (SC 2011).
 */
export function philox4x32(counter: Uint32Array, key0: number, key1: number, out: Uint32Array): void {
  let c0 = counter[0] as number;
  let c1 = counter[1] as number;
  let c2 = counter[2] as number;
  let c3 = counter[3] as number;
  let k0 = key0;
  let k1 = key1;
  for (let round = 0; round < 10; round++) {
    const h0 = high(M0, c0);
    const l0 = Math.imul(M0, c0) >>> 0;
    const h1 = high(M1, c2);
    const l1 = Math.imul(M1, c2) >>> 0;
    c0 = (h1 ^ c1 ^ k0) >>> 0;
    c1 = l1;
    c2 = (h0 ^ c3 ^ k1) >>> 0;
    c3 = l0;
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** A seeded source of randomness. Same seed and stream, same numbers, on any machine. */
export interface Random {
  /** A 32-bit unsigned integer. */
  nextU32(): number;
  /** A double in [0, 1) with 53 random bits. */
  nextDouble(): number;
  /** An integer in [0, bound), without bias; bound at most 2^32. */
  nextInt(bound: number): number;
}

/** The algorithm's name as recorded in `recipe/seeds.json`. */
export const RANDOM_ALGORITHM = "philox4x32-10";

/**
 * A stream of random numbers.
 *
 * @param seed    64 bits; the key of the generator.
 * @param stream  64 bits; different streams of one seed are independent.
 */
export function createRandom(seed: bigint, stream = 0n): Random {
  const key0 = Number(seed & 0xffffffffn);
  const key1 = Number((seed >> 32n) & 0xffffffffn);
  const counter = new Uint32Array(4);
  counter[2] = Number(stream & 0xffffffffn);
  counter[3] = Number((stream >> 32n) & 0xffffffffn);
  const block = new Uint32Array(4);
  let used = 4;
  const nextU32 = (): number => {
    if (used === 4) {
      philox4x32(counter, key0, key1, block);
      counter[0] = ((counter[0] as number) + 1) >>> 0;
      if (counter[0] === 0) counter[1] = ((counter[1] as number) + 1) >>> 0;
      used = 0;
    }
    return block[used++] as number;
  };
  return {
    nextU32,
    nextDouble: () => {
      const low = nextU32() >>> 5;
      const top = nextU32() >>> 6;
      return (low * 67108864 + top) / 9007199254740992;
    },
    nextInt: (bound) => {
      const limit = 4294967296 - (4294967296 % bound);
      for (;;) {
        const value = nextU32();
        if (value < limit) return value % bound;
      }
    },
  };
}

/** Reads a seed written as decimal or 0x-hexadecimal digits. Returns `undefined` unless it is in [0, 2^64). */
export function parseSeed(text: string): bigint | undefined {
  if (!/^(0x[0-9a-fA-F]{1,16}|[0-9]{1,20})$/.test(text)) return undefined;
  const value = BigInt(text);
  return value < 1n << 64n ? value : undefined;
}

/** The form of a seed in recipes: "0x" and lower-case hexadecimal digits. */
export function formatSeed(seed: bigint): string {
  return `0x${seed.toString(16)}`;
}
