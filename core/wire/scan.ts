/** Reads the header of an envelope from its bytes without decoding the rest, and refuses what the bus alone may stamp. */
import { ArqonError } from "../base/index.ts";
import { MessageType } from "./gen/arqon/v1/message_pb.ts";
import { LIMITS } from "./limits.ts";
import { malformedMessage, topicText, utf8Text } from "./message-text.ts";
import { NESTED, type NestedField } from "./nested.ts";

/** What the bus must know of a message to route it. */
export interface EnvelopeHeader {
  id: string;
  topic: string;
  type: MessageType;
  durability: number;
  replyTo: string;
}

const STAMPED: Readonly<Record<number, string>> = {
  2: "sequence",
  4: "producer_id",
  5: "reality_id",
  10: "timestamp_unix_us",
  12: "vector_clock",
  13: "attempt",
  15: "dropped",
  17: "lease_until_unix_us",
  18: "subscription",
};

/** Fields that a client may set: those whose values are bytes, text or messages, and the numbers. */
const DELIMITED = new Set([1, 3, 6, 7, 8, 11, 16, 19, 20, 21]);
const NUMBERS = new Set([9, 14]);
/** Text that the bus does not need itself, but every strict decoder refuses when it is not UTF-8. */
const TEXTS: Readonly<Record<number, string>> = { 11: "schema", 19: "cause" };

/** Refuses text that is not UTF-8. Most of it is ASCII, which is seen without decoding. */
function checkText(bytes: Uint8Array, from: number, to: number, what: string): void {
  for (let i = from; i < to; i++)
    if ((bytes[i] as number) >= 0x80) {
      utf8Text(bytes, i, to, what);
      return;
    }
}

/** Walks a nested message: a decoder that trusts its schema finds each field whole, and stops where the message ends. */
function checkNested(bytes: Uint8Array, end: number, name: string, fields: readonly NestedField[]): void {
  while (cursor < end) {
    const tagAt = cursor;
    const tag = tagOf(bytes, end);
    const known = fields[Math.floor(tag / 8)];
    const wire = tag % 8;
    const packed = known?.kind === "floats" && wire === 2;
    if (known && !packed && wire !== WIRE[known.kind])
      throw malformedMessage(`${name}.${known.name} has the wrong wire type`, tagAt);
    if (wire === 0) varint(bytes, end);
    else if (wire === 1) cursor += 8;
    else if (wire === 5) cursor += 4;
    else if (wire === 2) {
      const length = varint(bytes, end);
      const from = cursor;
      cursor += length;
      if (cursor > end || (packed && length % 4 !== 0))
        throw malformedMessage(`a field of ${name} ends outside it`, tagAt);
      if (known?.kind === "text") checkText(bytes, from, cursor, `${name}.${known.name}`);
    } else throw malformedMessage(`wire type ${wire} is not used`, tagAt);
    if (cursor > end) throw malformedMessage(`a field of ${name} ends outside it`, tagAt);
  }
}

const WIRE: Readonly<Record<NestedField["kind"], number>> = {
  text: 2,
  bytes: 2,
  number: 0,
  float: 5,
  floats: 5,
};

/** Where {@link varint} reads, and after it where it stopped. */
let cursor = 0;

function varint(bytes: Uint8Array, end: number): number {
  let value = 0;
  let scale = 1;
  for (let i = 0; i < 10; i++) {
    if (cursor >= end) throw malformedMessage("truncated varint", cursor);
    const byte = bytes[cursor++] as number;
    if (byte < 0x80) return value + byte * scale;
    value += (byte & 0x7f) * scale;
    scale *= 128;
  }
  throw malformedMessage("varint of more than ten bytes", cursor);
}

/** A field's number and wire type. */
function tagOf(bytes: Uint8Array, end: number): number {
  const at = cursor;
  const tag = varint(bytes, end);
  // Five bytes hold what a tag may be: a decoder looks no further.
  if (tag < 8 || tag > 0xffff_ffff || cursor - at > 5)
    throw malformedMessage("field number out of range", at);
  return tag;
}

/**
 * Scans the fields of an encoded ArqonMessage a client sent, so far that every strict decoder takes what passes.
 *
 * @throws ArqonError `WIRE_MALFORMED` when the bytes are not such a message, `WIRE_STAMPED_FIELD` when the client set a
 *   stamped field, `WIRE_TOO_LARGE` when the topic is over its limit.
 * @cost O(fields and text), not O(bytes): the value of a payload is skipped by its length.
 */
export function scanEnvelope(bytes: Uint8Array): EnvelopeHeader {
  const header: EnvelopeHeader = {
    id: "",
    topic: "",
    type: MessageType.UNSPECIFIED,
    durability: 0,
    replyTo: "",
  };
  const end = bytes.length;
  cursor = 0;
  while (cursor < end) {
    const tagAt = cursor;
    const tag = tagOf(bytes, end);
    const field = Math.floor(tag / 8);
    const wire = tag % 8;
    const stamped = STAMPED[field];
    if (stamped)
      throw new ArqonError("WIRE_STAMPED_FIELD", `field ${field} (${stamped}) is stamped by the bus`);
    // A decoder may read such a field as if it were right, and so lose its place: it would see another message.
    if ((wire !== 2 && DELIMITED.has(field)) || (wire !== 0 && NUMBERS.has(field)))
      throw malformedMessage(`field ${field} has the wrong wire type`, tagAt);
    if (wire === 2) {
      const length = varint(bytes, end);
      const from = cursor;
      if (length > end - from) throw malformedMessage(`field ${field} is longer than the message`, tagAt);
      cursor += length;
      if (field === 3) {
        if (length > LIMITS.topicBytes)
          throw new ArqonError("WIRE_TOO_LARGE", `topic of ${length} bytes, limit ${LIMITS.topicBytes}`);
        header.topic = topicText(bytes, from, cursor);
      } else if (field === 1) {
        if (length > 64) throw malformedMessage("id longer than 64 bytes", tagAt);
        header.id = utf8Text(bytes, from, cursor, "id");
      } else if (field === 16) {
        if (length > LIMITS.topicBytes)
          throw new ArqonError("WIRE_TOO_LARGE", `reply_to of ${length} bytes, limit ${LIMITS.topicBytes}`);
        header.replyTo = utf8Text(bytes, from, cursor, "reply_to");
      } else if (TEXTS[field]) checkText(bytes, from, cursor, TEXTS[field]);
      else if (NESTED[field]) {
        const to = cursor;
        cursor = from;
        checkNested(bytes, to, NESTED[field].name, NESTED[field].fields);
      }
    } else if (wire === 0) {
      const value = varint(bytes, end);
      if (value > 0x7fff_ffff && NUMBERS.has(field))
        throw malformedMessage(`field ${field} is out of its range`, tagAt);
      if (field === 9) header.type = value as MessageType;
      else if (field === 14) header.durability = value;
    } else if (wire === 5 || wire === 1) {
      cursor += wire === 5 ? 4 : 8;
      if (cursor > end) throw malformedMessage("truncated fixed-width field", tagAt);
    } else throw malformedMessage(`wire type ${wire} is not used`, tagAt);
  }
  return header;
}
