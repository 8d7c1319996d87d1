/** A message as an application sees it. */
import { type Json, utf8 } from "@arqon/core/base";
import {
  type ArqonMessage,
  type DescMessage,
  Durability,
  type MessageShape,
  MessageType,
  payloadOf,
} from "@arqon/core/wire";
import type { Delivery } from "./delivery.ts";
import { nameOf } from "./job-state.ts";
import { bytesOf, formOf, jsonOf, type PayloadForm, textOf } from "./payload.ts";
import { wrappedValue } from "./scan.ts";

const BYTES_URL = utf8("type.googleapis.com/google.protobuf.BytesValue");
/** Field 1 of the Any of a bytes payload. */
const BYTES_FIELD = Uint8Array.from([0x0a, BYTES_URL.length, ...BYTES_URL]);

/** A received message. Its header is read when it comes, its envelope and payload when they are asked for. */
export class Message {
  readonly #delivery: Delivery;
  #isHeld = false;

  /** @internal */
  constructor(delivery: Delivery) {
    this.#delivery = delivery;
  }

  /** @internal The application has it: the server may send another. */
  taken(): void {
    if (this.#isHeld) this.#delivery.release();
    this.#isHeld = false;
  }

  /** @internal It waits for the application. */
  waits(): void {
    this.#isHeld = true;
    this.#delivery.hold();
  }

  /** The envelope as the proto defines it. @throws ArqonError `WIRE_MALFORMED` */
  get envelope(): ArqonMessage {
    return this.#delivery.envelope;
  }

  /** UUIDv7 chosen by the publisher. */
  get id(): string {
    return this.envelope.id;
  }

  get topic(): string {
    return this.#delivery.topic;
  }

  /** Strictly increasing within a Reality; a gap between two logged messages of one filter is not a loss in itself. */
  get sequence(): number {
    return this.#delivery.sequence;
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
    return this.#delivery.timestampUs;
  }

  /** "EVENT", "JOB", "JOB_RESULT" ... */
  get type(): string {
    return nameOf(MessageType, this.#delivery.type);
  }

  /** "EPHEMERAL", "LOGGED", "SYNCED" or "UNSPECIFIED". */
  get durability(): string {
    return nameOf(Durability, this.#delivery.durability);
  }

  /** Whether it is in the log: published as logged or synced, or a job or its result. */
  get isLogged(): boolean {
    const { durability, type } = this.#delivery;
    const isJob = type === MessageType.JOB || type === MessageType.JOB_RESULT;
    return isJob || durability === Durability.LOGGED || durability === Durability.SYNCED;
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
    const { bytes, payloadFrom, payloadTo } = this.#delivery;
    return wrappedValue(bytes, payloadFrom, payloadTo, BYTES_FIELD) ?? bytesOf(this.envelope);
  }

  /** The payload as protobuf type `schema`. @throws ArqonError `WIRE_MALFORMED` */
  unpack<D extends DescMessage>(schema: D): MessageShape<D> {
    return payloadOf(this.envelope, schema);
  }
}
