/** A connection that begins as an HTTP request and goes on as a WebSocket. */
import { closeFrame, Deframer, type FrameHandler, OPCODE, serverFrame } from "../kernel/index.ts";
import type { Outbox } from "../spine/index.ts";
import type { ShieldContext } from "./context.ts";
import { HttpReader } from "./http.ts";
import type { ByteStream } from "./net.ts";
import type { Carried, Transport } from "./transport.ts";

const NOTHING = new Uint8Array(0);

/** WebSocket, after its upgrade. */
export class WebSocketTransport implements Transport, FrameHandler {
  readonly #stream: ByteStream;
  readonly #outbox: Outbox;
  readonly #session: Carried;
  readonly #deframer: Deframer;
  /** Until the connection is a WebSocket. */
  #http: HttpReader | undefined;
  #saidGoodbye = false;

  constructor(context: ShieldContext, stream: ByteStream, outbox: Outbox, session: Carried) {
    this.#stream = stream;
    this.#outbox = outbox;
    this.#session = session;
    this.#http = new HttpReader(context);
    this.#deframer = new Deframer(context.limits.helloFrameBytes, this);
  }

  get maxMessageBytes(): number {
    return this.#deframer.maxMessageBytes;
  }

  set maxMessageBytes(bytes: number) {
    this.#deframer.maxMessageBytes = bytes;
  }

  take(chunk: Uint8Array): void {
    if (this.#http === undefined) this.#deframer.push(chunk);
    else this.#request(this.#http, chunk);
  }

  probe(): void {
    this.#outbox.pushFrame(serverFrame(OPCODE.ping, NOTHING));
  }

  goodbye(code: number, reason: string): void {
    this.#saidGoodbye = true;
    this.#outbox.pushFrame(closeFrame(code, reason));
  }

  stop(): void {
    this.#deframer.stop();
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
    this.#session.opened(upgraded.bearer);
    if (upgraded.rest.length > 0) this.#deframer.push(upgraded.rest);
  }

  // ── what the frames say ──

  message(bytes: Uint8Array, text: boolean): void {
    this.#session.message(bytes, text);
  }

  ping(payload: Uint8Array): void {
    if (!this.#saidGoodbye) this.#outbox.pushFrame(serverFrame(OPCODE.pong, payload));
  }

  pong(): void {}

  close(code: number): void {
    this.#session.leaving(code);
  }
}
