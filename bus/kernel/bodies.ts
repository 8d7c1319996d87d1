/**
 * Memory for messages that come in pieces, used again and again: a megabyte that is allocated for each of them costs more
 * to collect than to fill.
 */

/** First allocation; doubled as bytes come, so a claimed length costs nothing. */
const FIRST_BYTES = 4_096;
/** Smaller ones are left to the collector. */
const LEAST_KEPT_BYTES = 65_536;
/** Most that is kept for use again, by all connections together. */
const MOST_KEPT_BYTES = 8_388_608;

const spare = new Map<number, Buffer[]>();
let keptBytes = 0;

/** Memory for at least `needed` bytes, and at most twice as many, that begins with what `body` holds. Takes `body` back. */
export function grown(body: Uint8Array, filled: number, needed: number): Buffer {
  const bytes = Math.max(FIRST_BYTES, 2 ** Math.ceil(Math.log2(needed)));
  const kept = spare.get(bytes)?.pop();
  if (kept) keptBytes -= bytes;
  const larger = kept ?? Buffer.allocUnsafeSlow(bytes);
  larger.set(body.subarray(0, filled));
  giveBack(body);
  return larger;
}

/** Its message was handed on, and nobody looks at it any more. */
export function giveBack(body: Uint8Array): void {
  const { length } = body;
  if (!Buffer.isBuffer(body) || length < LEAST_KEPT_BYTES || keptBytes + length > MOST_KEPT_BYTES) return;
  const list = spare.get(length);
  if (list) list.push(body);
  else spare.set(length, [body]);
  keptBytes += length;
}
