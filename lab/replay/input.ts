/** A message as a deterministic operator sees it: what was recorded, and nothing of the run that plays it again. */
import type { Json } from "@arqon/core/base";
import {
  type ArqonMessage,
  BytesValueSchema,
  payloadOf,
  StringValueSchema,
  toJson,
  ValueSchema,
} from "@arqon/core/wire";

/** Where a message stands in the recording. */
export interface Place {
  /** 0 for a message that the recording does not have. */
  readonly sequence: number;
  /** UTC microseconds. */
  readonly timeUs: number;
}

/** A message that is handled. Its payload is decoded when it is asked for. */
export class ReplayInput implements Place {
  readonly id: string;
  readonly topic: string;
  readonly schema: string;
  readonly sequence: number;
  readonly timeUs: number;
  readonly #envelope: ArqonMessage;

  constructor(envelope: ArqonMessage, { sequence, timeUs }: Place) {
    this.id = envelope.id;
    this.topic = envelope.topic;
    this.schema = envelope.schema;
    this.sequence = sequence;
    this.timeUs = timeUs;
    this.#envelope = envelope;
  }

  /** A payload published as JSON. @throws ArqonError `WIRE_MALFORMED` */
  json(): Json {
    return toJson(ValueSchema, payloadOf(this.#envelope, ValueSchema)) as Json;
  }

  /** A payload published as text. @throws ArqonError `WIRE_MALFORMED` */
  text(): string {
    return payloadOf(this.#envelope, StringValueSchema).value;
  }

  /** A payload published as bytes. @throws ArqonError `WIRE_MALFORMED` */
  bytes(): Uint8Array {
    return payloadOf(this.#envelope, BytesValueSchema).value;
  }
}
