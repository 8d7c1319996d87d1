/** Appends stamped fields to an encoded envelope: the last value of a protobuf field wins, so nothing is re-encoded. */
import { utf8 } from "../base/index.ts";

/** What the Spine puts on every message. */
export interface Stamp {
  /** At most 2^53 - 1. */
  readonly sequence: number;
  readonly producerId: string;
  readonly realityId: string;
  readonly timestampUnixUs: number;
}

/** What the Spine puts on a one-to-one delivery. */
export interface DeliveryStamp {
  readonly subscription: number;
  readonly attempt?: number;
  readonly leaseUntilUnixUs?: number;
  readonly dropped?: number;
}

function putVarint(out: number[], value: number): void {
  let rest = value;
  while (rest >= 128) {
    out.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  out.push(rest);
}

function append(envelope: Uint8Array, suffix: readonly number[]): Uint8Array<ArrayBuffer> {
  const stamped = new Uint8Array(envelope.length + suffix.length);
  stamped.set(envelope);
  stamped.set(suffix, envelope.length);
  return stamped;
}

function putField(out: number[], field: number, value: number): void {
  putVarint(out, field * 8);
  putVarint(out, value);
}

function varintBytes(value: number): number {
  let count = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) count++;
  return count;
}

function writeField(out: Uint8Array, from: number, tag: number, value: number): number {
  let at = from;
  out[at++] = tag;
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out[at++] = (rest % 128) + 128;
  out[at++] = rest;
  return at;
}

/** The bytes of the two names, kept from one message to the next: mostly they are the same. */
let names = { producerId: "", realityId: "", bytes: nameBytes("", "") };

function nameBytes(producerId: string, realityId: string): Uint8Array {
  const out: number[] = [];
  for (const [tag, name] of [
    [0x22, utf8(producerId)],
    [0x2a, utf8(realityId)],
  ] as const) {
    out.push(tag);
    putVarint(out, name.length);
    out.push(...name);
  }
  return Uint8Array.from(out);
}

/** The stored and broadcast bytes of a message. */
export function stampEnvelope(envelope: Uint8Array, stamp: Stamp): Uint8Array<ArrayBuffer> {
  const { sequence, producerId, realityId, timestampUnixUs } = stamp;
  if (names.producerId !== producerId || names.realityId !== realityId)
    names = { producerId, realityId, bytes: nameBytes(producerId, realityId) };
  const { bytes } = names;
  const stamped = new Uint8Array(
    envelope.length + 2 + varintBytes(sequence) + bytes.length + varintBytes(timestampUnixUs),
  );
  stamped.set(envelope);
  const at = writeField(stamped, envelope.length, 0x10, sequence);
  stamped.set(bytes, at);
  writeField(stamped, at + bytes.length, 0x50, timestampUnixUs);
  return stamped;
}

/** The bytes of a one-to-one delivery of a stamped message. */
export function stampDelivery(stamped: Uint8Array, stamp: DeliveryStamp): Uint8Array<ArrayBuffer> {
  const out: number[] = [];
  if (stamp.attempt !== undefined) putField(out, 13, stamp.attempt);
  if (stamp.dropped !== undefined) putField(out, 15, stamp.dropped);
  if (stamp.leaseUntilUnixUs !== undefined) putField(out, 17, stamp.leaseUntilUnixUs);
  putField(out, 18, stamp.subscription);
  return append(stamped, out);
}
