// Reads the header of an envelope: what `core/wire/scan.ts` does, for the envelopes of which nothing special can be said.
// Whatever is unusual makes a message not plain; TypeScript then says what is wrong with it, if anything is.

/** Of the envelope scanned last. */
export let topicAt: usize = 0;
export let topicLength: u32 = 0;
export let type: u32 = 0;

/** Fields the bus stamps: a message that has one of them is not plain. */
const STAMPED: u32 = (1 << 2) | (1 << 4) | (1 << 5) | (1 << 10) | (1 << 12) | (1 << 13) | (1 << 15);
/** Fields of which there may be one. */
const SINGLE: u32 = (1 << 1) | (1 << 3) | (1 << 9) | (1 << 14);
/** Fields that hold bytes, text or messages: 1, 3, 6, 7, 8 and 11. A decoder may lose its place over another wire type. */
const DELIMITED: u32 = 0x9ca;

function hexBlock(block: v128, dashes: v128): bool {
  const digit = v128.and(i8x16.ge_u(block, i8x16.splat(0x30)), i8x16.le_u(block, i8x16.splat(0x39)));
  const letter = v128.and(i8x16.ge_u(block, i8x16.splat(0x61)), i8x16.le_u(block, i8x16.splat(0x66)));
  const dash = v128.and(dashes, i8x16.eq(block, i8x16.splat(0x2d)));
  return i8x16.all_true(v128.or(v128.andnot(v128.or(digit, letter), dashes), dash));
}

/** Whether 36 bytes are a UUID of version 7 in lower case. */
function isUuidv7(at: usize): bool {
  const variant = load<u8>(at, 19);
  return (
    load<u8>(at, 14) === 0x37 &&
    (variant === 0x38 || variant === 0x39 || variant === 0x61 || variant === 0x62) &&
    hexBlock(v128.load(at), i8x16(0, 0, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, -1, 0, 0)) &&
    hexBlock(v128.load(at, 16), i8x16(0, 0, -1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0)) &&
    hexBlock(v128.load(at, 20), i8x16(0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
  );
}

/** Whether bytes are ASCII: what is not may not be UTF-8 either. */
function isAscii(at: usize, end: usize): bool {
  for (; end - at >= 16; at += 16)
    if (v128.any_true(v128.and(v128.load(at), i8x16.splat(<i8>0x80)))) return false;
  for (; at < end; at++) if (load<u8>(at) >= 0x80) return false;
  return true;
}

/** Length of the delimited field at `at` when it ends within `end`, or -1. Where it begins is in {@link bodyAt}. */
function lengthAt(at: usize, end: usize): i32 {
  if (at >= end) return -1;
  let length: u32 = load<u8>(at++);
  if (length >= 0x80) {
    length &= 0x7f;
    let shift: u32 = 7;
    for (;;) {
      // Four bytes say more than a frame can hold.
      if (at >= end || shift > 21) return -1;
      const byte: u32 = load<u8>(at++);
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
      shift += 7;
    }
  }
  bodyAt = at;
  return <usize>length > end - at ? -1 : <i32>length;
}
let bodyAt: usize = 0;

/** Whether a nested message is an ASCII field 1 and a field 2, in this order, of which either may be absent. */
function isPair(at: usize, end: usize, isText: bool): bool {
  if (at < end && load<u8>(at) === 0x0a) {
    const length = lengthAt(at + 1, end);
    if (length < 0 || !isAscii(bodyAt, bodyAt + length)) return false;
    at = bodyAt + length;
  }
  if (at < end && load<u8>(at) === 0x12) {
    const length = lengthAt(at + 1, end);
    if (length < 0 || (isText && !isAscii(bodyAt, bodyAt + length))) return false;
    at = bodyAt + length;
  }
  return at === end;
}

/** Whether `at` to `end` is an ephemeral message with a valid id and nothing unusual about it. */
export function scan(at: usize, end: usize): bool {
  let seen: u32 = 0;
  type = 0;
  while (at < end) {
    const tag: u32 = load<u8>(at++);
    const field = tag >> 3;
    // Fields above 15 have longer tags; all of them are unusual.
    if (tag >= 0x80 || field === 0 || (STAMPED >> field) & 1) return false;
    const bit: u32 = 1 << field;
    if (bit & SINGLE) {
      if (seen & bit) return false;
      seen |= bit;
    }
    const wire = tag & 7;
    if (wire === 2) {
      const length = lengthAt(at, end);
      if (length < 0) return false;
      at = bodyAt;
      const next = at + length;
      if (field === 1) {
        if (length !== 36 || !isUuidv7(at)) return false;
      } else if (field === 3) {
        topicAt = at;
        topicLength = length;
      } else if (field === 8) {
        if (!isPair(at, next, false)) return false;
      } else if (field === 6) {
        if (!isPair(at, next, true)) return false;
      } else if (field === 11) {
        if (!isAscii(at, next)) return false;
      } else if (field === 7 || field === 9 || field === 14) return false;
      at = next;
    } else if (wire === 0) {
      if (bit & DELIMITED || at >= end) return false;
      const value: u32 = load<u8>(at++);
      if (field === 9) {
        if (value >= 0x80) return false;
        type = value;
      } else if (field === 14) {
        if (value > 1) return false;
      } else if (value >= 0x80) {
        // Skipped, within the ten bytes a varint may have.
        let left: u32 = 9;
        for (;;) {
          if (at >= end || left === 0) return false;
          if (load<u8>(at++) < 0x80) break;
          left--;
        }
      }
    } else if (wire === 5 || wire === 1) {
      const width: usize = wire === 5 ? 4 : 8;
      if (bit & (SINGLE | DELIMITED) || end - at < width) return false;
      at += width;
    } else return false;
  }
  return (seen & 10) === 10;
}
