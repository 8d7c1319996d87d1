/** Reads the header of a stored message: like the scan of a client's envelope, but with the stamped fields. */
import { ArqonError } from "@arqon/core/base";
import { MessageType } from "@arqon/core/wire";

/** What the Spine needs of a stored message. */
export interface StoredHeader {
  id: string;
  topic: string;
  type: MessageType;
  producerId: string;
}

/**
 * Walks the top-level fields of stamped bytes; the last value of a field wins.
 * @throws ArqonError `LOG_CORRUPT` when they are not a message.
 */
export function readStored(bytes: Uint8Array): StoredHeader {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const header: StoredHeader = { id: "", topic: "", type: MessageType.UNSPECIFIED, producerId: "" };
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; at < buffer.length && scale <= 2 ** 63; scale *= 128) {
      const byte = buffer[at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new ArqonError("LOG_CORRUPT", `a stored message breaks off at byte ${at}`);
  };
  while (at < buffer.length) {
    const tag = varint();
    const field = Math.floor(tag / 8);
    const wire = tag % 8;
    if (wire === 2) {
      const length = varint();
      if (length > buffer.length - at)
        throw new ArqonError("LOG_CORRUPT", `field ${field} of a stored message is longer than the message`);
      if (field === 1) header.id = buffer.toString("latin1", at, at + length);
      else if (field === 3) header.topic = buffer.toString("latin1", at, at + length);
      else if (field === 4) header.producerId = buffer.toString("latin1", at, at + length);
      at += length;
    } else if (wire === 0) {
      const value = varint();
      if (field === 9) header.type = value as MessageType;
    } else if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    else throw new ArqonError("LOG_CORRUPT", `a stored message has wire type ${wire}`);
  }
  return header;
}
