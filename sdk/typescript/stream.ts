/** Streams: one long thing in many messages, counted and hashed on both ends. */
import {
  ArqonError,
  canonicalJson,
  type Hasher,
  type JsonObject,
  jsonObject,
  parseJson,
  sha256Hasher,
  toHex,
  utf8,
} from "@arqon/core/base";
import {
  errorFromInfo,
  errorInfo,
  MessageType,
  StreamChunkSchema,
  type StreamEnd,
  StreamEndSchema,
  type StreamStart,
  StreamStartSchema,
} from "@arqon/core/wire";
import { requireText } from "./argument.ts";
import type { Client, PublishOptions } from "./client.ts";
import type { Message } from "./message.ts";
import { typed } from "./payload.ts";
import type { Subscription } from "./subscription.ts";
import type { WaitOptions } from "./wait.ts";

/** Producer of what the bus says itself: it ends the streams of a producer that was lost. */
const BUS = "arqon-bus";

/** How to write a stream. */
export interface StreamOptions extends WaitOptions {
  /** What the concatenated data is. Default "application/octet-stream". */
  readonly mediaType?: string;
  /** Logical schema id of one chunk, where chunks are records of their own. */
  readonly chunkSchema?: string;
  /** For progress; they bind nobody. */
  readonly expectedChunks?: number;
  readonly expectedBytes?: number;
  /** The job it belongs to. */
  readonly jobId?: string;
  readonly parameters?: JsonObject;
  /** Of every message of the stream. Default "logged": the reader may come later. */
  readonly durability?: "ephemeral" | "logged" | "synced";
  /** UUIDv7; a new one by default. */
  readonly id?: string;
}

/** A stream that came whole. */
export interface StreamSummary {
  readonly streamId: string;
  readonly chunks: number;
  readonly bytes: number;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
}

/** Writes one stream; made by {@link Client.openStream}. End it, or abort it. */
export class StreamWriter {
  readonly id: string;
  readonly topic: string;
  readonly #client: Client;
  readonly #options: PublishOptions;
  readonly #hash: Hasher = sha256Hasher();
  #chunks = 0;
  #bytes = 0;
  #isEnded = false;

  private constructor(client: Client, topic: string, id: string, options: PublishOptions) {
    this.#client = client;
    this.topic = topic;
    this.id = id;
    this.#options = options;
  }

  /** Publishes the start. */
  static async open(
    client: Client,
    topic: string,
    newId: () => string,
    options: StreamOptions,
  ): Promise<StreamWriter> {
    const { durability = "logged", timeoutMs, signal, id = newId() } = options;
    const publish = { durability, ...(timeoutMs !== undefined && { timeoutMs }), ...(signal && { signal }) };
    const writer = new StreamWriter(client, topic, id, publish);
    const start = typed(StreamStartSchema, {
      streamId: id,
      mediaType: options.mediaType ?? "application/octet-stream",
      chunkSchema: options.chunkSchema ?? "",
      expectedChunks: BigInt(options.expectedChunks ?? 0),
      expectedBytes: BigInt(options.expectedBytes ?? 0),
      jobId: options.jobId ?? "",
      parametersJson: canonicalJson(options.parameters ?? {}),
    });
    await client.publish(topic, start, { ...publish, type: MessageType.STREAM_START });
    return writer;
  }

  /** Publishes one chunk; text as UTF-8. Chunks keep the order of the calls, awaited or not. */
  async write(data: Uint8Array | string): Promise<void> {
    this.#requireOpen();
    const bytes = data instanceof Uint8Array ? data : utf8(requireText("a chunk", data));
    const index = BigInt(this.#chunks++);
    this.#bytes += bytes.length;
    this.#hash.update(bytes);
    const chunk = typed(StreamChunkSchema, { streamId: this.id, index, data: bytes });
    await this.#client.publish(this.topic, chunk, { ...this.#options, type: MessageType.STREAM_CHUNK });
  }

  /** Publishes the end, with the counts and the hash. */
  async end(): Promise<StreamSummary> {
    this.#requireOpen();
    const sha256 = this.#hash.digest();
    await this.#finish({ sha256 });
    return { streamId: this.id, chunks: this.#chunks, bytes: this.#bytes, sha256: toHex(sha256) };
  }

  /** Ends it as broken: readers get `error`. */
  async abort(error: unknown): Promise<void> {
    this.#requireOpen();
    await this.#finish({
      sha256: this.#hash.digest(),
      error: errorInfo(ArqonError.from(error, "CANCELLED")),
    });
  }

  #requireOpen(): void {
    if (this.#isEnded) throw new ArqonError("USAGE", `stream ${this.id} has ended`);
  }

