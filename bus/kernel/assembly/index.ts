// The hot loop of the bus: client frames in, stamped server frames out, one call for all that a socket had.
// TypeScript is its oracle (bus/kernel-oracle.test.ts): whatever is not plain stops the loop and is done there.
import { END, FRAME, MESSAGE, PARTIAL } from "./layout";
import { put, report, unmask } from "./output";

export { begin } from "./output";
export { learn, setSeed } from "./topics";

/**
 * Takes masked frames from `at` up to `end`, each a whole binary message.
 * @param most   largest message.
 * @param plain  whether plain messages are put out; otherwise every message is reported.
 * @returns where it stopped.
 */
export function frames(at: usize, end: usize, most: u32, plain: bool): usize {
  while (at < end) {
    if (end - at < 2) return report(PARTIAL, at, 0, 0);
    // FIN, no reserved bit, binary; masked.
    if (load<u8>(at) !== 0x82) return report(FRAME, at, 0, 0);
    const second: u32 = load<u8>(at, 1);
    if (second < 0x80) return report(FRAME, at, 0, 0);
    let length = second & 0x7f;
    let header: usize = 6;
    if (length === 126) {
      if (end - at < 8) return report(PARTIAL, at, 0, 0);
      length = bswap<u16>(load<u16>(at, 2));
      if (length < 126) return report(FRAME, at, 0, 0);
      header = 8;
    } else if (length === 127) {
      if (end - at < 14) return report(PARTIAL, at, 0, 0);
      const wide = bswap<u64>(load<u64>(at, 2));
      if (wide < 65536 || wide > <u64>most) return report(FRAME, at, 0, 0);
      length = <u32>wide;
      header = 14;
    }
    if (length > most) return report(FRAME, at, 0, 0);
    const body = at + header;
    if (<usize>length > end - at - header || body > end) return report(PARTIAL, at, 0, 0);
    const key = load<u32>(body - 4);
    const stop = plain ? put(body, length, key) : MESSAGE;
    if (stop === MESSAGE) {
      unmaskInPlace(body, length, key);
      return report(MESSAGE, body + length, body, body + length);
    }
    if (stop !== 0) return report(stop, at, 0, 0);
    at = body + length;
  }
  return report(END, at, 0, 0);
}

/** Takes messages from `at` up to `end`, each behind its length; otherwise as {@link frames}. */
export function records(at: usize, end: usize, most: u32, plain: bool): usize {
  while (at < end) {
    let length: u32 = load<u8>(at);
    let body = at + 1;
    if (length >= 0x80) {
      length &= 0x7f;
      let shift: u32 = 7;
      for (;;) {
        if (body >= end) return report(PARTIAL, at, 0, 0);
        if (shift > 21) return report(FRAME, at, 0, 0);
        const byte: u32 = load<u8>(body++);
        length |= (byte & 0x7f) << shift;
        if (byte < 0x80) break;
        shift += 7;
      }
    }
    if (length > most) return report(FRAME, at, 0, 0);
    if (<usize>length > end - body) return report(PARTIAL, at, 0, 0);
    const stop = plain ? put(body, length, 0) : MESSAGE;
    if (stop === MESSAGE) return report(MESSAGE, body + length, body, body + length);
    if (stop !== 0) return report(stop, at, 0, 0);
    at = body + length;
  }
  return report(END, at, 0, 0);
}

function unmaskInPlace(body: usize, length: u32, key: u32): void {
  const blocks = length & ~15;
  unmask(body, body, blocks, key);
  for (let i = blocks; i < length; i++) store<u8>(body + i, load<u8>(body + i) ^ <u8>(key >> ((i & 3) << 3)));
}
