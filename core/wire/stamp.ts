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

function putText(out: number[], field: number, value: string): void {
  putVarint(out, field * 8 + 2);
  const bytes = utf8(value);
  putVarint(out, bytes.length);
  for (const byte of bytes) out.push(byte);
}

/** The stored and broadcast bytes of a message. */
export function stampEnvelope(envelope: Uint8Array, stamp: Stamp): Uint8Array<ArrayBuffer> {
  const out: number[] = [];
  putField(out, 2, stamp.sequence);
  putText(out, 4, stamp.producerId);
  putText(out, 5, stamp.realityId);
  putField(out, 10, stamp.timestampUnixUs);
  return append(envelope, out);
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
