/** What an operator gave: as an envelope, in one canonical form, and in a chain of hashes over all of it. */
import { canonicalJson, deriveUuid, type Json, sha256, toBase64, toHex, utf8 } from "@arqon/core/base";
import {
  type ArqonMessage,
  BytesValueSchema,
  create,
  Durability,
  fromJson,
  MessageType,
  messageWith,
  payloadOf,
  StringValueSchema,
  toJson,
  ValueSchema,
} from "@arqon/core/wire";
import type { OutputPayload } from "./operator.ts";

/** Id of the `index`-th output that one operator gave for one message. */
export function outputId(operator: string, cause: string, index: number): string {
  return deriveUuid(cause, `output ${operator} ${index}`);
}

/** An event of an operator, logged. */
export function eventOf(
  at: { readonly id: string; readonly topic: string; readonly cause: string; readonly schema?: string },
  payload: OutputPayload,
): ArqonMessage {
  const init = { schema: "", ...at, type: MessageType.EVENT, durability: Durability.LOGGED };
  if (typeof payload === "string") return messageWith(init, StringValueSchema, { value: payload });
  if (payload instanceof Uint8Array) return messageWith(init, BytesValueSchema, { value: payload });
  // Called for what it refuses: undefined, NaN, lone surrogates.
  canonicalJson(payload);
  return messageWith(init, ValueSchema, create(ValueSchema, fromJson(ValueSchema, payload as never)));
}

/** The payload of an event as JSON: itself, or the base64 of its bytes under their type. */
export function payloadJson(message: ArqonMessage): Json {
  const { typeUrl = "", value = new Uint8Array() } = message.payload ?? {};
  if (typeUrl.endsWith("/google.protobuf.Value"))
    return toJson(ValueSchema, payloadOf(message, ValueSchema)) as Json;
  return { "@type": typeUrl.slice(typeUrl.lastIndexOf("/") + 1), base64: toBase64(value) };
}

/** An output as replays compare it: no clock, no sequence, no id but that of the message it came from. */
export function canonicalOutput(message: ArqonMessage): string {
  const { topic, schema, cause } = message;
  return canonicalJson({ cause, payload: payloadJson(message), schema, topic });
}

/** `h(n) = SHA-256(h(n-1) || canonical output)`, from 32 zero bytes on. */
export class OutputChain {
  #head: Uint8Array = new Uint8Array(32);
  #length = 0;

  /** @param output  in canonical form. */
  add(output: string): void {
    this.#head = sha256(this.#head, utf8(output));
    this.#length++;
  }

  /** Outputs so far. */
  get length(): number {
    return this.#length;
  }

  /** 64 hexadecimal digits. */
  get head(): string {
    return toHex(this.#head);
  }
}
