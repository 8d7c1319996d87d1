/** How a sweep cuts the state into blocks: neighbouring amplitudes, or rows far apart that are gathered. */
import { blockBits, ROW_BITS, TABLE_BITS } from "../fast/blocks.ts";
import type { Precision } from "../precision.ts";

/** Blocks of 2^bits amplitudes: positions below `low` are places in a row, those of `high` tell rows apart. */
export class Layout {
  readonly bits: number;
  /** Bits of a block that one table of a diagonal covers. */
  readonly tableBits: number;
  readonly low: number;
  /** Ascending; none where a block is one row of neighbours. */
  readonly high: readonly number[];
  readonly #bits: Int8Array;

  constructor(low: number, high: readonly number[], active: number) {
    this.bits = low + high.length;
    this.tableBits = Math.min(this.bits, TABLE_BITS);
    this.low = low;
    this.high = high;
    this.#bits = new Int8Array(Math.max(low, active));
    let outside = this.bits;
    for (let position = 0; position < this.#bits.length; position++) {
      const row = high.indexOf(position);
      if (position < low) this.#bits[position] = position;
      else this.#bits[position] = row >= 0 ? low + row : outside++;
    }
  }

  /** Bit of a position in an index of amplitudes block by block: below `bits` it is within a block. */
  bit(position: number): number {
    return this.#bits[position] as number;
  }

  /** Whether rotations of a position are done in this layout. */
  turns(position: number): boolean {
    return this.high.length > 0 ? this.high.includes(position) : position < this.low;
  }
}

/** Layouts that together reach every position of 2^active amplitudes: neighbours, then as few groups of rows as may be. */
export function layoutsOf(active: number, precision: Precision): Layout[] {
  const { least, most } = blockBits(precision);
  const row = ROW_BITS[precision];
  // Rows should be long, so positions are given to larger blocks of neighbours before rows get shorter.
  const spare = active - TABLE_BITS - (TABLE_BITS - row);
  const bits = Math.min(
    Math.max(least, active),
    TABLE_BITS + Math.min(Math.max(0, spare), most - TABLE_BITS),
  );
  const layouts = [new Layout(bits, [], active)];
  const rest = Math.max(0, active - bits);
  const groups = Math.ceil(rest / (most - ROW_BITS.least));
  for (let group = 0; group < groups; group++) {
    const from = bits + Math.floor((rest * group) / groups);
    const to = bits + Math.floor((rest * (group + 1)) / groups);
    const high = Array.from({ length: to - from }, (_, k) => from + k);
    const low = Math.max(TABLE_BITS - high.length, Math.min(row, most - high.length));
    layouts.push(new Layout(low, high, active));
  }
  return layouts;
}
