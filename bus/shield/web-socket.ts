/** A connection that begins as an HTTP request and goes on as a WebSocket. */
import { ArqonError } from "@arqon/core/base";
import {
  closeFrame,
  Deframer,
  type FrameHandler,
  frameFault,
  type Kernel,
  OPCODE,
  type Press,
  serverFrame,
} from "../kernel/index.ts";
import type { Outbox } from "../spine/index.ts";
import { bodyBytes } from "./bodies.ts";
import type { ShieldContext } from "./context.ts";
import { HttpReader } from "./http.ts";
import { takeChunk } from "./intake.ts";
import type { JsonFrames } from "./json-frames.ts";
import { JSON_SUBPROTOCOL, messageFromJson } from "./json-messages.ts";
import type { ByteStream } from "./net.ts";
import { PackedMessages } from "./packed-messages.ts";
import type { RecordSheets } from "./record-sheets.ts";
import type { Carried, Form, Transport } from "./transport.ts";

const NOTHING = new Uint8Array(0);

/** WebSocket, after its upgrade. */
export class WebSocketTransport implements Transport, FrameHandler {
  readonly #stream: ByteStream;
  readonly #outbox: Outbox;
  readonly #session: Carried;
  readonly #deframer: Deframer;
  /** Until the connection is a WebSocket. */
  #http: HttpReader | undefined;
  readonly answersGoodbye = true;
  #saidGoodbye = false;
  /** Present where the client speaks JSON. */
  #json: JsonFrames | undefined;
  readonly #jsonFrames: JsonFrames;
  readonly #recordSheets: RecordSheets;
  readonly #kernel: Kernel | undefined;
  /** Present once messages are packed. */
  #packed: PackedMessages | undefined;

  constructor(context: ShieldContext, stream: ByteStream, outbox: Outbox, session: Carried) {
    this.#stream = stream;
    this.#outbox = outbox;
    this.#session = session;
    this.#http = new HttpReader(context, stream.security);
    this.#jsonFrames = context.jsonFrames;
    this.#recordSheets = context.recordSheets;
    this.#kernel = context.press.kernel;
    this.#deframer = new Deframer(context.limits.helloFrameBytes, this);
  }

  get maxMessageBytes(): number {
    return this.#deframer.maxMessageBytes;
  }

  set maxMessageBytes(bytes: number) {
    this.#deframer.maxMessageBytes = bytes;
  }

  take(chunk: Uint8Array): void {
    if (this.#http !== undefined) this.#request(this.#http, chunk);
    else if (this.#json !== undefined) this.#deframer.push(chunk);
    else takeChunk(this.#kernel, chunk, "frames", this.#deframer, this);
  }

  plain(form: Form, at: number, end: number): number {
    if (this.#packed === undefined) return this.#session.plain(form, at, end);
    return (this.#kernel as Kernel).frames(at, end, this.maxMessageBytes, false);
  }

  send(press: Press, droppable: boolean): void {
    if (this.#packed) {
      this.#outbox.push(this.#recordSheets.of(press), droppable, true);
      return;
    }
    if (this.#json === undefined) {
      this.#outbox.push(press, droppable);
      return;
    }
    const { frames, messages } = this.#json.of(press);
    this.#outbox.pushFrame(frames, messages, droppable);
  }

  sizeOf(press: Press): number {
    return this.#json === undefined ? bodyBytes(press) : this.#json.of(press).textBytes;
  }

  probe(): void {
    this.#outbox.pushFrame(serverFrame(OPCODE.ping, NOTHING));
  }

  get canPack(): boolean {
    return this.#json === undefined;
  }

  pack(): void {
    this.#packed = new PackedMessages(this.#kernel, this.maxMessageBytes, this.#session);
  }

  goodbye(code: number, reason: string): void {
    this.#saidGoodbye = true;
    this.#outbox.pushFrame(closeFrame(code, reason));
  }

  stop(): void {
    this.#deframer.stop();
    this.#packed?.stop();
  }

  #request(http: HttpReader, chunk: Uint8Array): void {
    const outcome = http.push(chunk);
    if (outcome === undefined) return;
    const { answer, refusal, upgraded } = outcome;
    if (answer) this.#stream.write([answer]);
    if (upgraded === undefined) {
      this.#session.turnedAway(refusal);
      return;
    }
    this.#http = undefined;
    if (upgraded.protocol === JSON_SUBPROTOCOL) this.#json = this.#jsonFrames;
    this.#session.opened(upgraded.bearer);
    if (upgraded.rest.length > 0) this.#deframer.push(upgraded.rest);
  }

  // ── what the frames say ──

  message(bytes: Uint8Array, text = false): void {
    if (this.#json === undefined) {
      if (text) throw frameFault(1003, "messages are binary; a text message came");
      if (this.#packed) this.#packed.take(bytes);
      else this.#session.message(bytes);
      return;
    }
    if (!text) throw frameFault(1003, "messages are JSON in text; a binary message came");
    const message = messageFromJson(bytes);
    // Lists of small numbers are longer in binary than in text.
    if (message.length > this.maxMessageBytes)
      throw new ArqonError(
        "WIRE_TOO_LARGE",
        `message of ${message.length} bytes as binary, limit ${this.maxMessageBytes}`,
      );
    this.#session.message(message);
  }

  ping(payload: Uint8Array): void {
    if (!this.#saidGoodbye) this.#outbox.pushFrame(serverFrame(OPCODE.pong, payload));
  }

  pong(): void {}

  close(code: number): void {
    this.#session.leaving(code);
  }
}
