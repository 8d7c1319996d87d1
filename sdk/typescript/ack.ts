/** Acknowledgements, read by hand: there is one for every logged publication, or for several. */
import { utf8 } from "@arqon/core/base";
import { create, type Durability, type PublishAck, PublishAckSchema } from "@arqon/core/wire";
import type { Delivery } from "./delivery.ts";
import { cursor, varint } from "./scan.ts";

/** Topic of the messages that carry one. */
export const ACK_TOPIC = "sys.session.publish_ack";

const OP_URL = utf8("type.googleapis.com/arqon.v1.Op");
const UUID_CHARS = 36;

/**
 * The acknowledgement in a message of {@link ACK_TOPIC}, when it is written as the bus writes it; `undefined` when the
 * general decoder is to be asked.
 */
export function readAck({ bytes, payloadFrom, payloadTo }: Delivery): PublishAck | undefined {
  let at = payloadFrom;
  if (at < 0 || bytes[at++] !== 0x0a || bytes[at++] !== OP_URL.length) return undefined;
  for (let i = 0; i < OP_URL.length; i++) if (bytes[at++] !== OP_URL[i]) return undefined;
  for (const tag of [0x12, 0x3a]) {
    if (bytes[at] !== tag) return undefined;
    const length = varint(bytes, at + 1, payloadTo);
    at = cursor;
    if (at + length !== payloadTo) return undefined;
  }
  if (bytes[at++] !== 0x0a || bytes[at++] !== UUID_CHARS || at + UUID_CHARS > payloadTo) return undefined;
  let messageId = "";
  for (const end = at + UUID_CHARS; at < end; at++) messageId += String.fromCharCode(bytes[at] as number);
  let [sequence, duplicate, durability, count] = [0, 0, 0, 0];
  while (at < payloadTo) {
    const tag = bytes[at] as number;
    const value = varint(bytes, at + 1, payloadTo);
    at = cursor;
    if (tag === 0x10) sequence = value;
    else if (tag === 0x18) duplicate = value;
    else if (tag === 0x20) durability = value;
    else if (tag === 0x28) count = value;
    else return undefined;
  }
  const ack = create(PublishAckSchema, {
    messageId,
    sequence: BigInt(sequence),
    duplicate: duplicate !== 0,
    count,
  });
  ack.durability = durability as Durability;
  return ack;
}
