/** Groups operations so that each group works on blocks of the state that stay in the cache. */
import type { Operation } from "./operation.ts";

/** Operations applied together, block by block. */
export interface Group {
  readonly operations: readonly Operation[];
  /** Index bits 0 to low-1 are contiguous in a block. */
  readonly low: number;
  /** Further index bits of a block, ascending; none when blocks are contiguous. */
  readonly high: readonly number[];
  /** Positions from this on are not touched. */
  readonly top: number;
}

/** A block has at most 2^12 amplitudes (64 KiB), in rows of at least 2^7; small states are one block. */
export const BLOCK_BITS = 12;
export const SMALL_BITS = 14;
const LEAST_ROW_BITS = 7;
/** Operations of one group, so that its program has a bounded size. */
export const GROUP_OPERATIONS = 512;
/** How far a group looks past operations it cannot take. */
const WINDOW = 512;

function count(mask: number): number {
  let rest = mask;
  let bits = 0;
  for (; rest !== 0; rest &= rest - 1) bits++;
  return bits;
}

/** The largest `low` for which the bits of `mask` from `low` on still fit into a block. */
function rowBits(mask: number): number {
  let low = BLOCK_BITS;
  while (low + count(mask >>> low) > BLOCK_BITS) low--;
  return low;
}

function group(operations: readonly Operation[], width: number): Group {
  const mask = operations.reduce((all, operation) => all | operation.mask, 0);
  const top = 32 - Math.clz32(mask);
  if (width <= SMALL_BITS) return { operations, low: SMALL_BITS, high: [], top };
  const low = rowBits(mask);
  const high: number[] = [];
  for (let p = low; p < top; p++) if ((mask >>> p) & 1) high.push(p);
  return { operations, low, high, top };
}

/**
 * Splits operations into groups; operations that share a position keep their order.
 *
 * @cost at most WINDOW steps for each group beyond linear time.
 */
export function schedule(operations: readonly Operation[], width: number): Group[] {
  const groups: Group[] = [];
  const taken = new Uint8Array(operations.length);
  const limit = BLOCK_BITS - LEAST_ROW_BITS;
  let first = 0;
  while (first < operations.length) {
    const chosen: Operation[] = [];
    let [used, blocked, skipped] = [0, 0, 0];
    for (let i = first; i < operations.length && chosen.length < GROUP_OPERATIONS && skipped < WINDOW; i++) {
      if (taken[i]) continue;
      const operation = operations[i] as Operation;
      const free = (operation.mask & blocked) === 0;
      const fits = width <= SMALL_BITS || count((used | operation.mask) >>> LEAST_ROW_BITS) <= limit;
      if (free && fits) {
        chosen.push(operation);
        used |= operation.mask;
        taken[i] = 1;
      } else {
        blocked |= operation.mask;
        skipped++;
      }
    }
    while (taken[first]) first++;
    groups.push(group(chosen, width));
  }
  return groups;
}
