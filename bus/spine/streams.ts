/** Streams that are open: each follows from its start, chunk by chunk, and has one end even when its producer is lost. */
import { ArqonError, deriveUuid, isUuidv7 } from "@arqon/core/base";
import {
  type ArqonMessage,
  Durability,
  decodeMessage,
  type EnvelopeHeader,
  errorInfo,
  MessageType,
  messageWith,
  payloadOf,
  StreamChunkSchema,
  StreamEndSchema,
  StreamStartSchema,
} from "@arqon/core/wire";
import type { Port } from "./port.ts";

/** Streams one connection may have open. */
const MAX_OPEN = 256;
const SHA256_BYTES = 32;

interface OpenStream {
  readonly id: string;
  readonly topic: string;
  readonly durability: Durability;
  /** Id of its start, which may be sent again when the log refused it. */
  readonly start: string;
  /** Chunks so far: the index of the next one. */
  chunks: number;
  bytes: number;
  /** Id of the last chunk, which may be sent again when the log refused it. */
  last: string;
}

const invalid = (id: string, why: string): ArqonError =>
  new ArqonError("STREAM_INVALID", `stream ${id.slice(0, 64)}: ${why}`);

/** Whether a message belongs to a stream. */
export function isStream(type: MessageType): boolean {
  return type >= MessageType.STREAM_START && type <= MessageType.STREAM_END;
}

/** The open streams of a Reality. */
export class Streams {
  readonly #open = new Map<Port, Map<string, OpenStream>>();
  readonly #publish: (end: ArqonMessage) => void;
  /** The stream each connection ended last, by the id of the end: the log may still refuse it. */
  readonly #ended = new WeakMap<Port, { readonly id: string; readonly stream: OpenStream }>();
  /** Streams of an earlier process, as they are read back from its log. */
  readonly #found = new Map<string, OpenStream>();

  /** @param publish  publishes an end as the bus, with its own durability. */
  constructor(publish: (end: ArqonMessage) => void) {
    this.#publish = publish;
  }

  /**
   * Takes note of a message of a stream before it is published.
   * @throws ArqonError `STREAM_INVALID`, `LIMIT_EXCEEDED`, `WIRE_MALFORMED`.
   */
  take(port: Port, bytes: Uint8Array, { id, topic, type }: EnvelopeHeader): void {
    const message = decodeMessage(bytes);
    const { durability } = message;
    const own = this.#open.get(port) ?? new Map<string, OpenStream>();
    if (type === MessageType.STREAM_START) {
      const { streamId } = payloadOf(message, StreamStartSchema);
      if (!isUuidv7(streamId)) throw invalid(streamId, "its id is not a UUIDv7");
      const open = own.get(streamId);
      if (open?.start === id && open.chunks === 0) return;
      if (open) throw invalid(streamId, "it is open already");
      if (own.size >= MAX_OPEN)
        throw new ArqonError("LIMIT_EXCEEDED", `${own.size} streams are open on this connection, its limit`);
      own.set(streamId, { id: streamId, topic, durability, start: id, chunks: 0, bytes: 0, last: "" });
      this.#open.set(port, own);
      return;
    }
    if (type === MessageType.STREAM_CHUNK) {
      const { streamId, index, data } = payloadOf(message, StreamChunkSchema);
      const stream = follow(own, streamId, topic);
      if (id === stream.last && index === BigInt(stream.chunks - 1)) return;
      if (index !== BigInt(stream.chunks))
        throw invalid(streamId, `chunk ${index} came where ${stream.chunks} was due`);
      stream.chunks++;
      stream.bytes += data.length;
      stream.last = id;
      return;
    }
    const { streamId, chunks, bytes: total, sha256, error } = payloadOf(message, StreamEndSchema);
    const stream = follow(own, streamId, topic);
    if (chunks !== BigInt(stream.chunks) || total !== BigInt(stream.bytes))
      throw invalid(
        streamId,
        `its end counts ${chunks} chunks of ${total} bytes, there were ${stream.chunks} of ${stream.bytes}`,
      );
    if (error === undefined && sha256.length !== SHA256_BYTES)
      throw invalid(streamId, `its end has a digest of ${sha256.length} bytes, not ${SHA256_BYTES}`);
    this.#ended.set(port, { id, stream });
    own.delete(streamId);
    if (own.size === 0) this.#open.delete(port);
  }

  /** A publication was refused: what it was to end goes on. */
  refused(port: Port, messageId: string): void {
    const ended = this.#ended.get(port);
    if (ended?.id !== messageId) return;
    this.#ended.delete(port);
    const own = this.#open.get(port) ?? new Map<string, OpenStream>();
    this.#open.set(port, own.set(ended.stream.id, ended.stream));
  }

  /** A connection is gone: its streams end. */
  drop(port: Port): void {
    const own = this.#open.get(port);
    this.#open.delete(port);
    this.#ended.delete(port);
    for (const stream of own?.values() ?? []) this.#abort(stream, "the connection of its producer was lost");
  }

  /** Takes a logged message of a stream while a Reality is opened. */
  rebuild(message: ArqonMessage): void {
    const { id: start, topic, type, durability } = message;
    if (type === MessageType.STREAM_START) {
      const { streamId } = payloadOf(message, StreamStartSchema);
      this.#found.set(streamId, { id: streamId, topic, durability, start, chunks: 0, bytes: 0, last: "" });
    } else if (type === MessageType.STREAM_CHUNK) {
      const { streamId, data } = payloadOf(message, StreamChunkSchema);
      const stream = this.#found.get(streamId);
      if (!stream) return;
      stream.chunks++;
      stream.bytes += data.length;
    } else this.#found.delete(payloadOf(message, StreamEndSchema).streamId);
  }

  /** After the log was read: no producer of a stream in it is there any more. */
  resume(): void {
    for (const stream of this.#found.values()) this.#abort(stream, "the server was restarted");
    this.#found.clear();
  }

  #abort({ id, topic, durability, chunks, bytes }: OpenStream, why: string): void {
    this.#publish(
      messageWith(
        { id: deriveUuid(id, "end"), topic, type: MessageType.STREAM_END, durability },
        StreamEndSchema,
        {
          streamId: id,
          chunks: BigInt(chunks),
          bytes: BigInt(bytes),
          error: errorInfo(new ArqonError("CONNECTION_LOST", `stream ${id} was not ended: ${why}`)),
        },
      ),
    );
  }
}

function follow(own: ReadonlyMap<string, OpenStream>, id: string, topic: string): OpenStream {
  const stream = own.get(id);
  if (stream === undefined) throw invalid(id, "it is not open on this connection");
  if (stream.topic !== topic) throw invalid(id, `it goes to ${stream.topic}, not to ${topic}`);
  return stream;
}

/** Whether the messages of a stream are in the log. */
export function isLogged(durability: Durability): boolean {
  return durability === Durability.LOGGED || durability === Durability.SYNCED;
}
