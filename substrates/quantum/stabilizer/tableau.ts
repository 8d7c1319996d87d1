/**
 * The state of a stabiliser circuit: n destabilisers and n stabilisers, packed by column, so that a gate is a few vector
 * operations over all generators at once.
 *
 * @source Aaronson and Gottesman 2004, "Improved simulation of stabilizer circuits"; the words over generators as in Stim.
 */
import { type Affine, constantOf } from "./affine.ts";
import { lowestBit, parity, prefixParity } from "./bits.ts";

/** Clifford operations a tableau knows; everything else is brought to these. */
export const OP = { h: 0, s: 1, x: 2, y: 3, z: 4, cx: 5, cz: 6, swap: 7 } as const;

/**
 * Signs are affine functions of chance: a random measurement makes a *symbol*, an unknown bit, and later signs and
 * outcomes are xors of a constant and symbols. So one tableau serves any number of shots.
 *
 * Row i is destabiliser i and row n + i stabiliser i; in memory the stabilisers begin at a word of their own.
 */
export class Tableau {
  readonly qubits: number;
  /** Words in half a column. */
  readonly half: number;
  /** Columns: word w of column q is at q * 2 * half + w. */
  readonly x: Uint32Array;
  readonly z: Uint32Array;
  /** Constant part of the signs. */
  readonly signs: Uint32Array;
  /** Words for the symbols of one row. */
  readonly #symbolWords: number;
  /** Symbols in the signs of the stabilisers; those of destabilisers never matter. */
  readonly #symbols: Uint32Array;
  /** Symbols made so far. */
  symbols = 0;
  readonly #low: Uint32Array;
  readonly #high: Uint32Array;

  /** |0...0>. @param maxSymbols random measurements there can be at most; with 0 their outcomes are all 0. */
  constructor(qubits: number, maxSymbols: number) {
    this.qubits = qubits;
    this.half = Math.max(1, Math.ceil(qubits / 32));
    const length = 2 * this.half;
    this.x = new Uint32Array(qubits * length);
    this.z = new Uint32Array(qubits * length);
    this.signs = new Uint32Array(length);
    this.#symbolWords = Math.ceil(maxSymbols / 32);
    this.#symbols = new Uint32Array(qubits * this.#symbolWords);
    this.#low = new Uint32Array(length);
    this.#high = new Uint32Array(length);
    for (let q = 0; q < qubits; q++) {
      const bit = (1 << (q & 31)) >>> 0;
      this.x[q * length + (q >>> 5)] = bit;
      this.z[q * length + this.half + (q >>> 5)] = bit;
    }
  }

  /** Bytes of a tableau. */
  static bytes(qubits: number, maxSymbols: number): number {
    const half = Math.max(1, Math.ceil(qubits / 32));
    return 4 * (4 * qubits * half + 6 * half + qubits * Math.ceil(maxSymbols / 32));
  }

