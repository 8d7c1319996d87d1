/** Messages to bytes and back, and the shorthand for messages that carry an operation or a typed payload. */
import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { anyPack, anyUnpack } from "@bufbuild/protobuf/wkt";
import { ArqonError, type ErrorCode, isErrorCode } from "../base/index.ts";
import { type ErrorInfo, ErrorInfoSchema } from "./gen/arqon/v1/error_pb.ts";
import { type ArqonMessage, ArqonMessageSchema, MessageType } from "./gen/arqon/v1/message_pb.ts";
import { type Op, OpSchema } from "./gen/arqon/v1/op_pb.ts";
import type { EnvelopeHeader } from "./scan.ts";

/** Bytes of a message. */
export function encodeMessage(message: ArqonMessage): Uint8Array<ArrayBuffer> {
  return toBinary(ArqonMessageSchema, message);
}

/** @throws ArqonError `WIRE_MALFORMED` */
export function decodeMessage(bytes: Uint8Array): ArqonMessage {
  try {
    return fromBinary(ArqonMessageSchema, bytes);
  } catch (cause) {
    throw new ArqonError("WIRE_MALFORMED", `not an ArqonMessage: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Decodes a message whose header was scanned. Where a nested message is broken a decoder may lose its place and see
 * another message around it than the one whose permissions were checked: such bytes are refused.
 * @throws ArqonError `WIRE_MALFORMED`
 */
export function decodeScanned(bytes: Uint8Array, header: EnvelopeHeader): ArqonMessage {
  const message = decodeMessage(bytes);
  const { id, topic, type, durability, replyTo } = message;
  if (
    id !== header.id ||
    topic !== header.topic ||
    type !== header.type ||
    durability !== header.durability ||
    replyTo !== header.replyTo
  )
    throw new ArqonError("WIRE_MALFORMED", "not an ArqonMessage: a nested message ends outside its field");
  return message;
}

/** Fields of a message, with the payload still to be packed. */
export type MessageInit = Omit<MessageInitShape<typeof ArqonMessageSchema>, "payload" | "$typeName">;

/** A message whose payload is `value` of type `schema`. */
export function messageWith<D extends DescMessage>(
  init: MessageInit,
  schema: D,
  value: MessageInitShape<D>,
): ArqonMessage {
  return create(ArqonMessageSchema, { ...init, payload: anyPack(schema, create(schema, value)) });
}

/**
 * The payload of a message as `schema`.
 * @throws ArqonError `WIRE_MALFORMED` when it is absent, of another type, or cannot be decoded.
 */
export function payloadOf<D extends DescMessage>(message: ArqonMessage, schema: D): MessageShape<D> {
  let value: MessageShape<D> | undefined;
  try {
    value = message.payload && anyUnpack(message.payload, schema);
  } catch (cause) {
    throw new ArqonError("WIRE_MALFORMED", `payload is not ${schema.typeName}: ${(cause as Error).message}`, {
      cause,
    });
  }
  if (!value)
    throw new ArqonError(
      "WIRE_MALFORMED",
      `payload of "${message.topic}" is ${message.payload?.typeUrl || "absent"}, expected ${schema.typeName}`,
    );
  return value;
}

/** The operation inside a union, without its correlation number. */
export type OpCase = Exclude<Op["op"], { case: undefined }>;
/** What {@link opMessage} takes: the case and the initial fields of its message. */
export type OpInit = NonNullable<MessageInitShape<typeof OpSchema>["op"]>;

/** A control message that carries an operation. */
export function opMessage(id: string, corr: bigint, op: OpInit): ArqonMessage {
  const verb = (op.case ?? "unknown").replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
  return messageWith({ id, topic: `sys.session.${verb}`, type: MessageType.CONTROL }, OpSchema, { corr, op });
}

/** The wire form of an error. */
export function errorInfo(error: ArqonError, messageId = ""): ErrorInfo {
  return create(ErrorInfoSchema, {
    code: error.code,
    message: error.message,
    remedy: error.remedy,
    retryable: error.kind.retry,
    messageId,
  });
}

/** The error a peer reported. A code this version does not know becomes `INTERNAL`, with the code in its message. */
export function errorFromInfo(info: ErrorInfo): ArqonError {
  const known = isErrorCode(info.code);
  const code: ErrorCode = known ? (info.code as ErrorCode) : "INTERNAL";
  return new ArqonError(code, known ? info.message : `${info.code}: ${info.message}`, {
    remedy: info.remedy,
  });
}
