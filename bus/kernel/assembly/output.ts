// Writes stamped frames, one behind the other, and says which of them go to the same receivers.
import * as envelope from "./envelope";
import { FULL, MAX_RUNS, MESSAGE, REPORT, RUNS, SUFFIX } from "./layout";
import { find } from "./topics";

/** What one call may do; set by `begin`. */
let out: usize = 0;
let outEnd: usize = 0;
let whole: usize = 0;
let context: u32 = 0;
let suffixLength: u32 = 0;
let sequence: u64 = 0;
let sequenceBytes: u32 = 0;
/** The sequence from which numbers take another byte. */
let sequenceLimit: u64 = 0;
let messagesLeft: u32 = 0;
let bytesLeft: f64 = 0;

let runs: u32 = 0;
let messages: u32 = 0;
let lastRoute: i32 = -1;

/**
 * @param size  bytes of a whole sheet: a message that needs more is not for here.
 * @param next  sequence of the first message.
 * @param most  messages, and `mostBytes` bytes, that may be taken.
 */
export function begin(
  at: usize,
  end: usize,
  size: usize,
  context_: u32,
  suffixLength_: u32,
  next: f64,
  most: u32,
  mostBytes: f64,
): void {
  out = at;
  outEnd = end;
  whole = size;
  context = context_;
  suffixLength = suffixLength_;
  sequence = <u64>next;
  sequenceBytes = 1;
  sequenceLimit = 128;
  while (sequence >= sequenceLimit) {
    sequenceBytes++;
    sequenceLimit <<= 7;
  }
  messagesLeft = most;
  bytesLeft = mostBytes;
  runs = 0;
  messages = 0;
  lastRoute = -1;
}

/** XORs `length` bytes into another place, and up to 15 more behind them. */
export function unmask(to: usize, from: usize, length: usize, key: u32): void {
  const wide = i32x4.splat(key);
  let i: usize = 0;
  for (; i + 64 <= length; i += 64) {
    const a = v128.load(from + i),
      b = v128.load(from + i, 16),
      c = v128.load(from + i, 32),
      d = v128.load(from + i, 48);
    v128.store(to + i, v128.xor(a, wide));
    v128.store(to + i, v128.xor(b, wide), 16);
    v128.store(to + i, v128.xor(c, wide), 32);
    v128.store(to + i, v128.xor(d, wide), 48);
  }
  for (; i < length; i += 16) v128.store(to + i, v128.xor(v128.load(from + i), wide));
}

/**
 * Unmasks a message into the output, and stamps and frames it there if it is plain.
 * @returns 0, or MESSAGE or FULL when nothing was done.
 */
export function put(body: usize, length: u32, key: u32): u32 {
  const payload = length + 1 + sequenceBytes + suffixLength;
  const header: usize = payload < 126 ? 2 : payload < 65536 ? 4 : 10;
  // The last store of a copy may go 15 bytes too far.
  const needed = header + payload + 16;
  if (needed > whole || context === 0 || messagesLeft === 0 || bytesLeft < <f64>length) return MESSAGE;
  if (needed > outEnd - out) return FULL;
  let at = out + header;
  unmask(at, body, length, key);
  if (!envelope.scan(at, at + length)) return MESSAGE;
  const route = find(envelope.topicAt, envelope.topicLength, context, envelope.type);
  if (route < 0) return MESSAGE;
  let run = RUNS + ((<usize>runs) << 5);
  if (route === lastRoute) run -= 32;
  else {
    if (runs === MAX_RUNS) return FULL;
    lastRoute = route;
    runs++;
    store<i32>(run, route);
    store<u32>(run, <u32>out, 4);
    store<u32>(run, 0, 12);
    store<u32>(run, 0, 16);
    store<u32>(run, 0, 20);
  }
  store<u8>(out, 0x82);
  if (header === 2) store<u8>(out, payload, 1);
  else if (header === 4) {
    store<u8>(out, 126, 1);
    store<u16>(out, bswap<u16>(<u16>payload), 2);
  } else {
    store<u8>(out, 127, 1);
    store<u64>(out, bswap<u64>(payload), 2);
  }
  at += length;
  store<u8>(at++, 0x10);
  let rest = sequence++;
  for (; rest >= 128; rest >>= 7) store<u8>(at++, <u8>rest | 0x80);
  store<u8>(at++, <u8>rest);
  if (sequence === sequenceLimit) {
    sequenceBytes++;
    sequenceLimit <<= 7;
  }
  for (let i: usize = 0; i < suffixLength; i += 16) v128.store(at + i, v128.load(SUFFIX + i));
  out = at + suffixLength;
  store<u32>(run, <u32>out, 8);
  store<u32>(run, load<u32>(run, 12) + 1, 12);
  store<u32>(run, load<u32>(run, 16) + length, 16);
  store<u32>(run, load<u32>(run, 20) + payload, 20);
  messages++;
  messagesLeft--;
  bytesLeft -= <f64>length;
  return 0;
}

/** Says how far it went and why. Returns `at`. */
export function report(stop: u32, at: usize, body: usize, bodyEnd: usize): usize {
  store<u32>(REPORT, stop);
  store<u32>(REPORT, <u32>body, 4);
  store<u32>(REPORT, <u32>bodyEnd, 8);
  store<u32>(REPORT, <u32>out, 12);
  store<u32>(REPORT, runs, 16);
  store<u32>(REPORT, messages, 20);
  return at;
}
