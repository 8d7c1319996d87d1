/** Acknowledgements, written by hand: there is one for every logged message. */
import { utf8 } from "../base/index.ts";

/** What an acknowledgement says. */
export interface Acknowledgement {
  /** Id of the message that says it; a UUID, as `messageId` is. */
  readonly id: string;
  readonly messageId: string;
  readonly sequence: number;
  readonly duplicate: boolean;
  readonly durability: number;
  /** Publications it stands for, where that was agreed on; 1 by default. */
  readonly count?: number;
}

const TOPIC_AND_PAYLOAD = Uint8Array.from([0x1a, 23, ...utf8("sys.session.publish_ack"), 0x42]);
const TYPE_URL = Uint8Array.from([0x0a, 31, ...utf8("type.googleapis.com/arqon.v1.Op"), 0x12]);
const UUID_CHARS = 36;
const room = new Uint8Array(192);

/**
 * The bytes of a message whose operation is PublishAck, as `encodeMessage(opMessage(...))` makes them.
 * They are valid until the next call. @throws TypeError when an id is not as long as a UUID.
 */
export function encodePublishAck(ack: Acknowledgement): Uint8Array {
  const { sequence, duplicate, durability, count = 1 } = ack;
  // All lengths stay below 128, so each is one byte.
  const ackBytes =
    2 +
    UUID_CHARS +
    (sequence > 0 ? 1 + varintBytes(sequence) : 0) +
    (duplicate ? 2 : 0) +
    (durability > 0 ? 2 : 0) +
    (count > 1 ? 1 + varintBytes(count) : 0);
  let at = putId(0, ack.id);
  room.set(TOPIC_AND_PAYLOAD, at);
  at += TOPIC_AND_PAYLOAD.length;
  room[at++] = TYPE_URL.length + 1 + 2 + ackBytes;
  room.set(TYPE_URL, at);
  at += TYPE_URL.length;
  room[at++] = 2 + ackBytes;
  room[at++] = 0x3a;
  room[at++] = ackBytes;
  at = putId(at, ack.messageId);
  if (sequence > 0) {
    room[at++] = 0x10;
    at = putVarint(at, sequence);
  }
  if (duplicate) {
    room[at++] = 0x18;
    room[at++] = 1;
  }
  if (durability > 0) {
    room[at++] = 0x20;
    room[at++] = durability;
  }
  if (count > 1) {
    room[at++] = 0x28;
    at = putVarint(at, count);
  }
  room[at++] = 0x48;
  room[at++] = 7;
  return room.subarray(0, at);
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

function putVarint(from: number, value: number): number {
  let at = from;
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) room[at++] = (rest % 128) + 128;
  room[at++] = rest;
  return at;
}

function putId(from: number, id: string): number {
  if (id.length !== UUID_CHARS) throw new TypeError(`"${id}" is not a UUID`);
  let at = from;
  room[at++] = 0x0a;
  room[at++] = UUID_CHARS;
  for (let i = 0; i < UUID_CHARS; i++) room[at++] = id.charCodeAt(i);
  return at;
}
