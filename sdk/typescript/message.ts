/** A message as an application sees it. */
import type { Json } from "@arqon/core/base";
import {
  type ArqonMessage,
  type DescMessage,
  Durability,
  type MessageShape,
  MessageType,
  payloadOf,
} from "@arqon/core/wire";
import { nameOf } from "./job-state.ts";
import { bytesOf, formOf, jsonOf, type PayloadForm, textOf } from "./payload.ts";

/** A received message. The payload is decoded when it is asked for, and only then. */
export class Message {
  /** The envelope as the proto defines it. */
  readonly envelope: ArqonMessage;

  constructor(envelope: ArqonMessage) {
    this.envelope = envelope;
  }

  /** UUIDv7 chosen by the publisher. */
  get id(): string {
    return this.envelope.id;
  }

  get topic(): string {
    return this.envelope.topic;
  }

  /** Strictly increasing within a Reality; a gap between two logged messages of one filter is not a loss in itself. */
  get sequence(): number {
    return Number(this.envelope.sequence);
  }

  /** The authenticated principal that published it. */
  get producer(): string {
    return this.envelope.producerId;
  }

  get reality(): string {
    return this.envelope.realityId;
  }

  /** UTC, microseconds, by the bus's clock. */
  get timestampUs(): number {
    return Number(this.envelope.timestampUnixUs);
  }

  /** "EVENT", "JOB", "JOB_RESULT" ... */
  get type(): string {
    return nameOf(MessageType, this.envelope.type);
  }

  /** "EPHEMERAL", "LOGGED", "SYNCED" or "UNSPECIFIED". */
  get durability(): string {
    return nameOf(Durability, this.envelope.durability);
  }

  /** Logical schema id, "" when none was given. */
  get schema(): string {
    return this.envelope.schema;
  }

  /** Topic on which the publisher waits for a reply, or "". */
  get replyTo(): string {
    return this.envelope.replyTo;
  }

  /** W3C Trace Context. */
  get trace(): Readonly<Record<string, string>> {
    return this.envelope.traceContext;
  }

  get form(): PayloadForm {
    return formOf(this.envelope);
  }

  /** The payload of a message published as JSON. @throws ArqonError `WIRE_MALFORMED` */
  json(): Json {
    return jsonOf(this.envelope);
  }

  /** The payload of a message published as text. @throws ArqonError `WIRE_MALFORMED` */
  text(): string {
    return textOf(this.envelope);
  }

  /** The payload of a message published as bytes. @throws ArqonError `WIRE_MALFORMED` */
  bytes(): Uint8Array {
    return bytesOf(this.envelope);
  }

  /** The payload as protobuf type `schema`. @throws ArqonError `WIRE_MALFORMED` */
  unpack<D extends DescMessage>(schema: D): MessageShape<D> {
    return payloadOf(this.envelope, schema);
  }
}
