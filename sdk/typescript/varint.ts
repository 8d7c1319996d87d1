/** The lengths of protobuf: seven bits a byte, lowest first. Numbers up to 2^53. */

/** Bytes of `value` as a varint. */
export function varintBytes(value: number): number {
  let count = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) count++;
  return count;
}

/** Writes `value` at `at`. Returns where it ends. */
export function writeVarint(out: Uint8Array, at: number, value: number): number {
  let to = at;
  let rest = value;
  for (; rest >= 0x8000_0000; rest = Math.floor(rest / 128)) out[to++] = (rest % 128) | 0x80;
  for (; rest >= 128; rest >>>= 7) out[to++] = (rest & 0x7f) | 0x80;
  out[to++] = rest;
  return to;
}