  clone(): Tableau {
    const out = new Tableau(this.qubits, 32 * this.#symbolWords);
    out.x.set(this.x);
    out.z.set(this.z);
    out.signs.set(this.signs);
    out.#symbols.set(this.#symbols);
    out.symbols = this.symbols;
    return out;
  }

  /** A Clifford operation of {@link OP} on qubit `a`, or on `a` and `b` (control first). */
  apply(op: number, a: number, b: number): void {
    const { x, z, signs } = this;
    const length = 2 * this.half;
    const [at, bt] = [a * length, b * length];
    switch (op) {
      case OP.h:
        for (let w = 0; w < length; w++) {
          const [xa, za] = [x[at + w] as number, z[at + w] as number];
          signs[w] = (signs[w] as number) ^ (xa & za);
          x[at + w] = za;
          z[at + w] = xa;
        }
        return;
      case OP.s:
        for (let w = 0; w < length; w++) {
          const [xa, za] = [x[at + w] as number, z[at + w] as number];
          signs[w] = (signs[w] as number) ^ (xa & za);
          z[at + w] = za ^ xa;
        }
        return;
      case OP.x:
      case OP.y:
      case OP.z:
        for (let w = 0; w < length; w++) {
          const flips = (op === OP.z ? 0 : (z[at + w] as number)) ^ (op === OP.x ? 0 : (x[at + w] as number));
          signs[w] = (signs[w] as number) ^ flips;
        }
        return;
      case OP.cx:
        for (let w = 0; w < length; w++) {
          const [xa, za] = [x[at + w] as number, z[at + w] as number];
          const [xb, zb] = [x[bt + w] as number, z[bt + w] as number];
          signs[w] = (signs[w] as number) ^ (xa & zb & ~(xb ^ za));
          x[bt + w] = xb ^ xa;
          z[at + w] = za ^ zb;
        }
        return;
      case OP.cz:
        for (let w = 0; w < length; w++) {
          const [xa, za] = [x[at + w] as number, z[at + w] as number];
          const [xb, zb] = [x[bt + w] as number, z[bt + w] as number];
          signs[w] = (signs[w] as number) ^ (xa & xb & (za ^ zb));
          z[at + w] = za ^ xb;
          z[bt + w] = zb ^ xa;
        }
        return;
      case OP.swap:
        for (let w = 0; w < length; w++) {
          const [xa, za] = [x[at + w] as number, z[at + w] as number];
          x[at + w] = x[bt + w] as number;
          z[at + w] = z[bt + w] as number;
          x[bt + w] = xa;
          z[bt + w] = za;
        }
        return;
      default:
        throw new TypeError(`no Clifford operation ${op}`);
    }
  }

  /** X (op `x`), Y or Z on a qubit exactly when an affine bit is 1. */
  applyWhen(op: number, qubit: number, bit: Affine): void {
    if (bit.constant) this.apply(op, qubit, qubit);
    if (bit.symbols.every((word) => word === 0)) return;
    const from = qubit * 2 * this.half + this.half;
    for (let w = 0; w < this.half; w++) {
      const flips =
        (op === OP.z ? 0 : (this.z[from + w] as number)) ^ (op === OP.x ? 0 : (this.x[from + w] as number));
      for (let rest = flips; rest !== 0; rest &= rest - 1)
        this.#xorSymbols(32 * w + lowestBit(rest), bit.symbols);
    }
  }

  /**
   * Measures a qubit in the computational basis.
   *
   * @returns the outcome, and whether it is a new symbol, which is then its number `symbols - 1`.
   * @cost    O(n^2 / 16) word operations at most; far fewer where the generators are local.
   */
  measure(qubit: number): { readonly random: boolean; readonly outcome: Affine } {
    const from = qubit * 2 * this.half + this.half;
    for (let w = 0; w < this.half; w++) {
      const word = this.x[from + w] as number;
      if (word !== 0) return { random: true, outcome: this.#collapse(qubit, 32 * w + lowestBit(word)) };
    }
    return { random: false, outcome: this.#read(qubit) };
  }

  /** Stabiliser `pivot` anticommutes with Z of the qubit: every other row that does is multiplied by it, then it is replaced. */
  #collapse(qubit: number, pivot: number): Affine {
    const { x, z, signs, half } = this;
    const length = 2 * half;
    const [low, high] = [this.#low, this.#high];
    const [pivotWord, pivotBit] = [pivot >>> 5, (1 << (pivot & 31)) >>> 0];
    const mask = x.slice(qubit * length, (qubit + 1) * length);
    mask[half + pivotWord] = (mask[half + pivotWord] as number) & ~pivotBit;
    const words: number[] = [];
    for (let w = 0; w < length; w++) if (mask[w] !== 0) words.push(w);
    low.fill(0);
    high.fill(0);
    for (let q = 0; q < this.qubits; q++) {
      const at = q * length;
      const stabilizer = at + half + pivotWord;
      const destabilizer = at + pivotWord;
      const hasX = ((x[stabilizer] as number) & pivotBit) !== 0;
      const hasZ = ((z[stabilizer] as number) & pivotBit) !== 0;
      if (hasX || hasZ)
        for (const w of words) {
          const m = mask[w] as number;
          const [xw, zw] = [x[at + w] as number, z[at + w] as number];
          // Where pivot times row gives +i and -i: XY, YZ, ZX and their reverses. Two bits a row count these modulo 4.
          const plus = m & (hasX ? (hasZ ? zw & ~xw : xw & zw) : xw & ~zw);
          const minus = m & (hasX ? (hasZ ? xw & ~zw : zw & ~xw) : xw & zw);
          high[w] = (high[w] as number) ^ ((low[w] as number) & plus) ^ (~(low[w] as number) & minus);
          low[w] = (low[w] as number) ^ plus ^ minus;
          if (hasX) x[at + w] = xw ^ m;
          if (hasZ) z[at + w] = zw ^ m;
        }
      // The destabiliser of the pivot's place becomes the old stabiliser, and the stabiliser Z of the qubit.
      x[destabilizer] = hasX
        ? (x[destabilizer] as number) | pivotBit
        : (x[destabilizer] as number) & ~pivotBit;
      z[destabilizer] = hasZ
        ? (z[destabilizer] as number) | pivotBit
        : (z[destabilizer] as number) & ~pivotBit;
      x[stabilizer] = (x[stabilizer] as number) & ~pivotBit;
      z[stabilizer] = (z[stabilizer] as number) & ~pivotBit;
    }
    const negative = ((signs[half + pivotWord] as number) & pivotBit) !== 0;
    for (const w of words)
      signs[w] = (signs[w] as number) ^ (high[w] as number) ^ (negative ? (mask[w] as number) : 0);
    const row = this.#symbols.slice(pivot * this.#symbolWords, (pivot + 1) * this.#symbolWords);
    if (row.some((word) => word !== 0))
      for (let w = 0; w < half; w++)
        for (let rest = mask[half + w] as number; rest !== 0; rest &= rest - 1)
          this.#xorSymbols(32 * w + lowestBit(rest), row);
    signs[half + pivotWord] = (signs[half + pivotWord] as number) & ~pivotBit;
    const here = qubit * length + half + pivotWord;
    z[here] = (z[here] as number) | pivotBit;
    const outcome = constantOf(0, this.#symbolWords);
    const symbol = this.symbols++;
    outcome.symbols[symbol >>> 5] = (1 << (symbol & 31)) >>> 0;
    this.#symbols.set(outcome.symbols, pivot * this.#symbolWords);
    return outcome;
  }

  /** The outcome is fixed: the sign of the product of the stabilisers whose destabilisers anticommute with Z of the qubit. */
  #read(qubit: number): Affine {
    const { x, signs, half } = this;
    const from = qubit * 2 * half;
    const mask = x.slice(from, from + half);
    const words: number[] = [];
    for (let w = 0; w < half; w++) if (mask[w] !== 0) words.push(w);
    const outcome = constantOf(0, this.#symbolWords);
    const used = Math.min(this.#symbolWords, Math.ceil(this.symbols / 32));
    let [sign, rows, last] = [0, 0, 0];
    for (const w of words) {
      sign ^= (signs[half + w] as number) & (mask[w] as number);
      for (let rest = mask[w] as number; rest !== 0; rest &= rest - 1) {
        rows++;
        last = 32 * w + lowestBit(rest);
        const row = last * this.#symbolWords;
        for (let s = 0; s < used; s++)
          outcome.symbols[s] = (outcome.symbols[s] as number) ^ (this.#symbols[row + s] as number);
      }
    }
    outcome.constant = parity(sign);
    if (rows > 1) {
      outcome.constant ^= this.#productSign(words, mask);
      this.#keep(qubit, last, outcome, words, mask);
    }
    return outcome;
  }

  /** Puts the product of the stabilisers in `mask`, which is Z of the qubit, in the place of one of them: later products are short. */
  #keep(qubit: number, row: number, sign: Affine, words: readonly number[], mask: Uint32Array): void {
    const { x, z, signs, half } = this;
    const [word, bit] = [row >>> 5, (1 << (row & 31)) >>> 0];
    mask[word] = (mask[word] as number) & ~bit;
    for (let q = 0; q < this.qubits; q++) {
      const at = q * 2 * half;
      for (const part of [x, z]) {
        if (((part[at + word] as number) & bit) !== 0)
          for (const w of words) part[at + w] = (part[at + w] as number) ^ (mask[w] as number);
        part[at + half + word] = (part[at + half + word] as number) & ~bit;
      }
    }
    const here = (2 * qubit + 1) * half + word;
    z[here] = (z[here] as number) | bit;
    const negative = sign.constant ? bit : 0;
    signs[half + word] = ((signs[half + word] as number) & ~bit) | negative;
    this.#symbols.set(sign.symbols, row * this.#symbolWords);
  }

  /**
   * Sign of the ordered product of the stabilisers in `mask`, without their own signs; it has no X or Y.
   * A row is i^(number of Y) times the product of X^x Z^z; moving Z past a later X gives -1.
   */
  #productSign(words: readonly number[], mask: Uint32Array): number {
    const { x, z, half } = this;
    let [crossings, ys] = [0, 0];
    for (let q = 0; q < this.qubits; q++) {
      const at = (2 * q + 1) * half;
      let any = 0;
      for (const w of words) any |= (x[at + w] as number) & (mask[w] as number);
      if (any === 0) continue;
      let before = 0;
      for (const w of words) {
        const m = mask[w] as number;
        const xs = (x[at + w] as number) & m;
        const zs = (z[at + w] as number) & m;
        const upTo = prefixParity(zs);
        crossings ^= ((upTo << 1) ^ before) & xs;
        for (let rest = xs & zs; rest !== 0; rest &= rest - 1) ys++;
        if (upTo < 0) before = ~before;
      }
    }
    return parity(crossings) ^ ((ys >> 1) & 1);
  }

  #xorSymbols(row: number, symbols: Uint32Array): void {
    const from = row * this.#symbolWords;
    const used = Math.min(this.#symbolWords, Math.ceil(this.symbols / 32));
    for (let s = 0; s < used; s++)
      this.#symbols[from + s] = (this.#symbols[from + s] as number) ^ (symbols[s] as number);
  }
}
