/**
 * Hybrid logical clock: 48 bits of UTC milliseconds and 16 bits of counter in one number. It never goes back, follows
 * what happened before, and stays close to the time of day.
 *
 * @source Kulkarni, Demirbas, Madappa, Avva, Leone: Logical physical clocks (OPODIS 2014).
 */
import { ArqonError } from "../base/index.ts";

/** A moment: `ms * 2^16 + counter`. Compares as a number does. */
export type HybridTime = bigint;

const COUNTER_BITS = 16n;
/** How far ahead of this clock a received time may lie. */
export const MAX_AHEAD_MS = 60_000;
const MAX_MS = 2 ** 48 - 1;

function physical(nowMs: number): HybridTime {
  if (!(nowMs >= 0 && nowMs <= MAX_MS)) throw new TypeError(`the clock says ${nowMs} ms, not in [0, 2^48)`);
  return BigInt(Math.floor(nowMs)) << COUNTER_BITS;
}

/**
 * The time of something that happens now, after everything up to `last`. A full counter carries into the milliseconds.
 * @param last   the largest time given out or taken over before, also by an earlier process; 0n when there is none.
 * @param nowMs  UTC milliseconds of this machine; it may go back, the result does not.
 */
export function tick(last: HybridTime, nowMs: number): HybridTime {
  const now = physical(nowMs);
  return now > last ? now : last + 1n;
}

/**
 * The time of receiving something stamped `received`: after it, and after everything here.
 * @throws ArqonError `CLOCK_AHEAD` when it lies more than `maxAheadMs` ahead of this clock, which is then left alone.
 */
export function tickAfter(
  last: HybridTime,
  received: HybridTime,
  nowMs: number,
  maxAheadMs: number = MAX_AHEAD_MS,
): HybridTime {
  const aheadMs = hybridMs(received) - Math.floor(nowMs);
  if (aheadMs > maxAheadMs)
    throw new ArqonError(
      "CLOCK_AHEAD",
      `a time ${aheadMs} ms ahead of this clock was received, limit ${maxAheadMs} ms`,
    );
  return tick(received > last ? received : last, nowMs);
}

/** UTC milliseconds of a moment. */
export function hybridMs(time: HybridTime): number {
  return Number(time >> COUNTER_BITS);
}

/** Place of a moment among those of its millisecond. */
export function hybridCounter(time: HybridTime): number {
  return Number(time & 0xffffn);
}