  async #finish(fields: Pick<StreamEnd, "sha256"> & Partial<Pick<StreamEnd, "error">>): Promise<void> {
    this.#isEnded = true;
    const counts = { chunks: BigInt(this.#chunks), bytes: BigInt(this.#bytes) };
    const end = typed(StreamEndSchema, { streamId: this.id, ...counts, ...fields });
    await this.#client.publish(this.topic, end, { ...this.#options, type: MessageType.STREAM_END });
  }
}

/** How long a reader waits for the next message of a stream unless told otherwise: one hour, as for jobs. */
const READ_TIMEOUT_MS = 3_600_000;

/** Which stream to read; `timeoutMs` bounds the wait for its start and for each chunk, an hour unless told otherwise. */
export interface ReadStreamOptions extends WaitOptions {
  /** Default: the first that starts. */
  readonly streamId?: string;
  /** Reads from the log first, and over lost connections; without it only what is published from now on. */
  readonly fromSequence?: number;
  /** Most messages that wait to be taken. */
  readonly capacity?: number;
}

/** Reads one stream; made by {@link Client.readStream}. Iterate it once: what comes is checked, and the end too. */
export class StreamReader implements AsyncIterable<Uint8Array> {
  readonly start: StreamStart;
  readonly #subscription: Subscription;
  readonly #producer: string;
  readonly #wait: WaitOptions;
  readonly #hash: Hasher = sha256Hasher();
  #chunks = 0;
  #bytes = 0;
  #summary: StreamSummary | undefined;

  private constructor(start: StreamStart, producer: string, subscription: Subscription, wait: WaitOptions) {
    this.start = start;
    this.#producer = producer;
    this.#subscription = subscription;
    this.#wait = wait;
  }

  /** Waits for the start. */
  static async open(client: Client, filter: string, options: ReadStreamOptions): Promise<StreamReader> {
    const { streamId, ...given } = options;
    const rest = { timeoutMs: READ_TIMEOUT_MS, ...given };
    const subscription = await client.subscribe(filter, rest);
    try {
      for (let message = await subscription.next(rest); message; message = await subscription.next(rest)) {
        if (message.type !== "STREAM_START") continue;
        const start = message.unpack(StreamStartSchema);
        if (streamId === undefined || start.streamId === streamId)
          return new StreamReader(start, message.producer, subscription, rest);
      }
    } catch (thrown) {
      await subscription.close();
      throw thrown;
    }
    throw new ArqonError("CANCELLED", `the subscription of "${filter}" ended before a stream started`);
  }

  get id(): string {
    return this.start.streamId;
  }

  get mediaType(): string {
    return this.start.mediaType;
  }

  get parameters(): JsonObject {
    return jsonObject(parseJson(this.start.parametersJson || "{}", "parameters_json"), "parameters_json");
  }

  /** Set once the stream was read to its end and found whole. */
  get summary(): StreamSummary | undefined {
    return this.#summary;
  }

  /**
   * The data of each chunk in order.
   * @throws ArqonError `STREAM_BROKEN` when a chunk is missing or counts or hash differ, or the error the stream ended with.
   */
  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    try {
      for (;;) {
        const message = await this.#subscription.next(this.#wait);
        if (!message) throw this.#broken("the subscription ended before the stream");
        if (message.producer !== this.#producer && message.producer !== BUS) continue;
        if (message.type === "STREAM_CHUNK") {
          const data = this.#chunk(message);
          if (data) yield data;
        } else if (message.type === "STREAM_END" && this.#end(message)) return;
      }
    } finally {
      await this.#subscription.close();
    }
  }

  /** Everything, concatenated. @throws ArqonError as iterating does. */
  async bytes(): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for await (const part of this) parts.push(part);
    const whole = new Uint8Array(this.#bytes);
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  #chunk(message: Message): Uint8Array | undefined {
    const { streamId, index, data } = message.unpack(StreamChunkSchema);
    if (streamId !== this.id) return undefined;
    if (index !== BigInt(this.#chunks))
      throw this.#broken(`chunk ${index} came where ${this.#chunks} was due`);
    this.#chunks++;
    this.#bytes += data.length;
    this.#hash.update(data);
    return data;
  }

  #end(message: Message): boolean {
    const end = message.unpack(StreamEndSchema);
    if (end.streamId !== this.id) return false;
    if (end.error) throw errorFromInfo(end.error);
    if (end.chunks !== BigInt(this.#chunks) || end.bytes !== BigInt(this.#bytes))
      throw this.#broken(
        `${end.chunks} chunks of ${end.bytes} bytes were sent, ${this.#chunks} of ${this.#bytes} came`,
      );
    const sha256 = toHex(this.#hash.digest());
    if (sha256 !== toHex(end.sha256))
      throw this.#broken("the hash of what came is another than that of what was sent");
    this.#summary = { streamId: this.id, chunks: this.#chunks, bytes: this.#bytes, sha256 };
    return true;
  }

  #broken(why: string): ArqonError {
    return new ArqonError("STREAM_BROKEN", `stream ${this.id}: ${why}`);
  }
}
